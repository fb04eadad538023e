/**
 * Finding a checkpoint to stand on: the one that is there if it is sound, else
 * a new beginning at the head of the log.
 *
 * @module
 */
import { type Checkpoint, parseCheckpoint } from "../../domain/checkpoint.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type {
  DrainResult,
  DrainStep,
  FastLayer,
  Fenced,
} from "../../ports/fast_layer.ts";
import { PortError } from "../../ports/port_error.ts";
import type { RecordStore, RecordView } from "../../ports/record_store.ts";

/** A checkpoint farther behind begins anew: that is faster than catching up. */
const MAX_BEHIND = 10_000;

/** Times that others may get in between. */
const ATTEMPTS = 10;

/** What the follower stands on. */
export interface Footing {
  /** The database of record. */
  readonly record: Pick<RecordStore, "read" | "stretch" | "leaveEpoch">;
  /** What follows it. */
  readonly fast: FastLayer;
  /** Draws generations. */
  readonly entropy: Entropy;
  /** Whether no lease that the database has lost can be good any more. */
  readonly isPastBarrier: () => boolean;
  /** The epoch of the log as it was seen last. */
  readonly epoch: () => string | undefined;
  /** Hears of every step that this instance has taken. */
  readonly onStep?: (step: DrainStep) => void;
  /** Asks the database, and takes note of what it shows of log and leases. */
  readonly see: <View extends RecordView>(
    ask: () => Promise<View>,
  ) => Promise<View>;
}

/** The fast layer cannot be believed; the gate has to close. */
export class Unsound extends Error {
  /** Tells this error from others. */
  override readonly name = "Unsound";
  /** Whether trying again does not help. */
  readonly isLasting: boolean;

  /** Builds the error; the message is the end of a sentence. */
  constructor(message: string, isLasting = false) {
    super(message);
    this.isLasting = isLasting;
  }
}

/**
 * A sound checkpoint, made if need be.
 *
 * @param mark What was seen in place of the checkpoint.
 * @param view The database as it was seen after `mark` was.
 * @throws {Unsound} When the fast layer follows another log.
 */
export async function findFooting(
  history: string,
  mark: string | undefined,
  view: RecordView,
  footing: Footing,
): Promise<Checkpoint> {
  const { record, fast } = footing;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const sound = soundCheckpoint(mark, view);
    if (sound) return sound;
    await leaveLostPositions(mark, view, record);
    const to = beginningAt(view, footing.entropy);
    const result = await taken(fast.reset(history, mark, to));
    if (result.applied) return to;
    mark = result.mark;
    // Only a head that is read after the mark was seen can tell of it.
    view = await footing.see(() => record.read([]));
  }
  throw new Unsound("its checkpoint is changed by others without end");
}

/**
 * The checkpoint that `mark` writes; `undefined` when it has to begin anew.
 *
 * @throws {Unsound} When it is that of another log or a later version.
 */
export function soundCheckpoint(
  mark: string | undefined,
  { head, formerEpochs }: RecordView,
): Checkpoint | undefined {
  const checkpoint = mark === undefined ? undefined : parseCheckpoint(mark);
  if (checkpoint === undefined) return undefined;
  if (checkpoint === "newer") {
    throw new Unsound(
      "a later version of Holdfast uses it: update this one, or use another REDIS_DB",
      true,
    );
  }
  const { epoch, position } = checkpoint;
  if (epoch !== head.epoch) {
    if (formerEpochs.includes(epoch)) return undefined;
    throw new Unsound(
      "it follows another database: use another REDIS_DB for this one",
      true,
    );
  }
  const isHeld = position >= head.earliest - 1 && position <= head.position;
  return isHeld && head.position - position <= MAX_BEHIND
    ? checkpoint
    : undefined;
}

/**
 * What came of a step that was put to the fast layer.
 *
 * @throws {Unsound} When it was not put to it in time, or to another server.
 */
export async function taken(
  step: Promise<DrainResult | Fenced>,
): Promise<DrainResult> {
  let result: DrainResult | Fenced;
  try {
    result = await step;
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    throw new Unsound(`it does not follow the log: ${error.message}`);
  }
  if (result !== "fenced") return result;
  throw new Unsound("it is not the server that it was");
}

/**
 * A checkpoint beyond the head shows that the database has gone back in time:
 * what it gives out next has been given before.
 */
async function leaveLostPositions(
  mark: string | undefined,
  { head }: RecordView,
  record: Footing["record"],
): Promise<void> {
  const checkpoint = mark === undefined ? undefined : parseCheckpoint(mark);
  if (!checkpoint || checkpoint === "newer") return;
  if (checkpoint.epoch !== head.epoch) return;
  if (checkpoint.position <= head.position) return;
  await record.leaveEpoch(head.epoch);
  throw new Unsound("the database has gone back in time");
}

function beginningAt(view: RecordView, entropy: Entropy): Checkpoint {
  return {
    epoch: view.head.epoch,
    generation: entropy.bytes(8).toHex(),
    position: view.head.position,
    settingsPosition: view.settingsPosition,
  };
}

/** Why the fast layer is not believed, as one sentence. */
export function sentence(reason: string): string {
  return reason.startsWith("Cannot ")
    ? reason
    : `Cannot use Redis as ${reason}`;
}

/** What `error` says. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
