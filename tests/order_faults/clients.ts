/**
 * Clients that send orders and cancel some, and ask again until they are
 * answered.
 *
 * @module
 */
import { type JsonObject, parseObject } from "../../domain/json_value.ts";
import { sleep } from "../../scripts/server_process.ts";
import { type Chance, createChance } from "../simulation/chance.ts";
import type { Fleet } from "./fleet.ts";
import type { OrderReply } from "./judge.ts";

/** A request that can be made again. */
export interface Ask {
  readonly user: string;
  /** Names it. */
  readonly ask: string;
  readonly body: JsonObject;
}

/** Clients at work. */
export interface Clients {
  readonly replies: readonly OrderReply[];
  /** Requests that had no answer, and were made again. */
  readonly unanswered: number;
  /** Requests that were turned away for the time being, and were made again. */
  readonly turnedAway: number;
  /** Cancellations that were answered. */
  readonly canceled: number;
  /** Resolves once there are so many replies more. */
  untilMore(count: number): Promise<void>;
  /** Works until `signal` aborts, and then until each has its last answer. */
  run(signal: AbortSignal): Promise<void>;
  /** Cancels what is open, and asks for every order again, of every instance. */
  settle(): Promise<void>;
}

/** Whose requests name nobody, and are the operator's too. */
export const DEFAULT_USER = "default";

/** How many work at one time. */
const CLIENTS = 6;

const USERS = ["ann", "bob"];

const SYMBOLS = ["SYNA", "SYNB", "SYNC"];

/** For whom the orchestrator trades: nobody else does. */
const RUNNER = "eve";

/** The first date that it trades as of; the sample data reach a year further. */
const FIRST_DATE = Date.UTC(2024, 0, 8);

const WEEK_MS = 7 * 86_400_000;

/** No answer takes longer, whatever happens. */
const PATIENCE_MS = 15_000;

/** How long a client waits before it asks again. */
const AGAIN_MS = 25;

/** How long clients may take to get their answers in the end. */
const SETTLE_MS = 45_000;

/** Requests that are made again at one time in the end. */
const AT_ONCE = 8;

/** An answer; `away` where it is not now, `undefined` where there is none. */
export async function request(
  url: string,
  method: string,
  user: string,
  body?: JsonObject,
): Promise<
  | { readonly response: Response; readonly body: JsonObject }
  | "away"
  | undefined
> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const response = await fetch(url, {
      method,
      headers: user === DEFAULT_USER ? {} : { "x-user-id": user },
      body: body === undefined ? null : JSON.stringify(body),
      signal: stop.signal,
    });
    const text = await response.text();
    if (response.status >= 500) return "away";
    return { response, body: parseObject(text) ?? {} };
  } catch {
    return undefined; // it was killed
  } finally {
    clearTimeout(timer);
  }
}

/** Sends an order to an instance; what `request` gives where there is no answer. */
export async function sendOrder(
  url: string,
  { user, ask, body }: Ask,
): Promise<OrderReply | "away" | undefined> {
  const said = await request(`${url}/api/v1/orders`, "POST", user, body);
  if (said === undefined || said === "away") return said;
  const { status, headers } = said.response;
  const replayed = headers.get("idempotency-replayed");
  const isRepeat = replayed === null ? undefined : replayed === "true";
  return { user, ask, status, isRepeat, body: said.body };
}

/** Creates the clients of `fleet`. */
export function createClients(fleet: Fleet, seed: number): Clients {
  const asked: Ask[] = [];
  const replies: OrderReply[] = [];
  const waiting = new Map<() => void, number>();
  let unanswered = 0;
  let turnedAway = 0;
  let canceled = 0;

  function note(reply: OrderReply): void {
    replies.push(reply);
    for (const [resolve, count] of waiting) {
      if (replies.length < count) continue;
      waiting.delete(resolve);
      resolve();
    }
  }

  function count(failure: "away" | undefined): void {
    if (failure) turnedAway++;
    else unanswered++;
  }

  /** Sends until there is an answer, to one instance after the other. */
  async function send(ask: Ask, first: number): Promise<OrderReply> {
    for (let i = first;; i++) {
      const reply = await sendOrder(fleet.url(i % fleet.size), ask);
      if (reply && reply !== "away") {
        note(reply);
        return reply;
      }
      count(reply);
      await sleep(AGAIN_MS);
      await fleet.untilUp();
    }
  }

  /** Cancels until there is an answer, of which `ask` is told where it is known. */
  async function cancel(user: string, id: string, first: number, ask?: string) {
    const path = `/api/v1/orders/${id}`;
    for (let i = first;; i++) {
      const url = fleet.url(i % fleet.size) + path;
      const said = await request(url, "DELETE", user);
      if (said && said !== "away") {
        const { response: { status }, body } = said;
        if (ask) note({ user, ask, status, isRepeat: undefined, body });
        break;
      }
      count(said);
      await sleep(AGAIN_MS);
      await fleet.untilUp();
    }
    canceled++;
  }

  async function work(n: number, signal: AbortSignal): Promise<void> {
    const chance = createChance(seed, `client${n}`);
    const user = USERS[n % USERS.length]!;
    for (let i = 0; !signal.aborted; i++) {
      const ask = { user, ask: `${n}-${i}`, body: next(chance, `${n}-${i}`) };
      asked.push(ask);
      const first = chance.below(2);
      // Some do not wait for the first answer before they ask again.
      const isHasty = chance.happens(0.2);
      const [{ body }] = await Promise.all([
        send(ask, first),
        ...isHasty ? [send(ask, first + 1)] : [],
      ]);
      const id = body["client_order_id"];
      if (typeof id === "string" && chance.happens(0.3)) {
        await cancel(user, id, first, ask.ask);
      }
      await sleep(chance.between(0, 20));
    }
  }

  /** Runs the orchestrator as of one Monday after the other. */
  async function runOrchestrator(signal: AbortSignal): Promise<void> {
    for (let i = 0; !signal.aborted; i++) {
      const date = new Date(FIRST_DATE + (i % 48) * WEEK_MS);
      const body = {
        symbols: SYMBOLS,
        as_of_date: date.toISOString().slice(0, 10),
        capital: 10_000 * (1 + i % 3),
      };
      for (let n = i;; n++) {
        const url = `${fleet.url(n % fleet.size)}/api/v1/orchestration/run`;
        const said = await request(url, "POST", RUNNER, body);
        if (said && said !== "away") break;
        count(said);
        await sleep(AGAIN_MS);
        await fleet.untilUp();
      }
      await sleep(100);
    }
  }

  async function inTurns<T>(
    all: readonly T[],
    each: (one: T) => Promise<unknown>,
  ): Promise<void> {
    for (let i = 0; i < all.length; i += AT_ONCE) {
      await Promise.all(all.slice(i, i + AT_ONCE).map(each));
    }
  }

  return {
    replies,
    get unanswered() {
      return unanswered;
    },
    get turnedAway() {
      return turnedAway;
    },
    get canceled() {
      return canceled;
    },
    untilMore: (count) =>
      new Promise((resolve) => waiting.set(resolve, replies.length + count)),
    run: async (signal) => {
      const all = Array.from({ length: CLIENTS }, (_, n) => work(n, signal));
      await Promise.all([...all, runOrchestrator(signal)]);
    },
    async settle() {
      await rest();
      await inTurns(asked, async (ask) => {
        for (let n = 0; n < fleet.size; n++) await send(ask, n);
      });
      // What was denied before may be another order now.
      await rest();
    },
  };

  /** Cancels what is open, until nothing more is to come. */
  async function rest(): Promise<void> {
    const { rows } = await fleet.books();
    const open = rows.filter(({ kind, isOpen }) => kind === "order" && isOpen);
    await inTurns(open, ({ user, id }) => cancel(user, id, 0));
    for (const deadline = performance.now() + SETTLE_MS;;) {
      const { rows } = await fleet.books();
      const isQuiet = !rows.some(({ kind, isOpen }) =>
        isOpen && ["order", "paper_order", "paper_late"].includes(kind)
      );
      // What is still open then is for the judge.
      if (isQuiet || performance.now() > deadline) break;
      await sleep(100);
    }
  }
}

/** Mostly market orders, some that wait at the venue; some name themselves. */
function next(chance: Chance, name: string): JsonObject {
  const kind = chance.weighted({ market: 55, near: 15, far: 20, stop: 10 });
  const side = chance.happens(0.5) ? "buy" : "sell";
  const isBuy = side === "buy";
  const isLimit = kind === "near" || kind === "far";
  return {
    symbol: chance.pick(SYMBOLS),
    side,
    qty: `${1 + chance.below(9)}`,
    order_type: isLimit ? "limit" : kind,
    // Near ones are filled at once, the others wait until they are canceled.
    ...isLimit
      ? { limit_price: isBuy === (kind === "near") ? "900" : "2" }
      : {},
    ...kind === "stop" ? { stop_price: isBuy ? "900" : "2" } : {},
    time_in_force: isLimit && chance.happens(0.2) ? "ioc" : "gtc",
    reduce_only: chance.happens(0.15),
    ...chance.happens(0.5)
      ? { client_order_id: `ULT-06JAN-${name}-E` }
      : { strategy_id: `s-${name}` },
  };
}
