/**
 * What sequences are made of, over memory, with a gate that tests move.
 *
 * @module
 */
import { createMemoryFastServer } from "../../adapters/memory/fast_layer.ts";
import { openMemorySequenceBlocks } from "../../adapters/memory/sequence_blocks.ts";
import {
  type MemorySeries,
  openMemorySequenceLedger,
} from "../../adapters/memory/sequence_ledger.ts";
import { type Checkpoint, formatCheckpoint } from "../../domain/checkpoint.ts";
import type { OpenGate } from "../../src/follower/gate.ts";
import {
  type FollowedSequences,
  openFollowedSequences,
  type SequenceParts,
} from "../../src/follower/sequences.ts";
import { createSession } from "../../src/follower/session.ts";
import { guardPort } from "./guarded_port.ts";
import { createMemoryWorld } from "./memory_world.ts";
import { createRecordingTelemetry } from "./recording_telemetry.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** Creates a database, a server and a gate that is open on it. */
export function createSequenceParts() {
  const { clock, log } = createMemoryWorld();
  const entropy = createSeededEntropy();
  const rows: MemorySeries = new Map();
  const server = createMemoryFastServer({ clock, entropy });
  const ledger = guardPort(openMemorySequenceLedger(log, rows));
  const blocks = guardPort(openMemorySequenceBlocks(server));
  const closed: string[] = [];
  const gate = {
    open: undefined as OpenGate | undefined,
    isRecordAway: false,
    close(reason: string): void {
      closed.push(reason);
      gate.open = undefined;
    },
  };
  openOn(server);

  /** Opens the gate on `on`, which has followed the log up to `position`. */
  function openOn(on: typeof server, position = log.position()): void {
    const checkpoint: Checkpoint = {
      epoch: log.head().epoch,
      generation: "a1",
      position,
      settingsPosition: 0,
    };
    on.data.mark = formatCheckpoint(checkpoint);
    const { signal } = new AbortController();
    const session = createSession(on.history, checkpoint, signal, () => {});
    gate.open = { session, drain: { reach: async () => {} } };
  }

  /** What the server does for a fence. */
  function fence(): void {
    server.data.blocks.clear();
  }

  const telemetry = createRecordingTelemetry();

  /** Opens one more instance. */
  function open(more: Partial<SequenceParts> = {}): FollowedSequences {
    return openFollowedSequences({
      ledger: ledger.port,
      blocks: blocks.port,
      gate,
      clock,
      telemetry,
      ...more,
    });
  }

  return {
    clock,
    telemetry,
    log,
    rows,
    server,
    ledger,
    blocks,
    gate,
    closed,
    openOn,
    fence,
    open,
  };
}
