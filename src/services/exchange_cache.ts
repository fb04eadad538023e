/**
 * What the venue says of an account, asked for at most once in a while.
 *
 * @module
 */
import type { UserId } from "../../domain/user_id.ts";
import type { Broker } from "../../ports/broker.ts";
import type { Clock } from "../../ports/clock.ts";
import {
  EXCHANGE_LIFE_MS,
  type ExchangeCache,
  type ExchangePart,
  type ExchangeRead,
  type ExchangeRows,
  type ExchangeSnapshot,
  type ExchangeToken,
} from "../../ports/exchange_cache.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "./error_fields.ts";
import { orderRow, positionRow } from "./exchange_rows.ts";

/** Longest that the venue is waited for; less than the life of its answer. */
const MAX_ASK_MS = 4000;

/** Longest that another instance is waited for that may be asking the venue. */
const MAX_YIELD_MS = 400;

/** Between two looks at whether it has an answer. */
const LOOK_EVERY_MS = 25;

/** An invalidation that Redis has not confirmed matters so long. */
const DOUBT_MS = EXCHANGE_LIFE_MS + 1000;

/** Where an answer comes from. */
export type ExchangeSource = "broker" | "redis" | "memory";

/** What the venue said. */
export interface ExchangeAnswer<P extends ExchangePart> {
  /** What it said. */
  readonly rows: ExchangeRows[P];
  /** When it was asked: milliseconds since the Unix epoch. */
  readonly fetchedAt: number;
  /** How long ago that was; less than `EXCHANGE_LIFE_MS`. */
  readonly ageMs: number;
  /** Where the answer comes from. */
  readonly source: ExchangeSource;
}

/** A part of accounts. */
export interface ExchangeReader<P extends ExchangePart> {
  /**
   * What the venue says of the account of `user`. Who asks at once shares one
   * call of the venue.
   *
   * @throws {PortError} Those of the venue: what is too old is not given out
   * instead. `timeout` when it does not answer within 4 s.
   */
  (user: UserId, signal?: AbortSignal): Promise<ExchangeAnswer<P>>;
}

/** Accounts at the venue. */
export interface ExchangeAccounts {
  /** What an account holds. */
  readonly positions: ExchangeReader<"positions">;
  /** Its open orders, conditional ones included. */
  readonly orders: ExchangeReader<"orders">;

  /**
   * Forgets what the venue said of an account, to be called after every order
   * and change of ours: who asks from now on gets what the venue says then,
   * from this instance, and from others that share a Redis that can be
   * reached; else these forget within `EXCHANGE_LIFE_MS`. Never fails, and
   * waits for Redis for one deadline at most.
   */
  invalidate(user: UserId): Promise<void>;
}

/** Where answers are kept. */
export interface ExchangeCaches {
  /** In this process: serves while the shared one cannot be asked. */
  readonly local: ExchangeCache;
  /** Between instances; absent where there is no Redis. */
  readonly shared?: ExchangeCache | undefined;
}

/** An invalidation that the shared cache has not confirmed. */
interface Doubt {
  /** Until when it matters, on the monotonic clock. */
  readonly until: number;
}

/** Creates the service. */
export function createExchangeAccounts(parts: {
  readonly broker: Pick<Broker, "name" | "positions" | "open">;
  readonly caches: ExchangeCaches;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}): ExchangeAccounts {
  const { broker, caches: { local, shared }, clock, telemetry } = parts;
  /** Accounts of which the shared cache may hold what is void. */
  const doubts = new Map<UserId, Doubt>();

  /** Runs a call of the shared cache; a failure is counted and gives `undefined`. */
  async function absorb<T>(
    call: string,
    run: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      telemetry.count("holdfast_port_errors_total", {
        port: "exchange_cache",
        code: error.code,
      });
      telemetry.log(
        "debug",
        `exchange cache failed to ${call}`,
        errorFields(error),
      );
    }
  }

  /** Tells whether the shared cache has forgotten the account for sure. */
  async function forgetShared(
    cache: ExchangeCache,
    user: UserId,
    doubt: Doubt,
  ): Promise<boolean> {
    const isDone = await absorb("invalidate", async () => {
      await cache.invalidate(user);
      return true;
    });
    // A later order has a doubt of its own.
    if (isDone && doubts.get(user) === doubt) doubts.delete(user);
    return isDone ?? false;
  }

  /** Reads the shared cache; `undefined` when it cannot be asked or believed. */
  async function readShared<P extends ExchangePart>(
    cache: ExchangeCache,
    user: UserId,
    part: P,
  ): Promise<ExchangeRead<P> | undefined> {
    const doubt = doubts.get(user);
    if (doubt && !await forgetShared(cache, user, doubt)) return undefined;
    const yieldUntil = clock.monotonic() + MAX_YIELD_MS;
    for (;;) {
      const found = await absorb("read", () => cache.read(user, part));
      const mayWait = clock.monotonic() < yieldUntil;
      if (!found || found.held || !found.isAsked || !mayWait) return found;
      await clock.sleep(LOOK_EVERY_MS);
    }
  }

  function createReader<P extends ExchangePart>(
    part: P,
    ask: (user: UserId, signal: AbortSignal) => Promise<ExchangeRows[P]>,
  ) {
    type Found = Omit<ExchangeAnswer<P>, "ageMs"> & {
      /** When the venue was asked, on the monotonic clock. */
      readonly askedAt: number;
    };
    const underWay = new Map<UserId, Promise<Found>>();

    async function find(user: UserId): Promise<Found> {
      const { token } = await local.read(user, part);
      const far = shared && await readShared(shared, user, part);
      if (far?.held) {
        const answer = found(far.held, "redis");
        await local.fill(token, user, part, far.held);
        return answer;
      }
      if (!far) {
        const { held } = await local.read(user, part);
        if (held) return found(held, "memory");
      }
      const snapshot = { fetchedAt: clock.now(), ageMs: 0 };
      const askedAt = clock.monotonic();
      const rows = await inTime((signal) => ask(user, signal));
      await keep(user, { ...snapshot, rows }, token, far?.token);
      return { rows, fetchedAt: snapshot.fetchedAt, askedAt, source: "broker" };
    }

    function found(
      { ageMs, ...said }: ExchangeSnapshot<P>,
      source: ExchangeSource,
    ): Found {
      return { ...said, source, askedAt: clock.monotonic() - ageMs };
    }

    async function keep(
      user: UserId,
      snapshot: ExchangeSnapshot<P>,
      nearToken: ExchangeToken,
      farToken: ExchangeToken | undefined,
    ): Promise<void> {
      const isKept = shared && farToken !== undefined
        ? await absorb(
          "fill",
          () => shared.fill(farToken, user, part, snapshot),
        )
        : undefined;
      // What another instance has invalidated is not for us to keep either.
      if (isKept === false) await local.invalidate(user);
      else await local.fill(nearToken, user, part, snapshot);
    }

    function inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
      const over = new AbortController();
      const late = clock.sleep(MAX_ASK_MS, over.signal).then(() => {
        throw new PortError(
          "timeout",
          `Cannot tell the ${part} as ${broker.name} has not answered within ${MAX_ASK_MS} ms`,
        );
      });
      const ended = Promise.race([work(over.signal), late]);
      return ended.finally(() => over.abort());
    }

    const read: ExchangeReader<P> = async (user, signal) => {
      signal?.throwIfAborted();
      let finding = underWay.get(user);
      if (!finding) {
        finding = find(user).finally(() => {
          if (underWay.get(user) === finding) underWay.delete(user);
        });
        underWay.set(user, finding);
      }
      const { askedAt, ...said } = await unlessAborted(finding, signal);
      return { ...said, ageMs: clock.monotonic() - askedAt };
    };

    // Who asks after an order must not get what was asked for before it.
    return { read, leave: (user: UserId) => underWay.delete(user) };
  }

  const positions = createReader(
    "positions",
    async (user, signal) =>
      (await broker.positions(user, signal)).map(positionRow),
  );
  const orders = createReader(
    "orders",
    async (user, signal) => (await broker.open(user, signal)).map(orderRow),
  );

  return {
    positions: positions.read,
    orders: orders.read,
    async invalidate(user) {
      const now = clock.monotonic();
      const doubt = { until: now + DOUBT_MS };
      if (shared) {
        for (const [of, { until }] of doubts) {
          if (until <= now) doubts.delete(of);
        }
        doubts.set(user, doubt);
      }
      positions.leave(user);
      orders.leave(user);
      await local.invalidate(user);
      if (shared) await forgetShared(shared, user, doubt);
    },
  };
}

/** What `work` gives, unless `signal` aborts before; `work` goes on. */
function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  return Promise.race([work, promise]).finally(() =>
    signal.removeEventListener("abort", stop)
  );
}
