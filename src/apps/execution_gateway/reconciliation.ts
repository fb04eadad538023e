/**
 * Reconciliation with the venue: at start, which orders wait for, and again and
 * again.
 *
 * @module
 */
import type { Order } from "../../../domain/order/order.ts";
import { isOver } from "../../../domain/order/order_state.ts";
import type { UserId } from "../../../domain/user_id.ts";
import { pauseMs } from "../../services/retry.ts";
import { inTurns } from "../../services/in_turns.ts";
import type { Comparison, Difference } from "./comparison.ts";
import { type Complaints, messageOf } from "./complaints.ts";
import { createDifferences } from "./differences.ts";
import { createGate, type Gate } from "./gate.ts";
import type { LateLooks, OrderName } from "./late_looks.ts";
import type { OrderCare } from "./order_care.ts";
import type { GatewayParts } from "./parts.ts";
import { createPool, type Pool } from "./pool.ts";
import { createUsers } from "./users.ts";
import type { VenueWatch } from "./venue_watch.ts";

/** How often everything is compared. */
export const RECONCILE_EVERY_MS = 300_000;

/** How often open orders are asked for. */
export const POLL_EVERY_MS = 2000;

/** Of so many polls, one looks for orders that other instances have left. */
const POLLS_PER_LISTING = 5;

/** Users that are compared, or looked after, at once. */
const USERS_AT_ONCE = 16;

/** Orders that have changed and are asked for at once. */
const HINTS_AT_ONCE = 8;

/** Most users, and most hints, that wait. */
const MAX_WAITING = 10_000;

const EVERYBODY = { user: "everybody" };
const LISTING_FAILS = "users could not be listed";
const USER_FAILS = "a user could not be reconciled";
const CARE_FAILS = "open orders could not be asked for";
const HINT_FAILS = "an order that has changed could not be asked for";

/** What a reconciliation has come to. */
export interface ReconciliationReport {
  /** Whether one was ever done. */
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
   * Compares everything with the venue now. Orders of a user are taken as soon
   * as he was compared; those who cannot be are named.
   *
   * @throws {PortError} When the ledger cannot be read.
   */
  reconcile(signal?: AbortSignal): Promise<ReconciliationReport>;

  /**
   * Looks after open orders now: those of `user`, or of everybody.
   *
   * @throws What the first that failed met.
   */
  refresh(user?: UserId): Promise<void>;

  /** Has `order` looked after from the next poll on, while it is open. */
  watch(order: Order): void;

  /** What the last one has come to. */
  report(): ReconciliationReport;

  /** Why orders of a user are not taken yet: `unavailable`, or nothing. */
  readonly refusal: Gate["refusal"];

  /**
   * Reconciles and looks after open orders until `signal` aborts; nothing is
   * under way then. Whom one fails for is told in the log and tried again.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the reconciliation. */
export function createReconciliation(
  parts: GatewayParts,
  state: {
    readonly care: OrderCare;
    readonly comparison: Comparison;
    readonly late: LateLooks;
    readonly complaints: Complaints;
    readonly venue: Pick<VenueWatch, "note" | "count">;
  },
): Reconciliation {
  const { broker, clock, entropy, telemetry } = parts;
  const { care, comparison, late, complaints, venue } = state;
  const attempt = complaints.during;
  const users = createUsers(parts.ledger);
  const gate = createGate();
  /** Who has open orders, as far as is known here. */
  const open = new Set<UserId>();
  const differences = createDifferences(telemetry);
  let last: Omit<ReconciliationReport, "differences" | "failures"> = {
    isDone: false,
    users: 0,
    openOrders: 0,
  };

  function report(): ReconciliationReport {
    const failures = [...gate.waiting()].flatMap(([user, reason]) =>
      reason === undefined ? [] : [{ user, reason }]
    );
    return { ...last, differences: differences.all(), failures };
  }

  /** Looks after the open orders of `user`, and those that have just ended. */
  async function lookAfter(user: UserId, signal?: AbortSignal) {
    // Whoever sends an order meanwhile is put down again.
    open.delete(user);
    try {
      const look = await care.look(user, signal);
      if (look.left > 0) open.add(user);
      for (const name of late.take(user)) await care.ask(name, signal);
      return look;
    } catch (error) {
      open.add(user);
      throw error;
    }
  }

  async function compare(
    some: readonly UserId[],
    signal?: AbortSignal,
  ): Promise<number> {
    let openOrders = 0;
    await inTurns(some, USERS_AT_ONCE, async (user) => {
      const failure = await attempt(USER_FAILS, { user }, async () => {
        openOrders += (await lookAfter(user, signal)).open;
        differences.note(user, await comparison.differences(user, signal));
        gate.admit(user);
      }, signal);
      if (failure && !signal?.aborted) gate.blame(user, messageOf(failure));
    });
    signal?.throwIfAborted();
    return openOrders;
  }

  async function reconcile(signal?: AbortSignal) {
    const began = clock.monotonic();
    const all = await users.everybody(signal);
    gate.know(all);
    const openOrders = await compare(all, signal);
    const doneAt = Math.floor(clock.now());
    last = { isDone: true, doneAt, users: all.length, openOrders };
    const tookS = (clock.monotonic() - began) / 1000;
    telemetry.observe("holdfast_reconciliation_seconds", tookS);
    telemetry.gauge("holdfast_reconciliation_age_seconds", 0);
    const found = report();
    telemetry.gauge("holdfast_position_differences", found.differences.length);
    return found;
  }

  async function refresh(user?: UserId): Promise<void> {
    const some = user ? [user] : await users.withOpenOrders();
    const failures: unknown[] = [];
    await inTurns(some, USERS_AT_ONCE, async (one) => {
      const work = () => lookAfter(one);
      const failure = await attempt(CARE_FAILS, { user: one }, work);
      if (failure) failures.push(failure);
    });
    for (const name of late.take(user)) await care.ask(name);
    if (failures.length > 0) throw failures[0];
  }

  /** Compares everybody now and then, and in between who was not yet. */
  async function reconcileAgain(signal: AbortSignal): Promise<void> {
    let dueAt = clock.monotonic();
    for (let failures = 1; !signal.aborted; failures++) {
      if (clock.monotonic() >= dueAt) {
        const failure = await attempt(LISTING_FAILS, EVERYBODY, async () => {
          await reconcile(signal);
          dueAt = clock.monotonic() + RECONCILE_EVERY_MS;
        }, signal);
        if (!failure) failures = 1;
      } else {
        await compare([...gate.waiting().keys()], signal);
      }
      const leftMs = dueAt - clock.monotonic();
      const isWhole = leftMs > 0 && gate.waiting().size === 0;
      const pause = isWhole ? leftMs : pauseMs(failures, entropy) * 5;
      await clock.sleep(pause, signal);
    }
  }

  async function poll(looks: Pool, signal: AbortSignal): Promise<void> {
    for (let polls = 0; !signal.aborted; polls++) {
      await clock.sleep(POLL_EVERY_MS, signal);
      const { doneAt } = last;
      telemetry.gauge(
        "holdfast_reconciliation_age_seconds",
        doneAt === undefined ? NaN : (clock.now() - doneAt) / 1000,
      );
      if (!gate.isKnown()) continue;
      if (polls % POLLS_PER_LISTING === 0) {
        await attempt(LISTING_FAILS, EVERYBODY, async () => {
          for (const user of await users.withOpenOrders(signal)) open.add(user);
          await venue.count(signal);
        }, signal);
      }
      for (const user of open) {
        const work = () => lookAfter(user, signal);
        looks.add(user, async () => {
          await attempt(CARE_FAILS, { user }, work, signal);
        });
      }
      for (const name of late.take()) askFor(name, looks, signal);
    }
  }

  function askFor(name: OrderName, looks: Pool, signal: AbortSignal): void {
    const { user, id } = name;
    looks.add(`${user} ${id}`, async () => {
      const work = () => care.ask(name, signal);
      await attempt(HINT_FAILS, { user, order: id }, work, signal);
    });
  }

  return {
    reconcile,
    refresh,
    report,
    refusal: gate.refusal,

    watch(order) {
      venue.note(order);
      if (isOver(order.status)) late.note(order);
      else open.add(order.user);
    },

    async run(given) {
      const stop = new AbortController();
      const signal = AbortSignal.any([given, stop.signal]);
      const looks = createPool(USERS_AT_ONCE, MAX_WAITING);
      const hints = createPool(HINTS_AT_ONCE, MAX_WAITING);
      // What is dropped there is found by asking for all of them.
      const unfollow = broker.onChange((user, id) =>
        askFor({ user, id }, hints, signal)
      );
      const loops = [reconcileAgain(signal), poll(looks, signal)];
      // Where one ends the other ends too, so that it is told.
      loops.forEach((loop) => loop.catch((error) => stop.abort(error)));
      await Promise.allSettled(loops);
      unfollow();
      await Promise.all([looks.end(), hints.end()]);
      if (!given.aborted) throw stop.signal.reason;
    },
  };
}
