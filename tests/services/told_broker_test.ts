/**
 * A broker that tells of changed accounts.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import { createToldBroker } from "../../src/services/told_broker.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { createFakeBroker } from "../support/fake_broker.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { ANN, wanted } from "../support/gateway_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { settle } from "../support/turns.ts";

const { strategyId: _, ...terms } = wanted();
const ORDER = { ...terms, user: ANN, id: "one" };

function createWorld(changed: () => Promise<void>) {
  const broker = createFakeBroker(createFakeClock());
  const telemetry = createRecordingTelemetry();
  const told: string[] = [];
  const wrapped = createToldBroker(broker, async (user) => {
    told.push(user);
    await changed();
  }, telemetry);
  return { broker, wrapped, told, telemetry };
}

Deno.test("before an order or a cancellation is answered the account is told of", async () => {
  const gate = Promise.withResolvers<void>();
  const { wrapped, told, broker } = createWorld(() => gate.promise);
  let isAnswered = false;
  const answer = wrapped.submit(ORDER).then(() => isAnswered = true);
  await settle();
  deepEqual([told.length, isAnswered], [1, false]);
  gate.resolve();
  await answer;
  await wrapped.cancel(ANN, "one");
  broker.script("lost");
  await rejects(wrapped.submit({ ...ORDER, id: "two" }), { code: "timeout" });
  // Questions change nothing.
  await wrapped.find(ANN, "one");
  await wrapped.open(ANN);
  await wrapped.positions(ANN);
  deepEqual(told, [ANN, ANN, ANN]);
});

Deno.test("the venue's answer stays what it is when nobody can be told", async () => {
  const closed = new PortError("closed", "Cannot use a closed cache");
  const world = createWorld(() => Promise.reject(closed));
  const { wrapped, broker, telemetry, told } = world;
  equal((await wrapped.submit(ORDER)).status, "open");
  equal((await wrapped.cancel(ANN, "one"))?.status, "canceled");
  broker.script("away");
  await rejects(wrapped.submit({ ...ORDER, id: "two" }), {
    code: "unavailable",
  });
  const heard: string[] = [];
  wrapped.onChange((_user, id) => heard.push(id));
  broker.hint("one");
  await settle();
  deepEqual(heard, ["one"]);
  equal(told.length, 4);
  const codes = telemetry.logged("warn").map(({ fields }) => fields["code"]);
  deepEqual(codes, Array(4).fill("closed"));
});
