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
import type { LogStretch } from "../../ports/record_store.ts";
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
   * @throws {Unsound} When the fast layer cannot be believed any more.
   * @throws {PortError} When the database, or the fast layer, fails.
   * @throws The reason for which the session has ended.
   */
  reach(position: number): Promise<void>;
}

/** Creates the drain of `session`. */
export function createDrain(session: Session, footing: Footing): Drain {
  const { record, fast, see } = footing;
  let target = 0;
  let running: Promise<void> | undefined;

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
    const stretch = await nextAfter(from);
    session.ended.throwIfAborted();
    const last = stretch?.entries.at(-1);
    // Without entries it is beyond the head, which `standAnew` looks into.
    if (!last || !soundCheckpoint(formatCheckpoint(from), stretch!)) {
      return await standAnew(formatCheckpoint(from));
    }
    const made = toStep(session.history, from, stretch!);
    const result = await taken(fast.drain(made));
    if (result.applied) return session.saw({ ...from, ...made.to });
    const found = result.mark && parseCheckpoint(result.mark);
    // Somebody else was faster.
    if (found && found !== "newer" && isFurther(found, from)) {
      return session.saw(found);
    }
    await standAnew(result.mark);
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
    async reach(position) {
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

/** Makes the step that applies `stretch`. */
export function toStep(
  history: string,
  from: Checkpoint,
  { entries, documents }: LogStretch,
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
