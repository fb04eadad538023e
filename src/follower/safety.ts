/**
 * Waiting until nobody serves anything older than a position: only then may a
 * value of the database be returned, or a write acknowledged.
 *
 * @module
 */
import { PATIENCE_MS } from "../../domain/lease.ts";
import type { Clock } from "../../ports/clock.ts";
import { isTransient, PortError } from "../../ports/port_error.ts";
import type {
  RecordCommit,
  RecordStore,
  RecordView,
} from "../../ports/record_store.ts";
import { Unsound } from "./footing.ts";
import type { Gate, OpenGate } from "./gate.ts";
import type { Peers } from "./peers.ts";

/** How long the fast layer may take to follow before the gate is closed. */
const FOLLOW_MS = 500;

/** How often the leases are looked at while they are waited for. */
const POLL_MS = 4;

/** The pause after the database could not be asked. */
const RETRY_MS = 50;

/** Ends a sleep; without a reason of ours an error is made each time. */
const DONE = "it is over";

/** Waiting ends here: a lease that is not renewed has ended long before. */
const MAX_WAIT_MS = 3 * PATIENCE_MS;

/** Knows when a position is safe. */
export interface Safety {
  /**
   * Asks the database and takes note of its leases and epoch: another epoch
   * closes the gate, and nothing is safe for as long as a lease may last that
   * the database has lost.
   */
  see<View extends RecordView>(ask: () => Promise<View>): Promise<View>;

  /** Whether no lease that the database has lost can be good any more. */
  isPastBarrier(): boolean;

  /** The epoch of the log as it was seen last. */
  epoch(): string | undefined;

  /** The highest position that is known to have been given out in that epoch. */
  highest(): number;

  /** Gives the log another epoch, as positions of this one are given out again. */
  leaveEpoch(): Promise<void>;

  /**
   * Resolves once no instance serves anything older than `position`.
   *
   * @throws {PortError} `timeout` when it takes too long. What the database
   * says when it cannot be asked: at once where there is a `view`, else only
   * after several attempts.
   */
  until(position: number, known?: KnownOfPosition): Promise<void>;
}

/** What is known of a committed position. */
export interface KnownOfPosition {
  /** The database at a moment after it was committed. */
  readonly view?: RecordView | undefined;
  /** The entries up to it, where this instance has committed them. */
  readonly appended?: RecordCommit["appended"];
}

/** Creates it. */
export function createSafety(parts: {
  readonly record: RecordStore;
  readonly peers: Peers;
  readonly gate: () => Pick<Gate, "open" | "close" | "demand" | "tellApplied">;
  readonly clock: Clock;
}): Safety {
  const { record, peers, clock } = parts;
  let epoch: string | undefined;
  /** The highest head seen in that epoch, and when. */
  let newest = { position: 0, seenAt: 0 };
  /** Nothing is safe before this moment of the monotonic clock. */
  let barrier = 0;

  function note(view: RecordView, askedAt: number): void {
    peers.observe(view.leases, askedAt);
    const now = clock.monotonic();
    if (epoch !== view.head.epoch) {
      // Known only by its age to who has just started.
      const ageMs = epoch === undefined ? view.epochAgeMs : 0;
      barrier = Math.max(barrier, now + PATIENCE_MS - ageMs);
      epoch = view.head.epoch;
      newest = { position: 0, seenAt: now };
      parts.gate().close("the log has another epoch");
    }
    if (view.head.position > newest.position) {
      newest = { position: view.head.position, seenAt: now };
    }
    parts.gate().tellApplied();
  }

  async function see<View extends RecordView>(
    ask: () => Promise<View>,
  ): Promise<View> {
    const askedAt = clock.monotonic();
    const view = await ask();
    if (wentBack(view, askedAt)) {
      await leaveEpoch();
      throw new PortError(
        "unavailable",
        "Cannot go on as the database has gone back in time: its log gets another epoch",
      );
    }
    note(view, askedAt);
    return view;
  }

  async function leaveEpoch(): Promise<void> {
    if (epoch !== undefined) await record.leaveEpoch(epoch);
  }

  /** Whether the log is shorter than it was before `askedAt`. */
  function wentBack({ head }: RecordView, askedAt: number): boolean {
    return head.epoch === epoch && head.position < newest.position &&
      askedAt > newest.seenAt;
  }

  const look = () => see(() => record.read([]));

  /**
   * Whether our own fast layer shows `position`, which settles it: everybody
   * who believes one believes this one.
   */
  async function isFollowed(
    position: number,
    { view, appended }: KnownOfPosition,
  ): Promise<boolean> {
    const { open } = parts.gate();
    if (!open) return false;
    // Positions of another epoch say nothing; a look tells.
    const isOfEpoch = appended?.epoch === open.session.checkpoint.epoch;
    try {
      await Promise.all([
        withinTime(open, position, appended),
        isOfEpoch || view || look(),
      ]);
    } catch (error) {
      parts.gate().close((error as Error).message, open.session);
    }
    return parts.gate().open?.session === open.session;
  }

  async function withinTime(
    open: OpenGate,
    position: number,
    appended: RecordCommit["appended"],
  ): Promise<void> {
    if (open.session.checkpoint.position >= position) return;
    const stop = new AbortController();
    const late = clock.sleep(FOLLOW_MS, stop.signal).then(() => {
      throw new Unsound("it has not followed the log in time");
    });
    late.catch(() => {});
    const following = open.drain.reach(position, appended);
    following.catch(() => {});
    try {
      await Promise.race([following, late]);
    } finally {
      stop.abort(DONE);
    }
  }

  /** Waits until all others have followed, or believe nothing any more. */
  async function othersAt(
    position: number,
    view: RecordView | undefined,
    giveUpAt: number,
  ): Promise<void> {
    const isCommitted = view === undefined;
    for (let pauseMs = POLL_MS;; pauseMs = Math.min(50, pauseMs * 1.5)) {
      if (view && peers.allAt(position, view.leases) && isPastBarrier()) return;
      if (clock.monotonic() > giveUpAt) throw tooLate();
      const untilBarrier = barrier - clock.monotonic();
      await clock.sleep(Math.max(view ? pauseMs : 0, untilBarrier));
      try {
        view = await look();
      } catch (error) {
        // What is committed is worth more patience.
        if (!isCommitted || !isTransient(error)) throw error;
        await clock.sleep(RETRY_MS);
      }
    }
  }

  const isPastBarrier = () => clock.monotonic() >= barrier;

  return {
    see,
    isPastBarrier,
    epoch: () => epoch,
    leaveEpoch,
    highest: () =>
      Math.max(
        newest.position,
        parts.gate().open?.session.checkpoint.position ?? 0,
      ),

    async until(position, known = {}) {
      const giveUpAt = clock.monotonic() + MAX_WAIT_MS;
      // Our own gate, should it be opening, has to catch up with this first.
      parts.gate().demand(position);
      while (!isPastBarrier()) {
        if (clock.monotonic() > giveUpAt) throw tooLate();
        await clock.sleep(barrier - clock.monotonic());
      }
      if (await isFollowed(position, known)) return;
      await othersAt(position, known.view, giveUpAt);
    },
  };
}

function tooLate(): PortError {
  return new PortError(
    "timeout",
    "Cannot tell whether every instance knows of it as one has neither followed nor let go",
  );
}
