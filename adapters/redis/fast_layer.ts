/**
 * The fast layer in Redis: scripts that each look at the server's history and
 * its checkpoint, and then do all or nothing.
 *
 * @module
 */
import { parseCheckpoint } from "../../domain/checkpoint.ts";
import type { SettingsKey } from "../../domain/settings.ts";
import { admit } from "../../ports/arguments.ts";
import type { DrainResult, FastLayer, Fenced } from "../../ports/fast_layer.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { RedisConnection } from "./connection.ts";
import { drainCall, resetCall } from "./drain.ts";
import { keepDocuments } from "./fills.ts";
import { CHECKPOINT, fillToken, STREAM } from "./keys.ts";
import { PATIENT } from "./patience.ts";
import { evictionFault } from "./preflight.ts";
import { createReads } from "./reads.ts";
import { createFencedScript, isHistory, type RedisReply } from "./script.ts";
import events from "./scripts/events.lua" with { type: "text" };
import inspect from "./scripts/inspect.lua" with { type: "text" };
import take from "./scripts/take.lua" with { type: "text" };
import { type StreamReply, toEvents } from "./stream.ts";

const INSPECT = createFencedScript("inspect", inspect);
const TAKE = createFencedScript("settings_take", take);
const EVENTS = createFencedScript("events_read", events);

/** Opens a layer over `connection`; closing it leaves the connection open. */
export function openRedisFastLayer(
  connection: RedisConnection,
  options: {
    /** Hears of values that nobody of us has written, once a key. */
    readonly telemetry?: Telemetry;
  } = {},
): FastLayer {
  const read = createReads(connection, options.telemetry);
  let closed = false;

  async function open<T>(work: () => Promise<T>): Promise<T> {
    admit("fast layer", closed, undefined);
    const result = await work();
    admit("fast layer", closed, undefined);
    return result;
  }

  return {
    get isUp() {
      return !closed && connection.isUp;
    },
    get fault() {
      return closed
        ? "Cannot use the fast layer as it is closed"
        : connection.fault;
    },
    listen: connection.listen,

    inspect: () =>
      open(async () => {
        const call = { script: INSPECT, keys: [CHECKPOINT], args: [""] };
        // The policy may have been changed since the server was found fit.
        const [state, memory] = await Promise.all([
          connection.run(call),
          connection.send(["INFO", "memory"]),
        ]);
        const fault = evictionFault(String(memory));
        if (fault !== undefined) {
          throw new PortError("unsupported", `Cannot use Redis as ${fault}`);
        }
        const [history, mark] = state as [string, string];
        return { history, mark: mark || undefined };
      }),

    read: (query) =>
      open(async () => {
        const { history } = query;
        if (history !== undefined && !isHistory(history)) return "fenced";
        return await read(query);
      }),

    takeTokens: (history, tokens) =>
      open(async () => {
        if (!isHistory(history)) return "fenced";
        const keys = tokens.map(({ key }) => fillToken(key));
        const call = {
          script: TAKE,
          keys: [CHECKPOINT, ...keys],
          args: [history, ...tokens.map(({ token }) => token)],
        };
        const taken = await connection.run(call);
        if (taken === "fenced") return taken;
        return (taken as number[]).map((i): SettingsKey => tokens[i]!.key);
      }),

    fill: (history, generation, list) =>
      open(async () => {
        if (!isHistory(history)) return "fenced";
        return await keepDocuments(connection, history, generation, list) as
          | number
          | Fenced;
      }),

    drain: (step) =>
      open(async () => {
        if (!isHistory(step.history)) return "fenced";
        return toResult(await connection.run(await drainCall(step), PATIENT));
      }),

    reset: (history, from, to) =>
      open(async () => {
        if (!isHistory(history)) return "fenced";
        return toResult(
          await connection.run(resetCall(history, from, to), PATIENT),
        );
      }),

    events: (history, after, limit) =>
      open(async () => {
        if (!isHistory(history)) return "fenced";
        const call = {
          script: EVENTS,
          keys: [CHECKPOINT, STREAM],
          args: [history, String(after + 1), String(limit)],
        };
        const reply = await connection.run(call);
        if (reply === "fenced") return reply;
        const [mark, entries] = reply as [string | null, StreamReply];
        const at = parseCheckpoint(mark ?? "");
        return at === "newer" || at === undefined
          ? { checkpoint: undefined, events: [] }
          : { checkpoint: at, events: toEvents(entries, after) };
      }),

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function toResult(reply: RedisReply): DrainResult | Fenced {
  if (reply === "fenced") return reply;
  const [applied, mark] = reply as [number, string | null];
  return { applied: applied === 1, mark: mark ?? undefined };
}
