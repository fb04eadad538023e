/**
 * The trades of every user: what the log says of them, counted.
 *
 * @module
 */
import type { LoggedEvent } from "../event/event.ts";
import type { TradingMode } from "../settings/field.ts";
import { type Decimal, divideRounded } from "../decimal.ts";
import {
  changeHoldings,
  type HeldPosition,
  type Holdings,
  type Part,
} from "./holdings.ts";
import { signalIdentity, type SignalName } from "./signal_identity.ts";
import {
  type Count,
  createCount,
  NO_TRADES,
  type Outcome,
  type Tally,
} from "./tally.ts";
import {
  type OrdersFact,
  type PositionFact,
  type SignalFact,
  TRADE_CHANNELS,
  tradeFactOf,
} from "./trade_fact.ts";

/** A signal that nobody has acted on for so long is not acted on any more. */
export const PENDING_MS = 60_000;

/** Events that are remembered, so that none counts twice, and signals. */
export const MAX_REMEMBERED = 50_000;

/** What a mode has open. */
export interface Exposure {
  /** Positions, those included that have been asked for. */
  readonly positions: number;
  /** What they were entered at, together, in USD. */
  readonly inUse: Decimal;
}

/**
 * Counts and positions by user and mode. They follow from the events alone, in
 * the order of the log: whoever reads the same events has the same book.
 *
 * What counts as a trade: each order that `orders.executed` says was accepted,
 * and each change in `positions.updated` that adds units to a position or opens
 * one, unless both are the same trade (see `OrderLedger`). A signal of ours
 * counts as a trade until orders or a position of its mode are told of, for a
 * minute at most.
 *
 * Where a change of a position belongs: see `changeHoldings`.
 */
export interface TradeBook {
  /**
   * Takes an event in, unless it has been taken in before.
   *
   * @returns Whether it counted; not when it tells of no trade of a user.
   */
  apply(event: LoggedEvent): boolean;

  /**
   * The counts of a user at `now`, in one mode or in all and none of them.
   *
   * @param dayStart When the user's day began.
   */
  tally(
    user: string,
    mode: TradingMode | undefined,
    now: number,
    dayStart: number,
  ): Tally;

  /** What a user's reductions in a mode have come to in 30 days, the oldest first. */
  outcomes(user: string, mode: TradingMode, now: number): readonly Outcome[];

  /** When a signal was given; `undefined` when the book knows of none. */
  signalledAt(name: SignalName): number | undefined;

  /** What a user has open in a mode at `now`. */
  exposure(user: string, mode: TradingMode, now: number): Exposure;

  /** In which mode a user holds `symbol`, or has asked for it. */
  holding(user: string, symbol: string, now: number): HeldIn | undefined;

  /** Everything that a user holds, in the order in which it was entered. */
  positions(user: string): readonly HeldPosition[];

  /** The users that the book knows of. */
  users(): readonly string[];

  /** Events of trades that are nobody's, or that could not be understood. */
  readonly unreadable: number;
}

/** Where a symbol is held. */
export interface HeldIn {
  /** The mode; `undefined` when in none of ours. */
  readonly mode: TradingMode | undefined;
  /** Whether it has been asked for and is not held yet. */
  readonly isPending: boolean;
}

/** What is known of one user. */
interface Account {
  readonly all: Count;
  readonly modes: Map<TradingMode, Count>;
  readonly held: Holdings;
  pending: Pending[];
}

/** A signal that may be acted on still. */
interface Pending extends SignalFact {
  /** Whether its order has been told of, and counts in its place. */
  readonly isOrdered: boolean;
}

/** Opens an empty book. */
export function createTradeBook(): TradeBook {
  const accounts = new Map<string, Account>();
  const seen = new Map<string, number>();
  const signalled = new Map<string, number>();
  let unreadable = 0;

  function accountOf(user: string): Account {
    return accounts.getOrInsertComputed(user, () => ({
      all: createCount(),
      modes: new Map(),
      held: new Map(),
      pending: [],
    }));
  }

  return {
    get unreadable() {
      return unreadable;
    },

    apply(event) {
      const isTrade = TRADE_CHANNELS.some((name) => name === event.channel);
      if (!isTrade || seen.has(event.id)) return false;
      const fact = tradeFactOf(event);
      if (!fact) {
        // Signals of others are no trades, and need not look like ours.
        if (event.channel !== "signal.triggered") unreadable++;
        return false;
      }
      remember(seen, event.id, fact.at);
      const account = accountOf(fact.user);
      if (fact.kind === "signal") {
        remember(signalled, signalIdentity(fact), fact.at);
        const pending = { ...fact, isOrdered: false };
        account.pending = [...pendingAt(account, fact.at), pending];
      } else if (fact.kind === "position") move(account, fact);
      else order(account, fact);
      return true;
    },

    tally(user, mode, now, dayStart) {
      const account = accounts.get(user);
      if (!account) return NO_TRADES;
      const pending = pendingAt(account, now)
        .filter((one) => !one.isOrdered)
        .filter((one) => mode === undefined || one.mode === mode)
        .map(({ at }) => at);
      const count = mode === undefined ? account.all : account.modes.get(mode);
      return (count ?? createCount()).at(now, dayStart, pending);
    },

    outcomes: (user, mode, now) =>
      accounts.get(user)?.modes.get(mode)?.outcomes(now) ?? [],

    signalledAt: (name) => signalled.get(signalIdentity(name)),

    exposure(user, mode, now) {
      const account = accounts.get(user);
      if (!account) return { positions: 0, inUse: 0n };
      const held = [...account.held.values()].filter((one) =>
        one.mode === mode
      );
      const pending = pendingAt(account, now)
        .filter((signal) => signal.mode === mode);
      return {
        positions: held.length + pending.length,
        inUse: [
          ...held.map(({ cost }) => cost),
          ...pending.map(({ sizeUsd }) => sizeUsd),
        ].reduce((a, b) => a + b, 0n),
      };
    },

    holding(user, symbol, now) {
      const account = accounts.get(user);
      if (!account) return undefined;
      const held = account.held.values().find((one) => one.symbol === symbol);
      if (held) return { mode: held.mode, isPending: false };
      const signal = pendingAt(account, now)
        .find((one) => one.symbol === symbol);
      return signal && { mode: signal.mode, isPending: true };
    },

    positions: (user) => [...accounts.get(user)?.held.values() ?? []],
    users: () => [...accounts.keys()],
  };
}

/** Signals that may be acted on still. */
function pendingAt({ pending }: Account, now: number): Pending[] {
  return pending.filter(({ at }) => at > now - PENDING_MS);
}

/** Where a trade in `mode` counts. */
function countsOf(account: Account, mode: TradingMode | undefined): Count[] {
  if (mode === undefined) return [account.all];
  return [account.all, account.modes.getOrInsertComputed(mode, createCount)];
}

function order(account: Account, fact: OrdersFact): void {
  const { at, accepted, mode, links } = fact;
  for (const count of countsOf(account, mode)) {
    count.ordered(at, accepted, links);
  }
  let left = accepted;
  account.pending = pendingAt(account, at).map((signal) => {
    const isIts = signal.mode === mode && !signal.isOrdered && left > 0;
    if (isIts) left--;
    return isIts ? { ...signal, isOrdered: true } : signal;
  });
}

function move(account: Account, fact: PositionFact): void {
  const { mode, symbol, at, links } = fact;
  const parts = changeHoldings(account.held, fact);
  account.pending = account.pending.filter((signal) =>
    signal.mode !== mode || signal.symbol !== symbol
  );
  const whole: Part = { closed: 0n, earned: 0n, isEntry: false };
  for (const { closed, earned, isEntry } of parts.values()) {
    whole.closed += closed;
    whole.earned += earned;
    whole.isEntry ||= isEntry;
  }
  const told = fact.earned ?? whole.earned;
  const isMoved = fact.change !== 0n;
  note(account.all, whole, told);
  for (const [where, part] of parts) {
    if (where === undefined) continue;
    const count = account.modes.getOrInsertComputed(where, createCount);
    note(count, part, shareOf(part, whole, fact, where === mode));
  }

  function note(count: Count, part: Part, earned: Decimal): void {
    if (isMoved) count.moved(at, part.isEntry, links);
    if (part.closed > 0n || earned !== 0n) count.reduced(at, earned);
  }
}

/** What of the gain that the event tells belongs to a part of it: by units. */
function shareOf(
  { closed, earned }: Part,
  whole: Part,
  fact: PositionFact,
  isNamed: boolean,
): Decimal {
  if (fact.earned === undefined) return earned;
  if (whole.closed === 0n) return isNamed ? fact.earned : 0n;
  return divideRounded(fact.earned * closed, whole.closed);
}

/** Keeps the newest. */
function remember(names: Map<string, number>, name: string, at: number): void {
  names.set(name, at);
  if (names.size > MAX_REMEMBERED) names.delete(names.keys().next().value!);
}
