/**
 * Tells waiters that the log has grown, whoever made it grow.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Link } from "./link.ts";

/** How often the log is looked at while somebody waits, should nobody ring. */
const POLL_MS = 1000;

/** How often it is looked at while ringing cannot be heard. */
const DEAF_POLL_MS = 250;

/** How long after one NOTIFY the next is sent: they take a lock that all share. */
const RING_MS = 2;

/** The channel of all logs of a database. */
const CHANNEL = "holdfast_log";

/**
 * Tells where the log ends, so that who hears it need not look. A bell that a
 * crash takes back was for nobody: it waits for no flush.
 */
const RING =
  `/* doorbell */ SELECT set_config('synchronous_commit', 'off', true),
    pg_notify('${CHANNEL}', concat(epoch, ' ', pos)) FROM log_head WHERE id = 1`;

const LOOK = "/* doorbell */ SELECT epoch, pos FROM log_head WHERE id = 1";

/** Hears a position at or below which the log may end now. */
export type AppendListener = (position: number) => void;

/** Rings after every commit: at once for ours, when Postgres tells for others'. */
export interface Doorbell extends AsyncDisposable {
  /** The newest position that is known. */
  position(): number;

  /**
   * Calls `listener` when the log has grown, and with what it may have grown by
   * while nobody listened, until the result is called.
   */
  listen(listener: AppendListener): () => void;

  /** Takes note of where the log ends. */
  saw(position: number): void;

  /** Takes note of a commit of ours, and tells others. */
  ring(position: number): void;

  /** Stops looking. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a doorbell needs. */
export interface DoorbellOptions {
  /** Paces the looks. */
  readonly clock: Clock;
  /** Opens a link of the doorbell's own; `onNotify` hears what is sent on it. */
  readonly open: (
    onNotify: (channel: string, payload: string) => void,
  ) => Promise<Link>;
  /** Reads the epoch of the log and where it ends, on any link. */
  readonly look: (text: string) => Promise<readonly [string, number]>;
  /** Runs a statement whose result does not matter. */
  readonly notify: (text: string) => Promise<unknown>;
}

/** Creates a doorbell; it connects once somebody listens. */
export function createDoorbell(options: DoorbellOptions): Doorbell {
  const { clock, open, notify } = options;
  const listeners = new Set<AppendListener>();
  const closing = new AbortController();
  let known = 0;
  /** The epoch of the log as it was looked at last. */
  let epoch: string | undefined;
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  /** Whether Postgres tells of what others commit. */
  let isHearing = false;
  let ringing: Promise<void> | undefined;
  let ringAgain = false;
  let listening: Promise<void> | undefined;

  function tell(position: number): void {
    for (const listener of [...listeners]) listener(position);
  }

  function saw(position: number): void {
    // Either the log has gone back, or this was seen before what is known.
    if (position < known) look();
    known = position;
    tell(position);
  }

  /** Looks at the log; a look that is under way may have been too early. */
  function look(): void {
    lookAgain = true;
    if (listeners.size > 0) looking ??= lookWhileAsked();
  }

  /** Goes by what is told of this log, and looks at what seems to be another. */
  function hearRing(_channel: string, payload: string): void {
    const [of, position] = payload.split(" ");
    const isNews = of === epoch && Number(position) >= known;
    if (isNews) saw(Number(position));
    else look();
  }

  async function lookWhileAsked(): Promise<void> {
    while (lookAgain && !closing.signal.aborted) {
      lookAgain = false;
      try {
        const [now, position] = await options.look(LOOK);
        epoch = now;
        saw(position);
      } catch {
        if (listeners.size === 0) {
          lookAgain = true; // for whoever comes
          break;
        }
        tell(Infinity); // whoever waits goes and hears why
      }
    }
    looking = undefined;
  }

  async function ringWhileAsked(): Promise<void> {
    while (ringAgain) {
      ringAgain = false;
      await notify(RING).catch(() => {});
      await clock.sleep(RING_MS, closing.signal);
    }
    ringing = undefined;
  }

  async function hear(): Promise<void> {
    for (;;) {
      try {
        await hearOnce(await open(hearRing));
      } catch {
        // Until it can be heard again, the looks below stand in.
      }
      await clock.sleep(DEAF_POLL_MS, closing.signal);
      look();
    }
  }

  async function hearOnce(link: Link): Promise<void> {
    const stop = AbortSignal.any([closing.signal, link.lost]);
    try {
      await link.query(`LISTEN ${CHANNEL}`);
      isHearing = true;
      // Only now: what was committed before would not be rung for.
      look();
      for (;;) {
        await clock.sleep(POLL_MS, stop);
        if (listeners.size > 0) {
          // Finds out whether it is still there; nothing is sure until then.
          isHearing = false;
          await link.query("SELECT 1");
          isHearing = true;
        }
        look();
      }
    } finally {
      isHearing = false;
      await link.close();
    }
  }

  return {
    position: () => known,
    saw,
    listen(listener) {
      listeners.add(listener);
      // What has been rung for is known, or was heard while nobody listened.
      if (lookAgain || !isHearing) look();
      listening ??= hear().catch(() => {});
      return () => listeners.delete(listener);
    },
    ring(position) {
      saw(Math.max(known, position));
      ringAgain = true;
      ringing ??= ringWhileAsked().catch(() => {});
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await Promise.all([listening, ringing, looking]);
    },
  };
}
