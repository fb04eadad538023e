/**
 * The autopilot: every few seconds a decision for each user and symbol.
 *
 * A cycle asks no database: settings are one snapshot a user, which the near
 * cache answers while Redis is healthy, trades are counted in memory, and
 * predictions follow from bars and model.
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
import type { Unusable } from "../../domain/autopilot/settings.ts";
import { isOpen } from "../../domain/autopilot/signal_event.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { UserId } from "../../domain/user_id.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { MarketData } from "../../ports/market_data.ts";
import type { ModelRegistry } from "../../ports/model_registry.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "../services/error_fields.ts";
import type { QuarantineService } from "../services/quarantine.ts";
import { createAttempts } from "./autopilot_attempts.ts";
import { createTradeHistory } from "./autopilot_history.ts";
import { createOutlooks } from "./autopilot_outlooks.ts";
import {
  createSettingsViews,
  type SettingsSnapshots,
} from "./autopilot_settings.ts";
import { createSignals } from "./autopilot_signals.ts";

/** What a cycle did. */
export interface CycleReport {
  /** One a user and symbol, by user; fewer where something failed. */
  readonly decisions: readonly Decision[];
  /** Signals that were appended to the log. */
  readonly appends: number;
  /** Reads that a database answered. */
  readonly databaseReads: number;
  /** How long reading the settings of all users took. */
  readonly settingsMs: number;
  /** How long the cycle took. */
  readonly cycleMs: number;
}

/** Decides for users what to open. */
export interface Autopilot {
  /**
   * Decides now, for anybody and any symbol that has bars; tells nobody.
   *
   * @throws {PortError} `not_found` when the symbol is unknown; what reading
   * settings throws.
   */
  decide(
    user: UserId,
    symbol: TradingSymbol,
    signal?: AbortSignal,
  ): Promise<Decision>;

  /**
   * Runs one cycle, unless one is under way. What fails for one user or one
   * symbol is logged and keeps none of the others from their decisions.
   */
  cycle(signal?: AbortSignal): Promise<CycleReport | undefined>;

  /**
   * Follows the trades in the log and, where there are symbols to decide on,
   * runs a cycle every `cycleMs` until `signal` aborts. Cycles whose time has
   * passed while another was under way are left out and counted.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** What the autopilot stands on. */
export interface AutopilotPorts {
  /** Settings by user. */
  readonly settings: SettingsSnapshots;
  /** Bars. */
  readonly market: MarketData;
  /** The model that predicts. */
  readonly registry: ModelRegistry;
  /** Keeps bars out that may not be used; none are kept out when absent. */
  readonly quarantine?: Pick<QuarantineService, "check"> | undefined;
  /** The log of trades and signals. */
  readonly bus: EventBus;
  /** Tells the time. */
  readonly clock: Clock;
  /** Spreads retries. */
  readonly entropy: Entropy;
  /** Takes log lines and measurements. */
  readonly telemetry: Telemetry;
  /** For whom cycles decide. */
  readonly users: readonly UserId[];
  /** On what they decide. */
  readonly symbols: readonly TradingSymbol[];
  /** From the beginning of a cycle to that of the next. */
  readonly cycleMs: number;
  /** Most events of a page when trades are read. */
  readonly pageSize?: number;
  /** How long trades are gathered, to be read at once. */
  readonly gatherMs?: number;
}

/** What became of one symbol in a cycle. */
interface Round {
  /** By user; `undefined` where something failed. */
  readonly decisions: readonly (Decision | undefined)[];
  readonly appends: number;
}

/** Creates the autopilot; it opens nothing before `run` has read the trades. */
export function createAutopilot(ports: AutopilotPorts): Autopilot {
  const { cycleMs, clock, telemetry } = ports;
  const users = [...new Set(ports.users)];
  const symbols = [...new Set(ports.symbols)];
  const history = createTradeHistory(ports);
  const outlooks = createOutlooks(ports);
  const views = createSettingsViews(ports.settings);
  const signals = createSignals({ ...ports, history });
  const dayStarts = createDayStarts();
  const attempt = createAttempts(telemetry);
  let isUnderWay = false;

  function decideOn(
    user: UserId,
    symbol: TradingSymbol,
    view: SettingsView,
    outlook: Outlook | Unusable,
  ): Decision {
    const at = clock.now();
    const read = history.current();
    return decide({
      user,
      symbol,
      at,
      view,
      outlook,
      history: read,
      dayStarts,
    });
  }

  async function outlookOn(
    symbol: TradingSymbol,
    signal: AbortSignal | undefined,
  ): Promise<Outlook | Unusable> {
    let fault = "the outlook cannot be computed";
    const outlook = await attempt("outlook", symbol, async () => {
      try {
        return await outlooks.of(symbol, signal);
      } catch (error) {
        if (error instanceof PortError) fault = error.message;
        throw error;
      }
    }, signal);
    return outlook ?? { fault };
  }

  /** Decides on one symbol for all who have a view, and tells the log. */
  async function serve(
    symbol: TradingSymbol,
    outlook: Outlook | Unusable,
    seen: readonly (SettingsView | undefined)[],
    signal: AbortSignal | undefined,
  ): Promise<Round> {
    const decisions = await Promise.all(users.map(async (user, i) => {
      const view = seen[i];
      if (!view) return undefined;
      const decideNow = () => decideOn(user, symbol, view, outlook);
      return await attempt("decide", `${user} ${symbol}`, decideNow);
    }));
    const open = decisions.filter((one) => one !== undefined).filter(isOpen);
    const tell = () => signals.tell(open, signal);
    return {
      decisions,
      appends: await attempt("publish", symbol, tell, signal) ?? 0,
    };
  }

  async function cycleNow(
    signal: AbortSignal | undefined,
  ): Promise<CycleReport> {
    const began = clock.monotonic();
    const outlook = new Map<TradingSymbol, Outlook | Unusable>();
    for (const symbol of symbols) {
      outlook.set(symbol, await outlookOn(symbol, signal));
    }
    const asked = clock.monotonic();
    const seen = await Promise.all(
      users.map((user) =>
        attempt("settings", user, () => views.of(user, signal), signal)
      ),
    );
    const settingsMs = clock.monotonic() - asked;
    // Symbol after symbol: what one has led to counts for the next.
    const rounds: Round[] = [];
    for (const symbol of symbols) {
      if (signal?.aborted) break;
      rounds.push(await serve(symbol, outlook.get(symbol)!, seen, signal));
    }
    return {
      decisions: users
        .flatMap((_, i) => rounds.map(({ decisions }) => decisions[i]))
        .filter((decision) => decision !== undefined),
      appends: rounds.reduce((sum, { appends }) => sum + appends, 0),
      databaseReads: seen.filter((view) => view?.source === "database").length,
      settingsMs,
      cycleMs: clock.monotonic() - began,
    };
  }

  function measure(report: CycleReport): void {
    const { decisions, appends, databaseReads, settingsMs, cycleMs } = report;
    telemetry.count("holdfast_autopilot_cycles_total", { result: "done" });
    const held = decisions.filter(({ action }) => action === "hold").length;
    const counts = { open: appends, hold: held };
    for (const [action, count] of Object.entries(counts)) {
      telemetry.count("holdfast_autopilot_decisions_total", { action }, count);
    }
    telemetry.count(
      "holdfast_autopilot_database_reads_total",
      {},
      databaseReads,
    );
    telemetry.gauge("holdfast_autopilot_database_reads", databaseReads);
    telemetry.observe("holdfast_autopilot_settings_seconds", settingsMs / 1000);
    telemetry.observe("holdfast_autopilot_cycle_seconds", cycleMs / 1000);
  }

  function skip(count: number): void {
    if (count === 0) return;
    const labels = { result: "skipped" };
    telemetry.count("holdfast_autopilot_cycles_total", labels, count);
  }

  async function cycle(
    signal?: AbortSignal,
  ): Promise<CycleReport | undefined> {
    if (isUnderWay) {
      skip(1);
      return undefined;
    }
    isUnderWay = true;
    try {
      const report = await cycleNow(signal);
      measure(report);
      return report;
    } finally {
      isUnderWay = false;
    }
  }

  async function beat(signal: AbortSignal): Promise<void> {
    let due = clock.monotonic();
    while (!signal.aborted) {
      try {
        const early = due - clock.monotonic();
        if (early > 0) await clock.sleep(early, signal);
        await cycle(signal);
      } catch (error) {
        if (signal.aborted) return;
        telemetry.log("error", "an autopilot cycle failed", errorFields(error));
      }
      due += cycleMs;
      const missed = Math.ceil((clock.monotonic() - due) / cycleMs);
      if (missed > 0) {
        due += missed * cycleMs;
        skip(missed);
      }
    }
  }

  return {
    async decide(user, symbol, signal) {
      // First, as reading the settings of a new user creates them.
      const outlook = await outlooks.of(symbol, signal).catch(faultOf);
      const view = await views.of(user, signal);
      return decideOn(user, symbol, view, outlook);
    },
    cycle,
    async run(signal) {
      const cycles = symbols.length === 0 ? undefined : beat(signal);
      await Promise.all([history.run(signal), cycles]);
    },
  };
}

/** What a symbol that exists has no outlook for. */
function faultOf(error: unknown): Unusable {
  if (!(error instanceof PortError) || error.code === "not_found") throw error;
  return { fault: error.message };
}
