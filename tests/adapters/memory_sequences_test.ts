/**
 * The sequence ledger and the blocks in memory obey the contracts of their
 * ports.
 *
 * @module
 */
import { openMemorySequenceLedger } from "../../adapters/memory/sequence_ledger.ts";
import { testSequenceBlocks } from "../contracts/sequence_blocks.ts";
import { testSequenceLedger } from "../contracts/sequence_ledger.ts";
import { createMemoryWorld, subject } from "../support/memory_world.ts";
import { openMemoryBlocksSubject } from "../support/sequence_world.ts";

testSequenceLedger("memory", async () => {
  const { log, bus: openBus } = createMemoryWorld();
  const ledger = openMemorySequenceLedger(log);
  const bus = openBus();
  const changeEpoch = async () => log.renewEpoch();
  return subject({ ledger, bus, changeEpoch }, ledger, bus);
});

testSequenceBlocks("memory", openMemoryBlocksSubject);
