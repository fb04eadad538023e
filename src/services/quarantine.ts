/**
 * Keeps quarantined bars out of every computation.
 *
 * @module
 */
import type { Bars } from "../../domain/bars.ts";
import { featuresInvalidated } from "../../domain/event/own_events.ts";
import {
  changedSymbols,
  findQuarantined,
  type Quarantine,
} from "../../domain/quarantine.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import type { QuarantineList } from "../../ports/quarantine_list.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "./error_fields.ts";
import { publishOwn } from "./publish_own.ts";

/** How often the list is looked at. */
const POLL_MS = 1000;

/** Knows which bars may not be used now. */
export interface QuarantineService {
  /**
   * Lets bars through that are clear.
   *
   * @throws {PortError} `quarantined`, naming the symbol, dates and reason.
   */
  check(symbol: TradingSymbol, bars: Bars): void;

  /**
   * Reads the list again and, for every symbol whose dates have changed, tells
   * the log. The new list holds from this moment even if the log cannot be
   * told yet: that is tried again with the next call.
   *
   * @throws {PortError} `corrupt`, `unavailable` of the list: the one before
   * stays; what the log throws that cannot be told.
   */
  refresh(signal?: AbortSignal): Promise<void>;

  /** Why the list could not be brought up to date; `undefined` when it could. */
  fault(): string | undefined;

  /** Refreshes until `signal` aborts; a lasting failure is logged once. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Opens the service with the list as it is now, which is told to nobody.
 *
 * @throws {PortError} `corrupt`, `unavailable`.
 */
export async function openQuarantineService(ports: {
  readonly source: QuarantineList;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
}): Promise<QuarantineService> {
  const { source, bus, clock, entropy, telemetry } = ports;
  let { revision, list } = await source.load();
  const untold = new Set<TradingSymbol>();
  let failure: string | undefined;

  function invalidation(symbol: TradingSymbol) {
    const now = clock.now();
    const told = { symbol, reason: "quarantine changed", actor: "quarantine" };
    return featuresInvalidated(told, uuidV7(now, entropy.bytes(10)), now);
  }

  async function refresh(signal?: AbortSignal): Promise<void> {
    const loaded = await source.load(signal);
    if (loaded.revision !== revision) {
      const changed = changedSymbols(list, loaded.list);
      ({ revision, list } = loaded);
      for (const symbol of changed) untold.add(symbol);
      if (changed.length > 0) {
        telemetry.log("info", "quarantine changed", { symbols: changed });
      }
    }
    if (untold.size === 0) return;
    const telling = [...untold];
    await publishOwn(bus, telling.map(invalidation), signal);
    for (const symbol of telling) untold.delete(symbol);
  }

  return {
    check(symbol, bars) {
      const found = findQuarantined(list, symbol, bars);
      if (found) throw refusal(found);
    },
    refresh,
    fault: () => failure,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await clock.sleep(POLL_MS, signal);
          await refresh(signal);
          failure = undefined;
        } catch (error) {
          if (signal.aborted) return;
          const fields = errorFields(error);
          if (fields.error !== failure) {
            telemetry.log(
              "error",
              "cannot bring the quarantine up to date; trying again",
              fields,
            );
          }
          failure = String(fields.error);
          telemetry.count("holdfast_quarantine_failures_total");
        }
      }
    },
  };
}

function refusal({ symbol, from, to, reason }: Quarantine): PortError {
  const why = reason === undefined ? "" : ` (${reason})`;
  return new PortError(
    "quarantined",
    `Cannot use the bars of ${symbol} as those from ${from} to ${to} are quarantined${why}`,
    { facts: { symbol, from, to } },
  );
}
