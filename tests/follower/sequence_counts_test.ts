/**
 * What is counted of blocks of numbers, and of the numbers that they skip.
 *
 * @module
 */
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import { equal } from "../support/assert.ts";
import { createSequenceParts } from "../support/sequence_parts.ts";

const USER = parseUserId("1");
const DAY = parseSequenceDay("20260102");

const BLOCKS = "holdfast_sequence_blocks_total";
const SKIPPED = "holdfast_sequence_numbers_skipped_total";

Deno.test("sequence counts: a block that is used up skips nothing", async () => {
  const { open, telemetry, ledger } = createSequenceParts();
  const { sequence } = open();
  const last = await take(sequence, 500);
  equal(last, 500);
  equal(telemetry.counted(BLOCKS), ledger.calls("lease"));
  equal(telemetry.counted(SKIPPED), 0);
});

Deno.test("sequence counts: what is left of a block that was lost is skipped", async () => {
  const { open, telemetry, fence } = createSequenceParts();
  const { sequence } = open();
  const last = await take(sequence, 5);
  const before = telemetry.counted(BLOCKS);
  fence();
  const next = await take(sequence, 1);
  equal(telemetry.counted(BLOCKS), before + 1);
  equal(telemetry.counted(SKIPPED), next - last - 1);
  equal(next > last + 1, true);
});

Deno.test("sequence counts: a server that has lost its counters is no reason to count what was given", async () => {
  const { open, telemetry, server } = createSequenceParts();
  const { sequence } = open();
  const last = await take(sequence, 5);
  server.data.blocks.clear();
  server.data.counters.clear();
  const next = await take(sequence, 1);
  equal(telemetry.counted(SKIPPED), next - last - 1);
});

Deno.test("sequence counts: of numbers that nobody here has seen nothing is said", async () => {
  const { open, telemetry, server } = createSequenceParts();
  await take(open().sequence, 5);
  server.data.blocks.clear();
  server.data.counters.clear();
  await take(open().sequence, 1);
  equal(telemetry.counted(SKIPPED), 0);
});

Deno.test("sequence counts: a block that was not taken is skipped, whole", async () => {
  const { open, telemetry, blocks, ledger } = createSequenceParts();
  const { sequence } = open();
  blocks.fail("install", "timeout");
  const first = await take(sequence, 1);
  blocks.mend();
  equal(ledger.calls("lease"), 1);
  equal(telemetry.counted(BLOCKS), 1);
  // The database went on behind the block.
  equal(telemetry.counted(SKIPPED), first - 1);
});

/** Takes numbers one after the other, and gives the last one. */
async function take(
  sequence: SequencePort,
  count: number,
): Promise<number> {
  let last = 0;
  for (let i = 0; i < count; i++) last = (await sequence.next(USER, DAY)).first;
  return last;
}
