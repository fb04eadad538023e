/**
 * A client of a trading platform: reads and changes its settings, reads
 * features, publishes and reads events, draws order numbers.
 *
 * @module
 */

/** Hears of each answer. */
export interface Tally {
  /** An operation was answered well. */
  done(operation: string, ms: number): void;
  /** An operation failed, or its answer was wrong. */
  failed(operation: string, why: string): void;
}

/** An answer as a client reads it. */
// deno-lint-ignore no-explicit-any
type Answer = any;

/** A request, and what its answer must be. */
interface Operation {
  readonly name: string;
  /** How often it comes, beside the others. */
  readonly weight: number;
  readonly method: "GET" | "PATCH" | "POST";
  readonly path: (nth: number) => string;
  readonly body?: (nth: number) => unknown;
  /** What is wrong with the answer, from what the client knows. */
  readonly judge?: (
    answer: Answer,
    memory: Memory,
    nth: number,
  ) => string | undefined;
}

/** What a client remembers. */
interface Memory {
  /** What it has written last. */
  written: number | undefined;
  /** The last order number that it was given. */
  number: number;
}

const SETTINGS = "/api/user/settings/notifications";
const SYMBOLS = ["SYNA", "SYNB", "SYNC", "SYND"];

const OPERATIONS: readonly Operation[] = [
  {
    name: "settings get",
    weight: 40,
    method: "GET",
    path: () => SETTINGS,
    judge: ({ min_profit_usd: read }, { written }) =>
      written === undefined || read === written
        ? undefined
        : `wrote ${written} and read ${read}`,
  },
  {
    name: "settings bundle",
    weight: 10,
    method: "GET",
    path: () => "/api/user/settings?include=all",
  },
  {
    name: "settings patch",
    weight: 10,
    method: "PATCH",
    path: () => SETTINGS,
    body: (nth) => ({ min_profit_usd: nth }),
    judge: (_json, memory, nth) => void (memory.written = nth),
  },
  {
    name: "features",
    weight: 15,
    method: "GET",
    path: (nth) =>
      `/api/v1/features/${SYMBOLS[nth % SYMBOLS.length]}/2024-03-28`,
    judge: ({ features }) =>
      Object.keys(features ?? {}).length === 158
        ? undefined
        : "a vector is not whole",
  },
  {
    name: "events publish",
    weight: 8,
    method: "POST",
    path: () => "/api/v1/events",
    body: (nth) => ({
      event_type: "setup.received",
      data: { setup_id: `setup-${nth}`, tickers: ["SYNA"] },
    }),
  },
  {
    name: "events read",
    weight: 2,
    method: "GET",
    path: () => "/api/v1/events?limit=20",
  },
  {
    name: "order number",
    weight: 10,
    method: "POST",
    path: () => "/api/orders/sequence",
    body: () => ({ day: "20260105" }),
    judge({ first }, memory) {
      const before = memory.number;
      memory.number = first;
      return first > before ? undefined : `${first} came after ${before}`;
    },
  },
  {
    name: "client order id",
    weight: 5,
    method: "POST",
    path: () => "/api/orders/client-order-id",
    body: () => ({ mode: "SCA", type: "E", symbol: "BTCUSDT" }),
  },
];

const DRAWN = OPERATIONS.flatMap((one) =>
  Array(one.weight).fill(one)
) as readonly Operation[];

/** Has a new user get his settings, as the first request of any client does. */
export async function settle(url: string, user: string): Promise<void> {
  const response = await fetch(url + SETTINGS, {
    headers: { "X-User-Id": user },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Cannot settle ${user} as ${text}`);
}

/** Asks, one request after the other, until `signal` aborts. */
export async function runClient(
  { url, user, draw, tally, signal }: {
    readonly url: string;
    readonly user: string;
    /** A number from 0 to 1, as chance has it. */
    readonly draw: () => number;
    readonly tally: Tally;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const memory: Memory = { written: undefined, number: 0 };
  for (let nth = 1; !signal.aborted; nth++) {
    const one = DRAWN[Math.floor(draw() * DRAWN.length)]!;
    const began = performance.now();
    try {
      const response = await fetch(url + one.path(nth), {
        method: one.method,
        headers: { "X-User-Id": user },
        body: one.body ? JSON.stringify(one.body(nth)) : null,
      });
      const text = await response.text();
      const ms = performance.now() - began;
      const fault = response.ok
        ? one.judge?.(JSON.parse(text), memory, nth)
        : `${response.status} ${detailOf(text)}`;
      if (fault === undefined) tally.done(one.name, ms);
      else tally.failed(one.name, fault);
    } catch (error) {
      tally.failed(one.name, String(error));
    }
  }
}

/** What a problem says; ids would make each another one. */
function detailOf(text: string): string {
  return /"detail":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text.slice(0, 200);
}
