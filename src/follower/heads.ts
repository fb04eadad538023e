/**
 * Heads of the log, asked for once for many readers.
 *
 * @module
 */
import type { LogHead } from "../../domain/event/event.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventBus, EventPage } from "../../ports/event_bus.ts";

/** For so long a head tells well enough where the log begins. */
const RECENT_MS = 2000;

/** Gives out heads. */
export interface Heads {
  /** The head as the database gives it to a call that is sent after this one began. */
  fresh(): Promise<LogHead>;

  /** A head of `epoch` that is no older than two seconds; a fresh one where there is none. */
  recent(epoch: string): Promise<LogHead>;

  /** Takes note of the head of a page of the database; gives the page back. */
  note(page: EventPage): EventPage;
}

/** Creates the heads of `bus`. */
export function createHeads(bus: Pick<EventBus, "head">, clock: Clock): Heads {
  let known: { readonly head: LogHead; readonly at: number } | undefined;
  let underWay: Promise<unknown> = Promise.resolve();
  /** A call that has not been sent yet, for all who come until it is. */
  let next: Promise<LogHead> | undefined;

  async function ask(): Promise<LogHead> {
    await underWay;
    next = undefined;
    const call = bus.head();
    underWay = call.catch(() => {});
    const head = await call;
    remember(head);
    return head;
  }

  function remember(head: LogHead): void {
    known = { head, at: clock.monotonic() };
  }

  const fresh = () => next ??= ask();

  return {
    fresh,
    async recent(epoch) {
      const isRecent = known?.head.epoch === epoch &&
        clock.monotonic() - known.at < RECENT_MS;
      return isRecent ? known!.head : await fresh();
    },
    note(page) {
      remember(page.head);
      return page;
    },
  };
}
