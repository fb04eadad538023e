/**
 * Reconciliation with the venue: at start, which orders wait for, and again and
 * again.
 *
 * @module
 */
import type { UserId } from "../../../domain/user_id.ts";
import { PortError } from "../../../ports/port_error.ts";
import { errorFields } from "../../services/error_fields.ts";
import { pauseMs } from "../../services/retry.ts";
import type { GatewayParts } from "./parts.ts";
import type { Difference, Reviews } from "./reviews.ts";
import type { Sending } from "./sending.ts";

/** How often everything is compared. */
export const RECONCILE_EVERY_MS = 300_000;

/** How often open orders are asked for. */
export const POLL_EVERY_MS = 2000;

/** Most orders that are known to have changed and wait to be asked for. */
const MAX_HINTS = 10_000;

/** What a reconciliation has come to. */
export interface ReconciliationReport {
  /** Whether one was ever done; until then orders are not taken. */
  readonly isDone: boolean;
  /** When the last one was done: milliseconds since the Unix epoch. */
  readonly doneAt?: number | undefined;
  /** Users that it looked at. */
  readonly users: number;
  /** Orders that were open. */
  readonly openOrders: number;
  /** Positions that the venue has otherwise. */
  readonly differences: readonly Difference[];
  /** Users whose orders are not taken, as they could not be compared, and why. */
  readonly failures: readonly {
    readonly user: UserId;
    readonly reason: string;
  }[];
}

/** Reconciles. */
export interface Reconciliation {
  /**
   * Compares everything with the venue now. Users who cannot be compared are
   * named, and their orders are not taken until they can.
   *
   * @throws {PortError} When the ledger cannot be read.
   */
  reconcile(signal?: AbortSignal): Promise<ReconciliationReport>;

  /**
   * Looks after open orders now: those of `user`, or of everybody.
   *
   * @throws {PortError} What the first that failed met.
   */
  refresh(user?: UserId): Promise<void>;

  /** What the last one has come to. */
  report(): ReconciliationReport;

  /** Why orders of `user` are not taken yet: `unavailable`, or nothing. */
  gate(user: UserId): PortError | undefined;

  /** Reconciles and looks after open orders until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the reconciliation. */
export function createReconciliation(
  parts: GatewayParts,
  reviews: Reviews,
  sending: Sending,
): Reconciliation {
  const { broker, clock, entropy, telemetry } = parts;
  const blocked = new Map<UserId, string>();
  const failing = new Map<string, string>();
  let last: ReconciliationReport = {
    isDone: false,
    users: 0,
    openOrders: 0,
    differences: [],
    failures: [],
  };

  /** Says what fails, once as long as it does so for the same reason. */
  function complain(what: string, name: string, error: unknown): void {
    if (!(error instanceof PortError)) throw error;
    const key = `${what} ${name}`;
    if (failing.get(key) === error.message) return;
    failing.set(key, error.message);
    telemetry.log("warn", what, { user: name, ...errorFields(error) });
  }

  async function reconcile(signal?: AbortSignal) {
    const began = clock.monotonic();
    const differences: Difference[] = [];
    let openOrders = 0;
    const users = await reviews.users(signal);
    for (const user of users) {
      signal?.throwIfAborted();
      try {
        openOrders += await reviews.orders(user);
        differences.push(...await reviews.positions(user));
        blocked.delete(user);
        failing.delete(`a user could not be reconciled ${user}`);
      } catch (error) {
        complain("a user could not be reconciled", user, error);
        // Who was compared before may go on trading.
        if (!last.isDone || blocked.has(user)) {
          blocked.set(user, (error as PortError).message);
        }
      }
    }
    told(differences);
    const failures = [...blocked].map(([user, reason]) => ({ user, reason }));
    const doneAt = Math.floor(clock.now());
    last = {
      isDone: true,
      doneAt,
      users: users.length,
      openOrders,
      differences,
      failures,
    };
    telemetry.observe(
      "holdfast_reconciliation_seconds",
      (clock.monotonic() - began) / 1000,
    );
    telemetry.gauge("holdfast_reconciliation_age_seconds", 0);
    return last;
  }

  function told(differences: readonly Difference[]): void {
    telemetry.gauge("holdfast_position_differences", differences.length);
    const before = new Set(last.differences.map(nameOf));
    for (const difference of differences) {
      if (before.has(nameOf(difference))) continue;
      const { user, symbol, here, venue } = difference;
      telemetry.log("error", "the venue holds another position", {
        user,
        symbol,
        here: String(here),
        venue: String(venue),
        unit: "10^-12",
      });
    }
  }

  async function refresh(user?: UserId, signal?: AbortSignal): Promise<void> {
    const users = user === undefined
      ? await reviews.withOpenOrders(signal)
      : [user];
    let failure: PortError | undefined;
    for (const one of users) {
      if (signal?.aborted) return;
      try {
        await reviews.orders(one);
        failing.delete(`open orders could not be asked for ${one}`);
      } catch (error) {
        complain("open orders could not be asked for", one, error);
        failure ??= error as PortError;
      }
    }
    if (failure) throw failure;
  }

  async function reconcileAgain(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      let isWhole = false;
      try {
        isWhole = (await reconcile(signal)).failures.length === 0;
      } catch (error) {
        if (signal.aborted) return;
        complain("nothing could be reconciled", "everybody", error);
      }
      failures = isWhole ? 0 : failures + 1;
      await clock.sleep(
        isWhole ? RECONCILE_EVERY_MS : pauseMs(failures, entropy) * 5,
        signal,
      );
    }
  }

  async function poll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(POLL_EVERY_MS, signal);
      const { doneAt } = last;
      telemetry.gauge(
        "holdfast_reconciliation_age_seconds",
        doneAt === undefined ? NaN : (clock.now() - doneAt) / 1000,
      );
      // The reconciliation at start looks at all of them first.
      if (!last.isDone) continue;
      try {
        await refresh(undefined, signal);
      } catch (error) {
        if (signal.aborted) return;
        complain("open orders could not be asked for", "everybody", error);
      }
    }
  }

  /** Asks for orders of which the venue says that they have changed. */
  function follow(signal: AbortSignal): () => Promise<void> {
    const hints = new Map<string, readonly [UserId, string]>();
    let work: Promise<void> = Promise.resolve();
    let isWorking = false;
    const end = broker.onChange((user, id) => {
      // What is dropped here is found by asking for all of them.
      if (hints.size < MAX_HINTS) hints.set(`${user} ${id}`, [user, id]);
      if (!isWorking) work = drain();
    });
    async function drain(): Promise<void> {
      isWorking = true;
      // In turn, so that the venue has finished with what it tells of.
      await Promise.resolve();
      for (const [name, [user, id]] of hints) {
        hints.delete(name);
        if (signal.aborted) break;
        try {
          const report = await broker.find(user, id);
          if (report) await sending.resolve(user, id, report);
        } catch (error) {
          complain(
            "an order that has changed could not be asked for",
            id,
            error,
          );
        }
      }
      isWorking = false;
    }
    return async () => {
      end();
      await work;
    };
  }

  return {
    reconcile,
    refresh: (user) => refresh(user),
    report: () => last,

    gate(user) {
      const reason = last.isDone
        ? blocked.get(user)
        : "they are being reconciled with the venue";
      if (reason === undefined) return undefined;
      return new PortError(
        "unavailable",
        `Cannot take orders as ${
          last.isDone
            ? `yours are not reconciled with the venue: ${reason}`
            : reason
        }; reduce_only ones are taken`,
        { facts: { retryAfterMs: 1000 } },
      );
    },

    async run(signal) {
      const end = follow(signal);
      try {
        await Promise.all([reconcileAgain(signal), poll(signal)]);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        await end();
      }
    },
  };
}

function nameOf({ user, symbol, here, venue }: Difference): string {
  return [user, symbol, here, venue].join(" ");
}
