/**
 * The days of a paper run: when they begin and end, and what happens between
 * the venue and the gateway.
 *
 * @module
 */
import type { PaperBar } from "../../../domain/paper/match.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import { epochDayOf, type TradingDate } from "../../../domain/trading_date.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { Clock } from "../../../ports/clock.ts";
import { PortError } from "../../../ports/port_error.ts";
import type { PastBars } from "./past_bars.ts";

const DAY_MS = 86_400_000;

/** From 0:00 UTC to the close: after the exchanges of the Americas have closed. */
const CLOSE_MS = 21 * 3_600_000;

/** How often the venue is asked again for orders that nobody knows the fate of. */
const ASK_EVERY_MS = 2000;

/** After so many times the gateway has sent or given up whatever it had. */
const MAX_ASKED = 40;

/** When the market opens on `date`, in milliseconds since the Unix epoch. */
export function openOf(date: TradingDate): number {
  return epochDayOf(date) * DAY_MS;
}

/** When it closes. */
export function closeOf(date: TradingDate): number {
  return openOf(date) + CLOSE_MS;
}

/** The market of a run: its hours, its venue, and the gateway that trades. */
export interface MarketDays {
  /** Opens the market today: what was ordered is filled or is over. */
  open(): Promise<void>;
  /** Closes it. */
  close(): void;
  /** Asks the venue until `isKnown`, or until nobody will know any more. */
  settle(isKnown: () => Promise<boolean>): Promise<void>;
}

/** Creates it. */
export function createMarketDays(parts: {
  readonly bars: PastBars;
  readonly clock: Clock & { moveTo(ms: number): void };
  readonly venue: {
    advance(
      date: TradingDate,
      bars: ReadonlyMap<TradingSymbol, PaperBar>,
    ): Promise<void>;
  };
  readonly gateway: { refresh(user: UserId): Promise<void> };
  readonly user: UserId;
}): MarketDays {
  const { bars, clock, venue, gateway, user } = parts;

  /** Looks after open orders; whether the venue has answered. */
  async function refresh(): Promise<boolean> {
    try {
      await gateway.refresh(user);
      return true;
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      return false;
    }
  }

  async function settle(isKnown: () => Promise<boolean>): Promise<void> {
    for (let asked = 0; asked < MAX_ASKED; asked++) {
      if (await refresh() && await isKnown()) return;
      await clock.sleep(ASK_EVERY_MS);
    }
  }

  return {
    async open() {
      clock.moveTo(openOf(bars.today()));
      await venue.advance(bars.today(), bars.exactBars());
    },
    close: () => clock.moveTo(closeOf(bars.today())),
    settle,
  };
}
