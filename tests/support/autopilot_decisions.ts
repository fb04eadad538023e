/**
 * Decisions on inputs of a test's choice.
 *
 * @module
 */
import { createDayStarts } from "../../domain/autopilot/day.ts";
import { decide } from "../../domain/autopilot/decide.ts";
import type {
  Decision,
  Outlook,
  SettingsView,
} from "../../domain/autopilot/decision.ts";
import {
  type AutopilotSettings,
  readCapital,
  readGlobalBreaker,
  readMode,
  readTrading,
  type Unusable,
} from "../../domain/autopilot/settings.ts";
import {
  isOpen,
  type OpenDecision,
} from "../../domain/autopilot/signal_event.ts";
import { createTradeBook } from "../../domain/autopilot/trade_book.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import { withValue } from "../../domain/settings/catalogue.ts";
import type { UserDocument } from "../../domain/settings.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { ok } from "./assert.ts";
import { ADA, defaultDocuments, logged } from "./autopilot_world.ts";

export const NOON = Date.UTC(2026, 0, 2, 12);
/** Long enough ago for no trade of the minute. */
export const EARLIER = NOON - 120_000;
const AAA = parseSymbol("AAA");

export type Changes = Partial<Record<UserDocument, Record<string, unknown>>>;

/** The defaults with some values in place of others. */
export function settingsWith(changes: Changes = {}): AutopilotSettings {
  const documents = defaultDocuments();
  for (const [name, values] of Object.entries(changes)) {
    for (const [path, value] of Object.entries(values)) {
      const document = documents[name as UserDocument];
      documents[name as UserDocument] = withValue(
        document,
        path.split("."),
        value,
      );
    }
  }
  return {
    trading: readTrading(documents["settings:all"]),
    breaker: readGlobalBreaker(documents.circuit_breaker),
    capital: readCapital(documents.capital_allocation),
    modes: {
      ultra: readMode("ultra", documents["mode:ultra"]),
      scalp: readMode("scalp", documents["mode:scalp"]),
      swing: readMode("swing", documents["mode:swing"]),
      position: readMode("position", documents["mode:position"]),
    },
  };
}

/** An outlook that gives just this confidence, to the long or short side. */
export function outlookOf(
  confidence: number,
  side: "long" | "short" = "long",
): Outlook {
  const sign = side === "long" ? 1 : -1;
  return {
    date: parseTradingDate("2026-01-02"),
    bars: "0123456789abcdef",
    price: 200,
    atrPercent: 2,
    prediction: sign,
    recent: Array.from(
      { length: 100 },
      (_, i) => sign * (i < confidence ? 0.5 : 2),
    ),
    model: { strategy: "alpha_baseline", version: "v1" },
  };
}

export interface Asked {
  readonly confidence?: number;
  readonly side?: "long" | "short";
  readonly changes?: Changes;
  readonly settings?: AutopilotSettings | Unusable;
  readonly outlook?: Outlook | Unusable;
  readonly events?: readonly NewEvent[];
  readonly committedAt?: number;
  readonly isVerified?: boolean;
  readonly isRead?: boolean;
}

export function ask(asked: Asked = {}): Decision {
  const { confidence = 100, isVerified = true, isRead = true } = asked;
  const book = createTradeBook();
  const at = asked.committedAt ?? NOON;
  for (const event of logged(asked.events ?? [], at)) book.apply(event);
  const view: SettingsView = {
    versions: { "mode:swing": 7 },
    source: "redis",
    verified: isVerified,
    settings: asked.settings ?? settingsWith(asked.changes),
  };
  return decide({
    user: ADA,
    symbol: AAA,
    at: NOON,
    view,
    outlook: asked.outlook ?? outlookOf(confidence, asked.side),
    history: isRead ? { book, epoch: "e", position: 9 } : undefined,
    dayStarts: createDayStarts(),
  });
}

/** Modes switched off. */
export const off = (...modes: ("scalp" | "swing" | "position")[]): Changes =>
  Object.fromEntries(modes.map((mode) => [`mode:${mode}`, { enabled: false }]));

/** A decision that opens. */
export function openOf(asked: Asked = {}): OpenDecision {
  const decision = ask(asked);
  ok(isOpen(decision));
  return decision;
}
