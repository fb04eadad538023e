/**
 * What the market says of a symbol, computed when bars or model have changed.
 *
 * @module
 */
import {
  ALPHA158_WINDOW_ROWS,
  computeAlpha158,
} from "../../domain/alpha158/alpha158.ts";
import { RECENT_DATES } from "../../domain/autopilot/confidence.ts";
import type { Outlook } from "../../domain/autopilot/decision.ts";
import { atrPercentOf } from "../../domain/autopilot/exits.ts";
import type { Unusable } from "../../domain/autopilot/settings.ts";
import {
  type Bars,
  findImpossibleBar,
  fingerprintBars,
  lastDate,
  sliceBars,
} from "../../domain/bars.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { MarketData } from "../../ports/market_data.ts";
import type { Model, ModelRegistry } from "../../ports/model_registry.ts";
import { PortError } from "../../ports/port_error.ts";
import type { QuarantineService } from "../services/quarantine.ts";

/** Bars that decide the newest prediction and all that it is compared with. */
const ROWS = ALPHA158_WINDOW_ROWS + RECENT_DATES;

/** Finds outlooks. No part of it asks a database. */
export interface Outlooks {
  /**
   * The outlook on `symbol` as of its newest bar, or why there is none.
   *
   * @throws {PortError} As `MarketData.window`.
   */
  of(symbol: TradingSymbol, signal?: AbortSignal): Promise<Outlook | Unusable>;
}

/** What has been computed for a symbol. */
interface Kept {
  readonly model: Model;
  /** Fingerprint of the bars. */
  readonly print: string;
  readonly outlook: Outlook | Unusable;
}

/** Creates the finder; bars in quarantine are left out where there is a list. */
export function createOutlooks(ports: {
  readonly market: MarketData;
  readonly registry: ModelRegistry;
  readonly quarantine?: Pick<QuarantineService, "check"> | undefined;
}): Outlooks {
  const { market, registry, quarantine } = ports;
  const kept = new Map<TradingSymbol, Kept>();

  function isClear(symbol: TradingSymbol, bars: Bars): boolean {
    try {
      quarantine?.check(symbol, bars);
      return true;
    } catch (error) {
      if (error instanceof PortError) return false;
      throw error;
    }
  }

  /** The outlook without those predictions that quarantined bars had a part in. */
  function cleared(
    symbol: TradingSymbol,
    bars: Bars,
    outlook: Outlook,
  ): Outlook {
    if (isClear(symbol, bars)) return outlook;
    const first = bars.length - 1 - outlook.recent.length;
    const recent = outlook.recent
      .filter((_, i) => isClear(symbol, windowAt(bars, first + i)));
    return { ...outlook, recent };
  }

  return {
    async of(symbol, signal) {
      const bars = await market.window(symbol, undefined, ROWS, signal);
      const model = registry.active();
      if (!model) return { fault: "no model is loaded" };
      quarantine?.check(symbol, windowAt(bars, bars.length - 1));
      const print = fingerprintBars(bars);
      let found = kept.get(symbol);
      if (found?.model !== model || found.print !== print) {
        found = { model, print, outlook: compute(bars, print, model) };
        kept.set(symbol, found);
      }
      const { outlook } = found;
      return "fault" in outlook ? outlook : cleared(symbol, bars, outlook);
    },
  };
}

function compute(
  bars: Bars,
  print: string,
  model: Model,
): Outlook | Unusable {
  const last = bars.length - 1;
  const oldest = Math.max(ALPHA158_WINDOW_ROWS - 1, last - RECENT_DATES);
  if (last < oldest) {
    return {
      fault: `there are ${bars.length} bars: at least ` +
        `${ALPHA158_WINDOW_ROWS} are needed`,
    };
  }
  const fault = findImpossibleBar(bars);
  if (fault !== undefined) return { fault };
  const scores: number[] = [];
  for (let row = oldest; row <= last; row++) {
    scores.push(model.predict(computeAlpha158(bars, row)));
  }
  return {
    date: lastDate(bars),
    bars: print,
    price: bars.close[last]!,
    atrPercent: atrPercentOf(bars),
    prediction: scores.at(-1)!,
    recent: scores.slice(0, -1),
    model: { strategy: model.info.strategy, version: model.info.version },
  };
}

/** The bars that decide the features of `row`. */
function windowAt(bars: Bars, row: number): Bars {
  return sliceBars(bars, Math.max(0, row + 1 - ALPHA158_WINDOW_ROWS), row + 1);
}
