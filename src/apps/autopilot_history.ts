/**
 * The trades that the autopilot counts: read from the log at the start, and
 * followed from there on.
 *
 * @module
 */
import type { HistoryPoint } from "../../domain/autopilot/decision.ts";
import {
  createTradeBook,
  type TradeBook,
} from "../../domain/autopilot/trade_book.ts";
import { TRADE_CHANNELS } from "../../domain/autopilot/trade_fact.ts";
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import { type EventBus, MAX_EVENT_PAGE } from "../../ports/event_bus.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { keepTrack } from "../services/keep_track.ts";
import type { Pacing } from "../services/retry.ts";
import { subscribe } from "../services/subscription.ts";

/** How far back trades are read: losing streaks and positions may be as old. */
export const HISTORY_MS: number = 31 * 86_400_000;

const CHANNELS = parseChannelPatterns(TRADE_CHANNELS);

/** A book with how far the log is in it. */
export type ReadHistory = HistoryPoint & {
  /** The trades. */
  readonly book: TradeBook;
};

/** Keeps the book. */
export interface TradeHistory {
  /** The book; `undefined` until the log has been read to where it ended at the start. */
  current(): ReadHistory | undefined;

  /** Takes an event in that has been published here, ahead of the log. */
  apply(event: LoggedEvent): void;

  /**
   * Reads and follows the log until `signal` aborts. After a gap, and in
   * another epoch, everything is read anew; until then there is no book.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates a history that has read nothing. */
export function createTradeHistory(
  ports: Pacing & {
    readonly bus: EventBus;
    readonly telemetry: Telemetry;
    /** Most events of a page. */
    readonly pageSize?: number;
    /** How long events are gathered, to be read at once. */
    readonly gatherMs?: number;
  },
): TradeHistory {
  const { bus, clock, entropy, telemetry } = ports;
  const { pageSize = MAX_EVENT_PAGE, gatherMs = 0 } = ports;
  let read: ReadHistory | undefined;
  /** The newest event that was unreadable. */
  let told = { epoch: "", position: 0 };
  let unreadable = 0;
  /** Unreadable events at which the log is told again: each time twice as many. */
  let nextReport = 1;

  async function follow(
    signal: AbortSignal,
    onPage: () => void,
  ): Promise<void> {
    const from = await bus.positionAt(clock.now() - HISTORY_MS, signal);
    // After the position, so that it cannot lie beyond this head.
    const { epoch, position: end } = await bus.head(signal);
    const book = createTradeBook();
    const show = (position: number) => {
      if (position < end) return;
      if (!read) {
        telemetry.log("info", "the trade history has been read", { position });
      }
      read = { book, epoch, position };
    };
    show(from);
    const options = { clock, entropy, telemetry, channels: CHANNELS, pageSize };
    const pages = subscribe(bus, {
      ...options,
      after: from,
      epoch,
      signal,
      gatherMs,
    });
    for await (const page of pages) {
      for (const event of page.events) take(book, event, page.head.epoch);
      show(page.scannedTo);
      onPage();
    }
  }

  /** Tells of each event once, however often the log is read. */
  function take(book: TradeBook, event: LoggedEvent, epoch: string): void {
    const before = book.unreadable;
    book.apply(event);
    if (book.unreadable === before) return;
    if (epoch === told.epoch && event.position <= told.position) return;
    told = { epoch, position: event.position };
    telemetry.count("holdfast_autopilot_unreadable_trades_total");
    if (++unreadable < nextReport) return;
    nextReport = unreadable * 2;
    const said = "cannot count a trade as it is nobody's or not understood";
    const { id, channel } = event;
    telemetry.log("warn", said, { id, channel, unreadable });
  }

  return {
    current: () => read,
    apply: (event) => void read?.book.apply(event),

    async run(signal) {
      await keepTrack(
        async (onProgress) => {
          try {
            await follow(signal, onProgress);
          } finally {
            read = undefined;
          }
        },
        "lost track of trades; reading them all again",
        ports,
        signal,
      );
    },
  };
}
