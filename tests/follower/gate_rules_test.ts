/**
 * The rules of the gate, one by one: when it opens, when it closes, and what it
 * puts down of itself.
 *
 * @module
 */
import { LEASE_MS, PATIENCE_MS, RENEW_MS } from "../../domain/lease.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { createGateWorld } from "../support/gate_world.ts";
import { settle } from "../support/turns.ts";

const OTHER = {
  bootId: "other",
  label: "",
  renewal: 1,
  history: "another",
  gate: "open",
  appliedPosition: 0,
} as const;

Deno.test("gate: it opens when the server shows the log as it was after the lease was had", async () => {
  const world = createGateWorld();
  const { gate, leases } = world;
  for (let i = 0; i < 3; i++) await world.commit();
  world.mark(1);
  const drain = world.hold("drain");
  await using _ = world.run();
  await world.until(drain.isHeld);
  deepEqual([leases.get("self")?.gate, gate.open], ["opening", undefined]);
  await drain.letGo();
  equal(gate.open?.session.checkpoint.position, 3);
  equal(gate.fault, undefined);
  deepEqual(leases.get("self"), {
    bootId: "self",
    label: "",
    renewal: 2,
    gate: "open",
    history: world.server.history,
    appliedPosition: 3,
  });
});

Deno.test("gate: it opens at the head as it was after the lease was had, whoever wrote just before that", async () => {
  const world = createGateWorld();
  await world.commit();
  world.mark(1);

  // Nobody waits for an instance without a lease.
  world.record.before("claim", async () => {
    world.record.mend();
    await world.commit();
    await world.commit();
  });
  await using _ = world.run();
  await world.until(() => world.gate.open !== undefined);
  equal(world.gate.open?.session.checkpoint.position, 3);
});

Deno.test("gate: what is demanded while it opens is caught up with before it is open", async () => {
  const world = createGateWorld();
  await world.commit();
  await world.commit();
  world.mark(1);
  const drain = world.hold("drain");
  await using _ = world.run();
  await world.until(drain.isHeld);
  await world.commit();
  world.gate.demand(3);
  world.gate.demand(1);
  await drain.letGo();
  equal(world.gate.open?.session.checkpoint.position, 3);
});

Deno.test("gate: what was demanded before an attempt says nothing about it", async () => {
  const world = createGateWorld();
  await world.commit();
  // Of a log that has gone back in time since.
  world.gate.demand(99);
  await using _ = world.run();
  equal(await world.untilOpen(), 0);
});

Deno.test("gate: a lease that runs out while it opens leaves it closed", async () => {
  const world = createGateWorld();
  await world.commit();
  await world.commit();
  world.mark(1);
  const drain = world.hold("drain");
  await using _ = world.run();
  await world.until(drain.isHeld);
  await world.clock.advance(LEASE_MS);
  await drain.letGo();
  equal(
    world.heard[0],
    "Cannot use Redis as its lease ran out before it opened",
  );
  // The next attempt takes another lease.
  await world.untilOpen();
  deepEqual(world.claimed(), ["opening", "closed", "opening", "open"]);
});

Deno.test("gate: nobody opens within one lease of a change of epoch", async () => {
  const world = createGateWorld();
  world.log.renewEpoch();
  await world.clock.advance(1000);
  await using _ = world.run();
  await world.until(() => world.gate.fault !== undefined);
  equal(
    world.gate.fault,
    "Cannot use Redis as the log has had another epoch until just now",
  );
  equal(world.leases.get("self")?.gate, "closed");
  const waitedMs = 1000 + await world.untilOpen();
  ok(waitedMs >= PATIENCE_MS && waitedMs < PATIENCE_MS + 300, `${waitedMs}`);
});

Deno.test("gate: another epoch closes it, for one lease", async () => {
  const world = createGateWorld();
  await using _ = world.run();
  await world.untilOpen();
  world.log.renewEpoch();
  await world.see();
  equal(world.gate.open, undefined);
  equal(world.gate.fault, "Cannot use Redis as the log has another epoch");
  ok(await world.untilOpen() >= PATIENCE_MS);
});

Deno.test("gate: closing it is at once, drops the lease and gives it back", async () => {
  const world = createGateWorld();
  const { gate, lease } = world;
  await using _ = world.run();
  await world.untilOpen();
  const { session } = gate.open!;
  world.claimed();
  world.heard.length = 0;
  gate.close("the test says so");
  equal(gate.open, undefined);
  equal(lease.isValid, false);
  equal(gate.fault, "Cannot use Redis as the test says so");
  deepEqual(world.heard, [gate.fault]);
  const { name, code, message } = session.ended.reason;
  deepEqual([name, code, message], ["PortError", "unavailable", gate.fault]);
  // It tries again without a pause.
  equal(await world.untilOpen(), 0);
  ok(gate.open!.session !== session);
  deepEqual(world.claimed(), ["closed", "opening", "open"]);
  equal(gate.fault, undefined);
  equal(world.heard.length, 2);
});

Deno.test("gate: a server that is lost again and again is given time to come to rest", async () => {
  const world = createGateWorld();
  await using _ = world.run();
  await world.untilOpen();
  const pauses: number[] = [];
  for (let i = 0; i < 8; i++) {
    world.gate.close("the test says so");
    pauses.push(await world.untilOpen());
  }
  deepEqual(pauses, [0, 0, 0, 500, 500, 500, 500, 500]);
});

Deno.test("gate: a session that has ended closes no later one", async () => {
  const world = createGateWorld();
  await using _ = world.run();
  await world.untilOpen();
  const { session } = world.gate.open!;
  world.gate.close("the test says so", session);
  await world.untilOpen();
  const { open } = world.gate;
  world.gate.close("it is late", session);
  equal(world.gate.open, open);
});

Deno.test("gate: a lease that has run out is not believed, whoever has noticed", async () => {
  const world = createGateWorld();
  await using _ = world.run();
  await world.untilOpen();
  world.clock.jumpWall(LEASE_MS);
  equal(world.gate.open, undefined);
  equal(world.gate.fault, "Cannot use Redis as its lease has run out");
});

Deno.test("gate: a database that is away costs the gate once the lease has run out", async () => {
  const world = createGateWorld();
  const { gate, record } = world;
  await using _ = world.run();
  await world.untilOpen();
  const { session } = gate.open!;
  equal(gate.isRecordAway, false);
  record.fail("claim", "unavailable");
  await world.until(() => gate.isRecordAway);
  equal(gate.open?.session, session);
  const ms = await world.until(() => session.ended.aborted);
  ok(ms >= LEASE_MS - 2 * RENEW_MS && ms <= LEASE_MS, `${ms} ms`);
  ok(world.heard.includes("Cannot use Redis as its lease has run out"));
  record.mend();
  await world.untilOpen();
  equal(gate.isRecordAway, false);
});

Deno.test("gate: a mistake of a programmer is no outage of the database", async () => {
  const world = createGateWorld();
  await using _ = world.run();
  await world.untilOpen();
  world.record.fail("claim", new TypeError("a mistake"));
  await world.until(() => world.gate.open === undefined);
  equal(world.gate.isRecordAway, false);
});

Deno.test("gate: it is renewed every half second, and tells what it has applied", async () => {
  const world = createGateWorld();
  await using _ = world.run();
  await world.untilOpen();
  world.claimed();
  await world.commit();
  await world.gate.open!.drain.reach(1);
  await world.pass(2 * RENEW_MS + 10);
  deepEqual(world.claimed(), ["open", "open"]);
  equal(world.leases.get("self")?.appliedPosition, 1);
});

Deno.test("gate: what has been applied is told at once where somebody waits, and once", async () => {
  const world = createGateWorld();
  const { gate, leases } = world;
  await using _ = world.run();
  await world.untilOpen();
  world.claimed();
  world.isAwaited = true;
  await world.commit();
  await gate.open!.drain.reach(1);
  await settle();
  equal(leases.get("self")?.appliedPosition, 1);
  gate.tellApplied();
  await settle();
  deepEqual(world.claimed(), ["open"]);
  world.isAwaited = false;
  await world.commit();
  await gate.open!.drain.reach(2);
  await settle();
  deepEqual(world.claimed(), []);
});

Deno.test("gate: a renewal that the database refuses closes it", async () => {
  const world = createGateWorld();
  await using _ = world.run();
  await world.untilOpen();
  const { session } = world.gate.open!;
  world.leases.set("other", OTHER);
  await world.until(() => session.ended.aborted, 2 * RENEW_MS);
  ok(
    world.heard.includes(
      "Cannot use Redis as the database has refused to renew its lease",
    ),
  );
  equal(world.gate.open, undefined);
});

Deno.test("gate: while others believe another server it stays closed, and says that it is there", async () => {
  const world = createGateWorld();
  world.leases.set("other", OTHER);
  await using _ = world.run();
  await world.until(() => world.gate.fault !== undefined);
  equal(
    world.gate.fault,
    "Cannot use Redis as other instances believe another server",
  );
  await settle();
  equal(world.leases.get("self")?.gate, "closed");
  world.leases.delete("other");
  await world.untilOpen();
});

Deno.test("gate: a server that can never be believed takes no lease, and is looked at seldom", async () => {
  const world = createGateWorld();
  world.server.data.mark = "2:a:later:version";
  await using _ = world.run();
  await world.pass(3000);
  deepEqual(world.claimed(), []);
  equal(world.fast.calls("inspect"), 3000 / RENEW_MS + 1);
});

Deno.test("gate: a server that goes closes it at once, and opens it when it comes", async () => {
  const world = createGateWorld();
  const { gate, server } = world;
  await using _ = world.run();
  await world.untilOpen();
  server.become("loading");
  equal(gate.open, undefined);
  equal(gate.fault, "Cannot use Redis as The server is loading");
  world.claimed();
  await world.pass(3 * RENEW_MS);
  const claimed = world.claimed();
  ok(claimed.length >= 3);
  deepEqual(new Set(claimed), new Set(["closed"]));
  server.become("master");
  equal(await world.untilOpen(), 0);
});

Deno.test("gate: when the service ends the lease has been given back", async () => {
  const world = createGateWorld();
  const running = world.run();
  await world.untilOpen();
  const { session } = world.gate.open!;
  world.record.before("claim", () => world.clock.sleep(100));
  let hasEnded = false;
  const ending = running[Symbol.asyncDispose]().then(() => hasEnded = true);
  await settle();
  deepEqual([world.gate.open, hasEnded], [undefined, false]);
  await world.clock.advance(100);
  await ending;
  equal(session.ended.reason.message, "Cannot use Redis as the service ends");
  equal(world.leases.get("self")?.gate, "closed");
});
