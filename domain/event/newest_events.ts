/**
 * Events that wait, of which only the newest of each key matters. Keys of one
 * user are not those of another, nor of nobody: none hides what is theirs.
 *
 * @module
 */
import type { NewEvent } from "./event.ts";

/** Most keys that wait; beyond, the oldest event is dropped. */
const MAX_WAITING = 1024;

/** The newest event of each key, of 1024 keys at most. */
export interface NewestEvents {
  /** How many wait. */
  readonly size: number;

  /**
   * Puts `event` in the place of the one of its key.
   *
   * @returns Whether an event of another key was dropped for it.
   */
  put(event: NewEvent): boolean;

  /**
   * Takes those that have waited longest: all, or as many as have `chars`
   * characters of data, and one at least.
   */
  take(chars?: number): readonly NewEvent[];
}

/** Creates a place where nothing waits yet. */
export function createNewestEvents(): NewestEvents {
  const waiting = new Map<string, NewEvent>();
  return {
    get size() {
      return waiting.size;
    },
    put(event) {
      const key = `${event.channel} ${event.meta.user ?? ""} ${
        event.key ?? ""
      }`;
      waiting.delete(key);
      waiting.set(key, event);
      if (waiting.size <= MAX_WAITING) return false;
      waiting.delete(waiting.keys().next().value!);
      return true;
    },
    take(chars = Infinity) {
      const taken: NewEvent[] = [];
      let room = chars;
      for (const [key, event] of waiting) {
        room -= event.json.length;
        if (room < 0 && taken.length > 0) break;
        taken.push(event);
        waiting.delete(key);
      }
      return taken;
    },
  };
}
