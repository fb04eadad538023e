/**
 * Numbers come from blocks on the fast layer while it may be believed, else
 * from the database.
 *
 * @module
 */
import { createMemoryFastServer } from "../../adapters/memory/fast_layer.ts";
import { openMemorySequenceBlocks } from "../../adapters/memory/sequence_blocks.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { EPOCH_MARGIN } from "../../ports/sequence_ledger.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import { createBlockSize } from "../../src/follower/block_size.ts";
import { testSequencePort } from "../contracts/sequence_port.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createFollowerWorld } from "../support/follower_world.ts";
import { subject } from "../support/memory_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { createSequenceParts } from "../support/sequence_parts.ts";

const ANN = parseUserId("ann");
const DAY = parseSequenceDay("20260105");
const NAME = `${ANN} ${DAY}`;

/** The next number of one series. */
async function one(port: SequencePort): Promise<number> {
  return (await port.next(ANN, DAY)).first;
}

testSequencePort("follower, the gate open", async () => {
  const { sequence } = createSequenceParts().open();
  return subject({ sequence }, sequence);
});

testSequencePort("follower, the gate closed", async () => {
  const parts = createSequenceParts();
  parts.gate.close("the test says so");
  const { sequence } = parts.open();
  return subject({ sequence }, sequence);
});

testSequencePort("follower, from the database alone", async () => {
  const { databaseSequence: sequence } = createSequenceParts().open();
  return subject({ sequence }, sequence);
});

Deno.test("callers at once share one block and one round trip", async () => {
  const { blocks, ledger, open } = createSequenceParts();
  const { sequence } = open();
  const ranges = await Promise.all(
    Array.from({ length: 100 }, () => sequence.next(ANN, DAY, 2)),
  );
  deepEqual(ranges.map(({ first }) => first), ranges.map((_, i) => 1 + 2 * i));
  equal(ledger.calls("lease"), 1);
  equal(blocks.calls("next"), 2);
  deepEqual(await one(sequence), 201);
});

Deno.test("callers of many series share one round trip", async () => {
  const { blocks, open } = createSequenceParts();
  const { sequence } = open();
  const users = Array.from({ length: 300 }, (_, i) => parseUserId(`u${i}`));
  const round = () =>
    Promise.all(users.map((user) => sequence.next(user, DAY)));
  for (let i = 0; i < 4; i++) await round();
  const before = blocks.calls("next");
  await round();
  equal(blocks.calls("next") - before, 2);
});

Deno.test("more callers than one call may have are served one call after the other", async () => {
  const { sequence } = createSequenceParts().open();
  const ranges = await Promise.all(
    [400, 400, 400, 1000, 1].map((count) => sequence.next(ANN, DAY, count)),
  );
  const numbers = ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i)
  );
  equal(new Set(numbers).size, 2201);
  deepEqual(numbers, numbers.toSorted((a, b) => a - b));
});

Deno.test("what is left of a block goes to those whom it is enough for", async () => {
  const { rows, open } = createSequenceParts();
  const { sequence } = open();
  await sequence.next(ANN, DAY, 1);
  await sequence.next(ANN, DAY, 1);
  const leased = rows.get(NAME)!.leasedTo;
  const [first, second] = await Promise.all([
    sequence.next(ANN, DAY, 1),
    sequence.next(ANN, DAY, 900),
  ]);
  ok(first!.first <= leased);
  equal(second!.first, leased + 1);
});

Deno.test("a plain counter is gone on from, wherever the first number comes from", async () => {
  for (const face of ["sequence", "databaseSequence"] as const) {
    const { server, open } = createSequenceParts();
    server.data.counters.set(NAME, 57);
    equal(await one(open()[face]), 58);
  }
});

Deno.test("a fast layer that is about to come is waited for before a series begins", async () => {
  const parts = createSequenceParts();
  const { clock, server, gate } = parts;
  gate.close("it is not there yet");
  server.data.counters.set(NAME, 57);
  server.become("loading");
  const { sequence } = parts.open();
  const first = one(sequence);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  await clock.advance(200);
  server.become("master");
  for (let i = 0; i < 20; i++) await Promise.resolve();
  await clock.advance(100);
  equal(await first, 58);
});

Deno.test("a fast layer that does not come is not waited for any longer", async () => {
  const parts = createSequenceParts();
  parts.gate.close("it is not there");
  parts.server.become("loading");
  const { sequence } = parts.open();
  await parts.clock.advance(1000);
  equal(await one(sequence), 1);
});

Deno.test("what the fast layer fails to do the database does", async () => {
  for (const method of ["next", "install"] as const) {
    const { blocks, log, gate, open } = createSequenceParts();
    const { sequence } = open();
    equal(await one(sequence), 1);
    blocks.fail(method, "timeout");
    ok(await one(sequence) > 1);
    blocks.mend();
    equal(log.position(), 1);
    ok(gate.open);
  }
});

Deno.test("callers who wait while the fast layer hangs wait for it once", async () => {
  const { blocks, clock, open, ...parts } = createSequenceParts();
  const { sequence } = open();
  blocks.before("next", async () => {
    await clock.sleep(50);
  });
  blocks.before("floor", () => {});
  const calls = [sequence.next(ANN, DAY)];
  for (let i = 0; i < 20; i++) await Promise.resolve();
  const bob = parseUserId("bob");
  calls.push(sequence.next(bob, DAY));
  for (let i = 0; i < 20; i++) await Promise.resolve();
  parts.server.become("loading");
  await clock.advance(1050);
  await Promise.all(calls);
  equal(blocks.calls("next"), 1);
});

Deno.test("a server that is another one closes the gate", async () => {
  const { server, closed, open } = createSequenceParts();
  const { sequence } = open();
  equal(await one(sequence), 1);
  server.restore(server.snapshot());
  equal(await one(sequence), 2);
  deepEqual(closed, ["it is not the server that it was"]);
});

Deno.test("an old block is not gone on with until its fence has been followed", async () => {
  const parts = createSequenceParts();
  const { gate, server, log, open } = parts;
  const { sequence, databaseSequence } = open();
  await Promise.all(Array.from({ length: 8 }, () => one(sequence)));
  await sequence.next(ANN, DAY, 1);
  const issued = await one(databaseSequence);
  equal(log.position(), 1);
  equal(gate.open!.session.checkpoint.position, 0);
  equal(await one(sequence), issued + 1);
  parts.openOn(server, 1);
  parts.fence();
  ok(await one(sequence) > issued + 1);
  equal(parts.ledger.calls("lease"), 3);
});

Deno.test("the fence of a series that is forgotten is not", async () => {
  const { open, ledger } = createSequenceParts();
  const { sequence, databaseSequence } = open();
  await one(sequence);
  await one(databaseSequence);
  const users = Array.from({ length: 10_000 }, (_, i) => parseUserId(`u${i}`));
  for (const user of users) await databaseSequence.next(user, DAY);
  const leases = ledger.calls("lease");
  equal(await one(sequence), 3);
  equal(ledger.calls("lease"), leases);
});

Deno.test("a series that is forgotten while it is asked for leaves its fence behind", async () => {
  const { open, ledger, clock } = createSequenceParts();
  const { sequence, databaseSequence } = open();
  await one(sequence);
  ledger.before("issue", () => clock.sleep(10));
  const issuing = one(databaseSequence);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  ledger.mend();
  const users = Array.from({ length: 10_000 }, (_, i) => parseUserId(`u${i}`));
  for (const user of users) await databaseSequence.next(user, DAY);
  await clock.advance(10);
  const issued = await issuing;
  const leases = ledger.calls("lease");
  equal(await one(sequence), issued + 1);
  equal(ledger.calls("lease"), leases);
});

Deno.test("while the database is away a block is used up, and no more", async () => {
  const { gate, ledger, open } = createSequenceParts();
  const { sequence } = open();
  for (let i = 0; i < 4; i++) await one(sequence);
  gate.isRecordAway = true;
  gate.close("its lease has run out");
  ledger.fail("lease", "unavailable");
  ledger.fail("issue", "unavailable");
  const given: number[] = [];
  await rejects(async () => {
    for (;;) given.push(await one(sequence));
  }, { code: "unavailable" });
  deepEqual(given, [5, 6, 7]);
});

Deno.test("back on a server that it had left an instance does not go on with its old block", async () => {
  const parts = createSequenceParts();
  const { clock, log, server } = parts;
  const entropy = createSeededEntropy(2);
  const promoted = createMemoryFastServer({ clock, entropy });
  const other = openMemorySequenceBlocks(promoted);
  let current = parts.blocks.port;
  const { sequence } = parts.open({
    blocks: {
      ...current,
      next: (...args) => current.next(...args),
      install: (...args) => current.install(...args),
    },
  });
  await sequence.next(ANN, DAY, 3);
  for (let i = 0; i < 3; i++) await one(sequence);
  const home = current;
  current = other;
  parts.openOn(promoted);
  const there = await one(sequence);
  equal(log.position(), 1);
  current = home;
  parts.fence();
  parts.openOn(server);
  ok(await one(sequence) > there);
});

Deno.test("a database that has lost numbers goes on far above what the fast layer knows", async () => {
  const parts = createSequenceParts();
  const { rows, log, server, open } = parts;
  const { sequence } = open();
  await one(sequence);
  const backup = new Map(rows);
  let highest = 0;
  for (let i = 0; i < 100; i++) highest = await one(sequence);
  for (const face of ["sequence", "databaseSequence"] as const) {
    rows.clear();
    for (const [name, row] of backup) rows.set(name, row);
    log.renewEpoch(0);
    parts.gate.close("the log has another epoch");
    if (face === "sequence") {
      parts.openOn(server);
      const { checkpoint } = parts.gate.open!.session;
      server.data.mark = server.data.mark!.replace("a1", "b2");
      Object.assign(checkpoint, { generation: "b2" });
    }
    const first = await one(open()[face]);
    ok(first > highest + EPOCH_MARGIN, `${first}`);
  }
});

Deno.test("a mistake of a programmer is not taken for an outage", async () => {
  const mistake = new TypeError("a mistake");
  for (const method of ["next", "install", "floor"] as const) {
    const { blocks, gate, open } = createSequenceParts();
    if (method === "floor") gate.close("the test says so");
    const { sequence } = open();
    blocks.fail(method, mistake);
    await rejects(one(sequence), mistake);
    blocks.mend();
    ok(await one(sequence) >= 1);
  }
});

Deno.test("a caller who has gone takes no number with it", async () => {
  const { ledger, clock, open } = createSequenceParts();
  const { sequence } = open();
  const [early, late] = [new AbortController(), new AbortController()];
  ledger.before("lease", () => clock.sleep(10));
  const calls = [early, late, new AbortController()].map(({ signal }) =>
    sequence.next(ANN, DAY, 1, signal)
  );
  early.abort(new Error("gone early"));
  const gone = [
    rejects(calls[0]!, { message: "gone early" }),
    rejects(calls[1]!, { message: "gone late" }),
  ];
  for (let i = 0; i < 20; i++) await Promise.resolve();
  late.abort(new Error("gone late"));
  await clock.advance(10);
  equal((await calls[2]!).first, 1);
  await Promise.all(gone);
});

Deno.test("blocks that others snatch away without end are not waited for", async () => {
  const { blocks, ledger, open } = createSequenceParts();
  const { sequence } = open({
    blocks: { ...blocks.port, install: async () => false },
  });
  ok(await one(sequence) > 0);
  equal(ledger.calls("lease"), 8);
});

Deno.test("a block is larger the faster it is used up, and smaller where it is lost", async () => {
  const clock = createFakeClock();
  const size = createBlockSize(clock);
  const sizes: number[] = [];
  async function use(share: number, ms: number, times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      sizes.push(size.next());
      size.took(sizes.at(-1)! * share);
      await clock.advance(ms);
    }
  }
  await use(1, 1000, 9);
  deepEqual(sizes.splice(0), [1, 2, 4, 8, 16, 32, 64, 64, 64]);
  await use(1, 20_000, 3);
  deepEqual(sizes.splice(0), [64, 64, 64]);
  await use(1, 9, 2);
  deepEqual(sizes.splice(0), [64, 712]);
  await use(1, 100, 3);
  deepEqual(sizes.splice(0), [1000, 1000, 1000]);
  await use(1, 200, 2);
  deepEqual(sizes.splice(0), [1000, 500]);
  await use(0.1, 1000, 1);
  deepEqual(sizes.splice(0), [250]);
  await use(1, 1000, 1);
  deepEqual(sizes.splice(0), [64]);
  await use(0.1, 1000, 8);
  deepEqual(sizes.splice(0), [64, 32, 16, 8, 4, 2, 1, 1]);
  size.took(1);
  await use(1, 100_000, 4);
  deepEqual(sizes.splice(0).at(-1), 1);
});

Deno.test("a fleet with its own gates issues from blocks, fences and comes back", async () => {
  const world = createFollowerWorld();
  const { server, log } = world;
  await using instance = await world.startOpen();
  const { clock } = world;
  const parts = createSequenceParts();
  const { sequence, databaseSequence } = parts.open({
    blocks: openMemorySequenceBlocks(server),
    gate: instance.follower.gate,
    clock,
  });
  const next = (port: SequencePort) => world.within(one(port));
  equal(await next(sequence), 1);
  const issued = await next(databaseSequence);
  ok(await next(sequence) > issued);
  instance.follower.gate.close("the test says so");
  ok(await next(sequence) > issued + 1);
  await world.settle(() => instance.follower.state().mode === "normal");
  equal(log.position(), 0);
  equal(server.data.blocks.size, 1);
});
