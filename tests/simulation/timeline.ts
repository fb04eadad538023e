/**
 * Virtual time: what is to happen, in one queue.
 *
 * @module
 */
import { setImmediate } from "node:timers";

/** Somebody to whom things happen, and who may stop for a while or for good. */
export interface Actor {
  /** A name for people. */
  readonly name: string;
  /** Nothing happens to it before this time. */
  pausedUntil: number;
  /** Nothing happens to it any more. */
  isDead: boolean;
}

/** What is to happen, in order of time. */
export interface Timeline {
  /** Milliseconds since the beginning. */
  readonly now: number;
  /** How many things have happened. */
  readonly count: number;
  /**
   * Has `run` happen to `actor` in `ms` milliseconds; not while it is paused,
   * never once it is dead. `undefined` is the world, which never stops.
   *
   * @returns Calls it off.
   */
  after(ms: number, actor: Actor | undefined, run: () => void): () => void;
  /** Lets time pass until `time`, with every promise settled between two things. */
  runUntil(time: number): Promise<void>;
}

interface Due {
  time: number;
  readonly order: number;
  readonly actor: Actor | undefined;
  run: (() => void) | undefined;
}

/** Creates a timeline at 0 on which nothing is to happen. */
export function createTimeline(): Timeline {
  const heap: Due[] = [];
  let now = 0;
  let count = 0;
  let order = 0;

  const isBefore = (a: Due, b: Due) =>
    a.time < b.time || (a.time === b.time && a.order < b.order);

  function push(due: Due): void {
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(due, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = due;
  }

  function pop(): Due {
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) {
        child++;
      }
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }

  return {
    get now() {
      return now;
    },
    get count() {
      return count;
    },
    after(ms, actor, run) {
      const due: Due = {
        time: now + Math.max(0, ms),
        order: order++,
        actor,
        run,
      };
      push(due);
      return () => due.run = undefined;
    },
    async runUntil(time) {
      await settle();
      while (heap.length > 0 && heap[0]!.time <= time) {
        const due = pop();
        const { actor, run } = due;
        if (!run || actor?.isDead) continue;
        if (actor && actor.pausedUntil > due.time) {
          due.time = actor.pausedUntil;
          push(due);
          continue;
        }
        now = due.time;
        due.run = undefined;
        count++;
        run();
        // What the world does by itself goes on by what it has planned alone.
        if (actor) await settle();
      }
      now = time;
    },
  };
}

/** Lets every promise settle: this turn of the event loop ends when all have. */
function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
