/**
 * Tells waiters that the log has grown, whoever made it grow.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Sql } from "./connection.ts";

/** How often other processes' commits are looked for while somebody waits. */
const POLL_MS = 50;

/** Hears a position at or below which the log may end now. */
export type AppendListener = (position: number) => void;

/** Rings after every commit: at once for ours, within a poll for others'. */
export interface Doorbell extends AsyncDisposable {
  /** Position of the newest event; infinite when it cannot be read, so that whoever waits goes and hears why. */
  position(): number;

  /** Calls `listener` after commits until the result is called. */
  listen(listener: AppendListener): () => void;

  /** Rings. */
  ring(): void;

  /** Stops looking. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Creates a doorbell over a connection of its owner. */
export function createDoorbell(sql: Sql, clock: Clock): Doorbell {
  const listeners = new Set<AppendListener>();
  const closing = new AbortController();
  let polling: Promise<void> | undefined;

  function position(): number {
    return orInfinity(() =>
      sql.get<[number]>("SELECT pos FROM log_head WHERE id = 1")![0]
    );
  }

  function ring(): void {
    if (listeners.size === 0) return;
    const end = position();
    for (const listener of [...listeners]) listener(end);
  }

  /** Changes when another connection has committed, and only then. */
  function othersVersion(): number {
    return orInfinity(() => sql.get<[number]>("PRAGMA data_version")![0]);
  }

  async function poll(): Promise<void> {
    let seen = othersVersion();
    while (listeners.size > 0) {
      await clock.sleep(POLL_MS, closing.signal);
      const now = othersVersion();
      if (now !== seen || now === Infinity) ring();
      seen = now;
    }
    polling = undefined;
  }

  return {
    position,
    ring,
    listen(listener) {
      listeners.add(listener);
      polling ??= poll().catch(() => {});
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await polling;
    },
  };
}

function orInfinity(read: () => number): number {
  try {
    return read();
  } catch {
    return Infinity;
  }
}
