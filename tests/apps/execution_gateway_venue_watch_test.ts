/**
 * What the gateway says of a venue that does not answer.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import { equal, rejects } from "../support/assert.ts";
import {
  ANN,
  createGatewayWorld,
  passing,
  until,
  wanted,
} from "../support/gateway_world.ts";

const AWAY = "Cannot reach the venue fake as it does not answer: ";

Deno.test("a venue that is away is told with the orders in doubt and its last answer", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock } = world;
  await gateway.submit(ANN, wanted({ id: "one" }));
  equal(gateway.fault(), undefined);
  await clock.advance(42_000);
  broker.silence = "timeout";
  broker.script("lost");
  await gateway.submit(ANN, wanted({ id: "two" }));
  equal(
    gateway.fault(),
    `${AWAY}1 order is in doubt, its last answer is 42 s old`,
  );
  broker.script("away", "away", "away");
  await passing(world, gateway.submit(ANN, wanted({ id: "three" })));
  equal(gateway.fault()?.includes("2 orders are in doubt"), true);
  // It may say no, and is there.
  broker.silence = undefined;
  broker.script({ retryAfterMs: 10_000 });
  await gateway.refresh();
  equal(gateway.fault(), undefined);
  await gateway.submit(ANN, wanted({ id: "four" }));
  equal(gateway.fault(), undefined);
});

Deno.test("orders in doubt that were there before are counted, and of others too", async () => {
  const { broker, another, gateway, clock } = await createGatewayWorld();
  broker.script("lost");
  await gateway.submit(ANN, wanted({ id: "one" }));
  const restarted = another();
  broker.silence = "unavailable";
  const stop = new AbortController();
  const run = restarted.run(stop.signal);
  await until(async () => {
    await clock.advance(1000);
    return restarted.fault() ===
      `${AWAY}1 order is in doubt, it has not answered yet`;
  });
  stop.abort();
  await run;
});

Deno.test("who refuses a request is there, and who has gone tells nothing", async () => {
  const { broker, another } = await createGatewayWorld();
  const failing = (error: Error) =>
    another({ broker: { ...broker, open: () => Promise.reject(error) } });
  const refused = failing(new PortError("invalid", "Cannot say"));
  await rejects(refused.refresh(ANN), { code: "invalid" });
  equal(refused.fault(), undefined);
  const gone = failing(new DOMException("stop", "AbortError"));
  await rejects(gone.refresh(ANN), { name: "AbortError" });
  equal(gone.fault(), undefined);
});
