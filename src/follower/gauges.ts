/**
 * Measuring how the fast layer follows the log.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { Follower } from "./follower.ts";

/** How often it is noted where the log ends. */
const LOOK_MS = 500;

/** Most notes of what is not shown yet; with more, the newest ones are merged. */
const MAX_NOTES = 1024;

/** The end of the log as it was known at some moment. */
interface Note {
  readonly position: number;
  /** On the monotonic clock. */
  readonly knownAt: number;
}

/**
 * Tells of the gate and of the lag of the drain whenever somebody looks, and
 * counts changes of the mode, until it is closed.
 */
export function measureFollower(
  follower: Pick<Follower, "state" | "listen">,
  { clock, telemetry }: {
    readonly clock: Clock;
    readonly telemetry: Telemetry;
  },
): AsyncDisposable {
  const stop = new AbortController();
  /** What the fast layer does not show yet, the oldest first. */
  const notes: Note[] = [];
  /** Up to where it is known to show the log; `undefined` until it has once. */
  let shown: number | undefined;
  let mode = follower.state().mode;

  function look({ checkpoint, head } = follower.state()): void {
    shown = checkpoint ?? shown;
    const last = notes.at(-1);
    if (last === undefined || head > last.position) {
      const isFull = notes.length === MAX_NOTES;
      const knownAt = isFull ? notes.pop()!.knownAt : clock.monotonic();
      notes.push({ position: head, knownAt });
    } else if (head < last.position) {
      // Another epoch counts anew.
      notes.length = 0;
    }
    const behind = notes.findIndex(({ position }) => position > (shown ?? 0));
    notes.splice(0, behind < 0 ? notes.length : behind);
  }

  function tell(): void {
    const state = follower.state();
    look(state);
    const { checkpoint, head } = state;
    const isOpen = checkpoint !== undefined;
    telemetry.gauge("holdfast_gate_open", Number(isOpen));
    const lag = shown === undefined ? NaN : Math.max(0, head - shown);
    telemetry.gauge("holdfast_drain_lag_positions", lag);
    const [oldest] = notes;
    const ageMs = oldest ? clock.monotonic() - oldest.knownAt : 0;
    const ageS = shown === undefined ? NaN : ageMs / 1000;
    telemetry.gauge("holdfast_drain_lag_seconds", ageS);
  }

  function noteMode(): void {
    const now = follower.state().mode;
    if (now === mode) return;
    mode = now;
    telemetry.count("holdfast_mode_changes_total", { mode });
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      look();
      await clock.sleep(LOOK_MS, stop.signal).catch(() => {});
    }
  }

  const unwatch = telemetry.onRead(tell);
  const deafen = follower.listen(noteMode);
  const running = run();

  return {
    async [Symbol.asyncDispose]() {
      unwatch();
      deafen();
      stop.abort();
      await running;
    },
  };
}
