/**
 * The drain: takes a fast layer along the log, step by step.
 *
 * Any instance may do so at any time. A step is taken only from the very
 * checkpoint that it was made for, so that those who race, come late or come
 * twice do no harm.
 *
 * @module
 */
import {
  type Checkpoint,
  formatCheckpoint,
  parseCheckpoint,
} from "../../domain/checkpoint.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import {
  featureScopeOf,
  fencedSequenceOf,
} from "../../domain/event/own_events.ts";
import type { SettingsKey } from "../../domain/settings.ts";
import type { DocumentChange, DrainStep } from "../../ports/fast_layer.ts";
import { hasCode } from "../../ports/port_error.ts";
import type {
  LogPiece,
  LogStretch,
  RecordCommit,
} from "../../ports/record_store.ts";
import {
  findFooting,
  type Footing,
  soundCheckpoint,
  taken,
  Unsound,
} from "./footing.ts";
import type { Session } from "./session.ts";

/** Takes the fast layer along in one session. */
export interface Drain {
  /**
   * Resolves once the fast layer shows the log up to `position`, which has been
   * committed.
   *
   * @param appended Entries that this instance has committed: where they are
   * what comes next, the database is not asked for them.
   * @throws {Unsound} When the fast layer cannot be believed any more.
   * @throws {PortError} When the database, or the fast layer, fails.
   * @throws The reason for which the session has ended.
   */
  reach(position: number, appended?: Appended): Promise<void>;
}

type Appended = RecordCommit["appended"];

/** Creates the drain of `session`. */
export function createDrain(session: Session, footing: Footing): Drain {
  const { record, fast, see } = footing;
  let target = 0;
  let running: Promise<void> | undefined;
  /** What this instance has committed last. */
  let own: Appended;

  async function run(): Promise<void> {
    try {
      while (session.checkpoint.position < target) {
        await step(session.checkpoint);
        session.ended.throwIfAborted();
      }
    } finally {
      running = undefined;
      target = 0;
    }
  }

  async function step(from: Checkpoint): Promise<void> {
    const piece = isNext(own, from) ? own! : await soundPiece(from);
    session.ended.throwIfAborted();
    if (!piece) return await standAnew(formatCheckpoint(from));
    const made = toStep(session.history, from, piece);
    const result = await taken(fast.drain(made));
    session.ended.throwIfAborted();
    if (result.applied) {
      footing.onStep?.(made);
      return session.saw({ ...from, ...made.to });
    }
    const found = result.mark && parseCheckpoint(result.mark);
    // Somebody else was faster.
    if (found && found !== "newer" && isFurther(found, from)) {
      return session.saw(found);
    }
    await standAnew(result.mark);
  }

  /** The entries after `from`; `undefined` when that is nothing to go on from. */
  async function soundPiece(from: Checkpoint): Promise<LogPiece | undefined> {
    const stretch = await nextAfter(from);
    // Without entries it is beyond the head, which `standAnew` looks into.
    const isSound = stretch && stretch.entries.length > 0 &&
      soundCheckpoint(formatCheckpoint(from), stretch);
    return isSound ? stretch : undefined;
  }

  /** The entries after `from`; `undefined` when they are no longer held. */
  async function nextAfter(from: Checkpoint): Promise<LogStretch | undefined> {
    try {
      return await see(() => record.stretch(from.position));
    } catch (error) {
      if (hasCode(error, "expired")) return;
      throw error;
    }
  }

  /** Goes on from what somebody else has left, if that is sound. */
  async function standAnew(mark: string | undefined): Promise<void> {
    const wanted = target;
    const view = await see(() => record.read([]));
    session.ended.throwIfAborted();
    if (view.head.position < wanted) {
      throw new Unsound("the log ends before the position that it is to show");
    }
    const found = await findFooting(session.history, mark, view, footing);
    if (found.position < session.checkpoint.position) {
      throw new Unsound("its data have gone back in time");
    }
    session.saw(found);
  }

  return {
    async reach(position, appended) {
      if (appended) own = appended;
      const reached = session.reached(position);
      if (session.checkpoint.position >= position) return await reached;
      target = Math.max(target, position);
      running ??= run();
      await Promise.race([running, reached]);
      await reached;
    },
  };
}

/** Whether `found` is where the same stretch of steps has led to. */
function isFurther(found: Checkpoint, from: Checkpoint): boolean {
  return found.epoch === from.epoch && found.generation === from.generation &&
    found.position > from.position;
}

/** Whether `appended` is what comes after `from`. */
function isNext(appended: Appended, from: Checkpoint): boolean {
  return appended?.epoch === from.epoch &&
    appended.entries[0]?.position === from.position + 1;
}

/** Makes the step that applies `piece`. */
export function toStep(
  history: string,
  from: Checkpoint,
  { entries, documents }: LogPiece,
): DrainStep {
  let { position, settingsPosition } = from;
  const changes = new Map<SettingsKey, DocumentChange>();
  for (const entry of entries) {
    position = entry.position;
    if (entry.channel !== "settings.updated") continue;
    settingsPosition = position;
    const key = entry.key as SettingsKey;
    changes.set(key, { key, position, document: documents.get(key) });
  }
  return {
    history,
    from,
    to: { position, settingsPosition },
    entries,
    changes: [...changes.values()],
    voided: of(entries, "features.invalidated").map(featureScopeOf),
    fenced: of(entries, "sequence.fenced").map(fencedSequenceOf)
      .filter((name) => name !== undefined),
  };
}

function of(entries: readonly LoggedEvent[], channel: string): LoggedEvent[] {
  return entries.filter((entry) => entry.channel === channel);
}
