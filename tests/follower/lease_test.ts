/**
 * How long an instance's own lease is good.
 *
 * @module
 */
import { LEASE_MS } from "../../domain/lease.ts";
import { createMemoryLog } from "../../adapters/memory/log.ts";
import { openMemoryRecordStore } from "../../adapters/memory/record_store.ts";
import { createOwnLease } from "../../src/follower/lease.ts";
import { createPeers } from "../../src/follower/peers.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { aPortError, guardPort } from "../support/guarded_port.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

const OPENING = { gate: "opening", history: "h", appliedPosition: 0 } as const;
const OPEN = { gate: "open", history: "h", appliedPosition: 1 } as const;
const CLOSED = { gate: "closed", history: "", appliedPosition: 0 } as const;

function createWorld() {
  const clock = createFakeClock();
  const log = createMemoryLog({ clock, entropy: createSeededEntropy() });
  const record = guardPort(openMemoryRecordStore(log, new Map()));
  const lease = createOwnLease({
    record: record.port,
    peers: createPeers("self", clock),
    clock,
    bootId: "self",
    label: "",
  });
  return { clock, record, lease };
}

Deno.test("a lease is good for two seconds from before it was asked for", async () => {
  const { clock, record, lease } = createWorld();
  record.before("claim", () => clock.advance(300));
  await lease.claim(OPENING);
  equal(lease.isValid, true);
  await clock.advance(LEASE_MS - 301);
  equal(lease.isValid, true);
  await clock.advance(1);
  equal(lease.isValid, false);
});

Deno.test("wall time that jumps ahead ends it, since the process may have slept", async () => {
  const { clock, lease } = createWorld();
  await lease.claim(OPENING);
  clock.jumpWall(-10_000);
  equal(lease.isValid, true);
  clock.jumpWall(10_000 + LEASE_MS);
  equal(lease.isValid, false);
});

Deno.test("a renewal that is answered after it has run out does not bring it back", async () => {
  const { clock, record, lease } = createWorld();
  await lease.claim(OPENING);
  await clock.advance(LEASE_MS - 100);
  record.before("claim", () => clock.advance(200));
  const { granted } = await lease.claim(OPEN);
  deepEqual([granted, lease.isValid], [true, false]);
  record.mend();
  await lease.claim(OPENING);
  equal(lease.isValid, true);
});

Deno.test("a lease that was dropped is not held by an answer that comes later", async () => {
  const { record, lease } = createWorld();
  record.before("claim", () => lease.drop());
  await lease.claim(OPENING);
  equal(lease.isValid, false);
});

Deno.test("nobody waits for the database longer than the deadline of a claim", async () => {
  const { clock, record, lease } = createWorld();
  record.before("claim", () => new Promise(() => {}));
  const claimed = rejects(lease.claim(OPENING), { code: "timeout" });
  await clock.advance(1000);
  await claimed;
});

Deno.test("claims go in their order, also after one that fails", async () => {
  const { record, lease } = createWorld();
  const sent: string[] = [];
  record.before("claim", () => {
    sent.push("claim");
    if (sent.length === 1) throw aPortError("unavailable");
  });
  const claims = [OPENING, OPEN, CLOSED].map((claim) => lease.claim(claim));
  const results = await Promise.allSettled(claims);
  deepEqual(results.map(({ status }) => status), [
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  await lease.settled();
  equal(lease.isValid, false);
});
