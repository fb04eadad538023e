/**
 * Event mode: a consumer group that runs what `signals.generated` tells of.
 *
 * The run follows from the event: its id, its orders and its own event have
 * names that an event delivered again leads to again. So each event is acted on
 * once, however often it is handled.
 *
 * @module
 */
import type { LoggedEvent } from "../../../domain/event/event.ts";
import type {
  Backoff,
  GroupPolicy,
} from "../../../domain/event_group/group.ts";
import { backoffMs } from "../../../domain/event_group/policy.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import { parseObject } from "../../../domain/json_value.ts";
import { parseSymbol } from "../../../domain/symbol.ts";
import { parseTradingDate } from "../../../domain/trading_date.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Entropy } from "../../../ports/entropy.ts";
import { hasCode, isTransient } from "../../../ports/port_error.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { errorFields } from "../../services/error_fields.ts";
import type { EventGroups } from "../../services/event_groups.ts";
import type { EventHandler } from "../../services/event_groups/handling.ts";
import { retry } from "../../services/retry.ts";
import type { Orchestrator, RunRequest } from "../orchestrator.ts";

/** The group. */
export const ORCHESTRATOR_GROUP = "orchestrator";

/**
 * How the group reads: events of a strategy one after the other. What cannot be
 * run becomes a dead letter after a minute or two, and later signals go on:
 * they tell of what is wanted as a whole.
 */
export const ORCHESTRATOR_POLICY: GroupPolicy = {
  channels: ["signals.generated"],
  maxAttempts: 8,
  backoff: { firstMs: 1000, factor: 2, maxMs: 30_000 },
  onPoison: "park",
  leaseMs: 30_000,
  maxInFlight: 8,
};

/** How long one delivery waits for what is away; then it has failed once. */
const PATIENCE_MS = 10 * 60_000;

/** Pauses between its tries: each scores the model anew. */
const PAUSES: Backoff = { firstMs: 1000, factor: 2, maxMs: 30_000 };

/** What following stands on. */
export interface Following {
  /** Consumer groups. */
  readonly groups: Pick<EventGroups, "put" | "consume">;
  /** Runs what the events tell of. */
  readonly orchestrator: Pick<Orchestrator, "run">;
  /** For whom. */
  readonly user: UserId;
  /** Who this member of the group is. */
  readonly member: string;
  /** Waits. */
  readonly clock: Clock;
  /** Spreads what is tried again. */
  readonly entropy: Entropy;
  /** Hears of what is not run. */
  readonly telemetry: Telemetry;
}

/**
 * Runs what the log tells of until `signal` aborts. The group is made at the
 * head of the log where there is none; when it is deleted, it is made again.
 */
export async function followSignals(
  following: Following,
  signal: AbortSignal,
): Promise<void> {
  const { groups, member, telemetry } = following;
  const handler = createSignalHandler(following);
  while (!signal.aborted) {
    try {
      await retry(
        () =>
          groups.put(ORCHESTRATOR_GROUP, {
            policy: ORCHESTRATOR_POLICY,
            start: "head",
          }, signal),
        following,
        Infinity,
        signal,
      );
      await groups.consume(ORCHESTRATOR_GROUP, { member, handler }, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!hasCode(error, "not_found")) throw error;
      telemetry.log("warn", "the group of the orchestrator was deleted", {
        group: ORCHESTRATOR_GROUP,
      });
    }
  }
}

/**
 * Creates what handles one event. Only what the operator has asked for, which
 * names nobody, and what is the user's own is acted on; nobody else moves what
 * he holds. An event is settled when the run has ended, also
 * when the date has been run with other terms, or a later one. While signals,
 * gateway or ledger are away it waits for them.
 */
export function createSignalHandler(following: Following): EventHandler {
  const { orchestrator, user, clock, entropy, telemetry } = following;
  return async (event, { signal }) => {
    const { user: teller } = event.meta;
    if (teller !== undefined && teller !== user) {
      telemetry.log("info", "signals of another user were not acted on", {
        position: event.position,
        user: teller,
      });
      return;
    }
    const request = requestOf(event);
    const began = clock.monotonic();
    for (let failures = 1;; failures++) {
      try {
        await orchestrator.run(user, request, signal);
        return;
      } catch (error) {
        const fields = { position: event.position, ...errorFields(error) };
        if (hasCode(error, "conflict")) {
          telemetry.log("warn", "signals were not acted on", fields);
          return;
        }
        const waited = clock.monotonic() - began;
        if (!isTransient(error) || waited > PATIENCE_MS) throw error;
        if (failures === 1) {
          telemetry.log("warn", "signals have to wait", fields);
        }
        const pauseMs = backoffMs(PAUSES, failures, entropy.fraction());
        await clock.sleep(pauseMs, signal);
      }
    }
  };
}

/**
 * What an event asks for.
 *
 * @throws {InvalidInput} When it asks for nothing that can be run.
 */
function requestOf({ json }: LoggedEvent): RunRequest {
  const data = parseObject(json) ?? {};
  const { strategy_id: strategyId, symbols, as_of_date: asOf } = data;
  const isReadable = typeof strategyId === "string" &&
    typeof asOf === "string" && Array.isArray(symbols) &&
    symbols.every((symbol) => typeof symbol === "string");
  if (!isReadable) {
    throw new InvalidInput(
      "Cannot run the signals as strategy_id, symbols and as_of_date must be there, as texts",
    );
  }
  return {
    strategyId,
    symbols: symbols.map(parseSymbol),
    asOf: parseTradingDate(asOf),
    topN: countOf("top_n", data["top_n"]),
    bottomN: countOf("bottom_n", data["bottom_n"]),
    isForwardOnly: true,
  };
}

function countOf(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw new InvalidInput(
    `Cannot run the signals as ${name} must be a whole number, 0 or more: current value is ${
      JSON.stringify(value)?.slice(0, 64)
    }`,
  );
}
