/**
 * When a position is safe: nobody serves anything older.
 *
 * @module
 */
import { createMemoryLog } from "../../adapters/memory/log.ts";
import { openMemoryRecordStore } from "../../adapters/memory/record_store.ts";
import {
  type Lease,
  LEASE_MS,
  PATIENCE_MS,
  RENEW_MS,
} from "../../domain/lease.ts";
import type { OpenGate } from "../../src/follower/gate.ts";
import { createPeers } from "../../src/follower/peers.ts";
import { createSafety } from "../../src/follower/safety.ts";
import { createSession } from "../../src/follower/session.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { guardPort } from "../support/guarded_port.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass, settle } from "../support/turns.ts";

/** A database with entries, a gate that tests move, and another instance. */
function createWorld() {
  const clock = createFakeClock();
  const log = createMemoryLog({ clock, entropy: createSeededEntropy() });
  const leases = new Map<string, Lease>();
  const record = guardPort(openMemoryRecordStore(log, new Map(), leases));
  const heard: (string | number)[] = [];
  const gate = {
    open: undefined as OpenGate | undefined,
    close(reason: string): void {
      heard.push(reason);
      gate.open = undefined;
    },
    demand: (position: number) => void heard.push(position),
    tellApplied: () => void heard.push("told"),
  };
  const safety = createSafety({
    record: record.port,
    peers: createPeers("self", clock),
    gate: () => gate,
    clock,
  });

  /** Opens the gate, which shows the log up to `position`; what it drains never ends. */
  function open(position: number): void {
    const checkpoint = {
      epoch: log.head().epoch,
      generation: "a1",
      position,
      settingsPosition: 0,
    };
    const { signal } = new AbortController();
    const session = createSession("h", checkpoint, signal, () => {});
    gate.open = { session, drain: { reach: () => new Promise(() => {}) } };
  }

  /** Another instance believes Redis and has applied up to `position`. */
  function other(appliedPosition: number, renewal = 1): void {
    leases.set("other", {
      bootId: "other",
      label: "",
      renewal,
      history: "h",
      gate: "open",
      appliedPosition,
    });
  }

  /** What has become of `promise` as time goes by. */
  function watch(promise: Promise<void>) {
    const seen = { ended: false };
    promise.then(() => seen.ended = true, () => {});
    return seen;
  }

  return {
    clock,
    log,
    leases,
    record,
    gate,
    heard,
    safety,
    open,
    other,
    watch,
    commit: (count = 1) =>
      void log.append(Array.from({ length: count }, () => anEvent())),
    see: () => safety.see(() => record.port.read([])),
  };
}

Deno.test("safety: our own gate, should it be opening, hears at once of what is waited for", async () => {
  const world = createWorld();
  world.commit(5);
  const waiting = world.safety.until(5);
  deepEqual(world.heard, [5]);
  await pass(world.clock, 20);
  await waiting;
});

Deno.test("safety: what our own gate shows is safe, whatever others have told", async () => {
  const world = createWorld();
  world.commit(5);
  const view = await world.see();
  world.other(0);
  world.open(5);
  await world.safety.until(5, { view });
  equal(world.record.calls("read"), 1);
});

Deno.test("safety: the database is looked at where there is no view, since positions may be of a lost epoch", async () => {
  const world = createWorld();
  world.commit(5);
  await world.see();
  world.open(5);
  await world.safety.until(5);
  equal(world.record.calls("read"), 2);
  // Its positions say nothing now.
  world.log.renewEpoch();
  const seen = world.watch(world.safety.until(5));
  await pass(world.clock, PATIENCE_MS - 100);
  deepEqual([world.gate.open, seen.ended], [undefined, false]);
  await pass(world.clock, 200);
  equal(seen.ended, true);
});

Deno.test("safety: what this instance has committed in the epoch that it serves needs no look", async () => {
  const world = createWorld();
  world.commit(5);
  await world.see();
  world.open(5);
  const appended = {
    epoch: world.log.head().epoch,
    entries: [world.log.at(5)],
    documents: new Map(),
  };
  await world.safety.until(5, { appended });
  equal(world.record.calls("read"), 1);
  // That of another epoch says nothing of what is served.
  world.log.renewEpoch();
  const lost = { ...appended, epoch: world.log.head().epoch };
  const seen = world.watch(world.safety.until(5, { appended: lost }));
  await pass(world.clock, PATIENCE_MS - 100);
  deepEqual([world.gate.open, seen.ended], [undefined, false]);
});

Deno.test("safety: a gate that does not follow within half a second is closed first", async () => {
  const world = createWorld();
  world.commit(5);
  await world.see();
  world.open(4);
  const seen = world.watch(world.safety.until(5));
  await pass(world.clock, 490);
  ok(world.gate.open);
  await pass(world.clock, 100);
  equal(world.gate.open, undefined);
  ok(world.heard.includes("it has not followed the log in time"));
  equal(seen.ended, true);
});

Deno.test("safety: others are waited for until they have applied it, and no longer", async () => {
  const world = createWorld();
  world.commit(5);
  world.other(4);
  const seen = world.watch(world.safety.until(5));
  await pass(world.clock, RENEW_MS);
  equal(seen.ended, false);
  world.other(5, 2);
  await pass(world.clock, 60);
  equal(seen.ended, true);
});

Deno.test("safety: who has died is waited for as long as its lease may last", async () => {
  const world = createWorld();
  world.commit(5);
  world.other(4);
  const seen = world.watch(world.safety.until(5));
  await pass(world.clock, LEASE_MS);
  equal(seen.ended, false);
  await pass(world.clock, PATIENCE_MS - LEASE_MS + 110);
  equal(seen.ended, true);
});

Deno.test("safety: leases that the database loses meanwhile are waited for all the same", async () => {
  const world = createWorld();
  world.commit(5);
  world.other(4);
  const seen = world.watch(world.safety.until(5));
  await pass(world.clock, 100);
  world.log.renewEpoch();
  world.leases.clear();
  await pass(world.clock, LEASE_MS);
  equal(seen.ended, false);
  await pass(world.clock, PATIENCE_MS - LEASE_MS + 110);
  equal(seen.ended, true);
});

Deno.test("safety: the highest position known is that of the log or of our own gate", async () => {
  const world = createWorld();
  world.commit(5);
  await world.see();
  world.open(7);
  equal(world.safety.highest(), 7);
  world.open(3);
  equal(world.safety.highest(), 5);
});

Deno.test("safety: who renews a lease without end and applies nothing is given up in doubt", async () => {
  const world = createWorld();
  world.commit(5);
  let renewal = 1;
  world.other(0);
  world.record.before("read", () => world.other(0, ++renewal));
  const waiting = rejects(world.safety.until(5), { code: "timeout" });
  await pass(world.clock, 3 * PATIENCE_MS + 100);
  await waiting;
});

Deno.test("safety: after a change of epoch nothing is safe for as long as a lost lease may last", async () => {
  const world = createWorld();
  world.commit(5);
  await world.see();
  equal(world.safety.isPastBarrier(), true);
  world.log.renewEpoch();
  // However old the change is: a lease may have been lost with it just now.
  await world.clock.advance(PATIENCE_MS);
  await world.see();
  ok(world.heard.includes("the log has another epoch"));
  await world.clock.advance(LEASE_MS);
  equal(world.safety.isPastBarrier(), false);
  await world.clock.advance(PATIENCE_MS - LEASE_MS);
  equal(world.safety.isPastBarrier(), true);
});

Deno.test("safety: who has just started knows by its age whether an epoch is new", async () => {
  const world = createWorld();
  world.log.renewEpoch();
  await world.clock.advance(PATIENCE_MS - 1);
  await world.see();
  equal(world.safety.isPastBarrier(), false);
  await world.clock.advance(1);
  equal(world.safety.isPastBarrier(), true);
});

Deno.test("safety: a log that is shorter than it was gets another epoch", async () => {
  const world = createWorld();
  world.commit(5);
  await world.see();
  equal(world.safety.highest(), 5);
  const { epoch } = world.log.head();
  world.log.rewind(4);
  await world.clock.advance(1);
  await rejects(world.see(), { code: "unavailable", message: /gone back/ });
  ok(world.log.head().epoch !== epoch);
  await world.see();
  deepEqual([world.safety.highest(), world.safety.epoch()], [
    4,
    world.log.head().epoch,
  ]);
});

Deno.test("safety: answers that cross on their way do not look like a log that went back", async () => {
  const world = createWorld();
  world.commit(4);
  await world.see();
  const early = Promise.withResolvers<void>();
  const { port } = world.record;
  const slow = world.safety.see(async () => {
    const view = await port.read([]);
    await early.promise;
    return view;
  });
  await settle();
  world.commit();
  await world.clock.advance(1);
  await world.see();
  early.resolve();
  await slow;
  equal(world.safety.highest(), 5);
});

Deno.test("safety: where the database is away a read fails at once, a committed write has patience", async () => {
  const world = createWorld();
  world.commit(5);
  const view = await world.see();
  world.other(0);
  const seen = await world.see();
  equal(seen.leases.length, view.leases.length + 1);
  world.record.fail("read", "unavailable");
  const read = rejects(world.safety.until(5, { view: seen }), {
    code: "unavailable",
  });
  await pass(world.clock, 20);
  await read;
  const written = world.watch(world.safety.until(5));
  await pass(world.clock, 300);
  world.record.mend();
  world.other(5, 2);
  await pass(world.clock, 120);
  equal(written.ended, true);
});

Deno.test("safety: each look at the database tells the others what we have applied", async () => {
  const world = createWorld();
  await world.see();
  equal(world.heard.at(-1), "told");
});
