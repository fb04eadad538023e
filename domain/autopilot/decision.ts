/**
 * What the autopilot decides, with everything that it follows from.
 *
 * @module
 */
import type { SettingsSource, UserDocument } from "../settings.ts";
import type { TradingMode } from "../settings/field.ts";
import type { TradingSymbol } from "../symbol.ts";
import type { TradingDate } from "../trading_date.ts";
import type { UserId } from "../user_id.ts";
import type { BreakerState } from "./breaker.ts";
import type { Side } from "./confidence.ts";
import type { Exits } from "./exits.ts";
import type { AutopilotSettings, Unusable } from "./settings.ts";
import type { Tally } from "./tally.ts";
import type { Exposure } from "./trade_book.ts";

/** What the market says of a symbol. */
export interface Outlook {
  /** The newest bar. */
  readonly date: TradingDate;
  /** Fingerprint of the bars, as `fingerprintBars` gives it. */
  readonly bars: string;
  /** Close of the newest bar. */
  readonly price: number;
  /** Average true range in percent of the price, where the bars give one. */
  readonly atrPercent: number | undefined;
  /** What the model says as of the newest bar. */
  readonly prediction: number;
  /** What it says as of the bars before, the oldest first. */
  readonly recent: readonly number[];
  /** The model that says so. */
  readonly model: { readonly strategy: string; readonly version: string };
}

/** One snapshot of a user's settings. */
export interface SettingsView {
  /** Versions of the documents; 0 where one is not stored. */
  readonly versions: Readonly<Partial<Record<UserDocument, number>>>;
  /** Where they came from. */
  readonly source: SettingsSource;
  /** Whether they are known to be the newest. */
  readonly verified: boolean;
  /** What they say, or why they cannot be used. */
  readonly settings: AutopilotSettings | Unusable;
}

/** How far the trade history had been read. */
export interface HistoryPoint {
  /** The epoch of the log. */
  readonly epoch: string;
  /** Every event up to this position counted. */
  readonly position: number;
}

/** What became of a mode. */
export interface ModeVerdict {
  /** The mode. */
  readonly mode: TradingMode;
  /** `not_needed` when a slower one was chosen. */
  readonly outcome: "chosen" | "passed_over" | "not_needed";
  /** Why it was passed over. */
  readonly reasons: readonly string[];
  /** What its breaker saw. */
  readonly counts?: Tally;
  /** What its breaker said. */
  readonly breaker?: BreakerState;
  /** What it had open. */
  readonly exposure?: Exposure;
}

/** A position to be opened. */
export interface Entry extends Exits {
  /** In which mode. */
  readonly mode: TradingMode;
  /** Which way. */
  readonly side: Side;
  /** From 0 to 100. */
  readonly confidence: number;
  /** What the position is to be worth, in USD. */
  readonly sizeUsd: string;
  /** How many times its margin that is. */
  readonly leverage: string;
  /** The price that everything was reckoned from. */
  readonly price: string;
}

/** A decision on one symbol for one user. */
export interface Decision {
  /** For whom. */
  readonly user: UserId;
  /** On what. */
  readonly symbol: TradingSymbol;
  /** When, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** `hold` opens nothing. */
  readonly action: "open" | "hold";
  /** Why, one sentence each. */
  readonly reasons: readonly string[];
  /** The position to be opened, with `open`. */
  readonly entry?: Entry;
  /** The modes from the slowest on; empty where none was looked at. */
  readonly modes: readonly ModeVerdict[];
  /** The breaker of the user as a whole, where it was asked. */
  readonly breaker?: { readonly state: BreakerState; readonly counts: Tally };
  /** What the market said, where it said anything. */
  readonly outlook?: Outlook;
  /** The settings that were used. */
  readonly settings: Pick<SettingsView, "versions" | "source" | "verified">;
  /** The trades that were counted; absent while they are being read. */
  readonly history?: HistoryPoint;
}
