/**
 * What the gateway says of failures, and the work that it does some at a time.
 *
 * @module
 */
import { PortError, type PortErrorCode } from "../../ports/port_error.ts";
import { createComplaints } from "../../src/apps/execution_gateway/complaints.ts";
import { createPool } from "../../src/apps/execution_gateway/pool.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { settle } from "../support/turns.ts";

const failing = (text: string, code: PortErrorCode = "unavailable") =>
  new PortError(code, text);

Deno.test("a failure is told when its reason changes, and when it comes again", () => {
  const telemetry = createRecordingTelemetry();
  const complaints = createComplaints(telemetry);
  const ann = { user: "ann" };
  complaints.about("it fails", ann, failing("a"));
  complaints.about("it fails", ann, failing("a"));
  complaints.about("it fails", { user: "bob" }, failing("a"));
  complaints.about("it fails", ann, failing("a", "corrupt"));
  complaints.about("it fails", ann, new TypeError("a"));
  complaints.over("it fails", ann);
  complaints.about("it fails", ann, new TypeError("a"));
  deepEqual(
    telemetry.logged().map(({ level, fields: { user, code } }) => [
      level,
      user,
      code,
    ]),
    [
      ["warn", "ann", "unavailable"],
      ["warn", "bob", "unavailable"],
      ["error", "ann", "corrupt"],
      ["error", "ann", undefined],
      ["error", "ann", undefined],
    ],
  );
});

Deno.test("only so many failures are remembered, the newest", () => {
  const telemetry = createRecordingTelemetry();
  const complaints = createComplaints(telemetry, 2);
  const tell = (user: string) =>
    complaints.about("it fails", { user }, failing("a"));
  ["a", "b", "c", "c", "b", "a"].forEach(tell);
  const users = telemetry.logged().map(({ fields }) => fields["user"]);
  deepEqual(users, ["a", "b", "c", "a"]);
});

Deno.test("a pool does some of the work at a time, that of one name in turn", async () => {
  const pool = createPool(2, 2);
  const done: string[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const add = (name: string, what: string) =>
    pool.add(name, async () => {
      done.push(what);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
    });
  add("a", "a1");
  add("a", "a2");
  add("a", "a3");
  add("b", "b1");
  add("c", "c1");
  add("d", "too much");
  await settle();
  // The second of `a` gives way to the third.
  deepEqual(done, ["a1", "b1"]);
  gates[1]!.resolve();
  await settle();
  deepEqual(done, ["a1", "b1", "c1"]);
  gates[0]!.resolve();
  await settle();
  deepEqual(done, ["a1", "b1", "c1", "a3"]);
  add("e", "e1");
  let isOver = false;
  const end = pool.end().then(() => isOver = true);
  gates[2]!.resolve();
  await settle();
  equal(isOver, false);
  gates[3]!.resolve();
  await end;
  add("f", "f1");
  await settle();
  equal(done.length, 4);
});
