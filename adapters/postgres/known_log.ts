/**
 * What this process knows of the log, held to a server before it is asked
 * anything: one that was restored from a backup has the same epoch, and would
 * give positions out again.
 *
 * @module
 */
import type { Telemetry } from "../../ports/telemetry.ts";
import type { Link } from "./link.ts";

/** An event that is, or was, in the log. */
interface Known {
  readonly id: string;
  readonly position: number;
}

/** What is known of the log. */
export interface KnownLog {
  /** Takes note of events that were committed, or read, in `epoch`. */
  note(epoch: string, events: readonly Known[]): void;

  /**
   * Gives the log another epoch where it no longer holds what is known of it.
   *
   * @throws What the link throws.
   */
  compare(link: Link): Promise<void>;
}

const LOOK = `/* log.compare */ SELECT h.epoch, h.pos, e.id
  FROM log_head h LEFT JOIN event_log e ON e.pos = $1 WHERE h.id = 1`;

/** Knows nothing yet. */
export function createKnownLog(telemetry: Telemetry | undefined): KnownLog {
  let newest: Known & { readonly epoch: string } | undefined;

  return {
    note(epoch, events) {
      for (const { id, position } of events) {
        const isNewer = epoch !== newest?.epoch || position > newest.position;
        if (isNewer) newest = { epoch, id, position };
      }
    },

    async compare(link) {
      if (!newest) return;
      const { epoch, position, id } = newest;
      const [row] = await link.query<[string, number, string | null]>(LOOK, [
        position,
      ]);
      const [now, head, found] = row!;
      // An event may have been dropped; another one in its place is another log.
      const isThere = head >= position && (found === null || found === id);
      if (now !== epoch || isThere) return;
      telemetry?.log("error", "The database has gone back in time", {
        known: position,
        head,
      });
      await link.query("/* log.epoch */ SELECT leave_epoch($1)", [epoch]);
    },
  };
}
