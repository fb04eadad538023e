/**
 * One account's dealings in one order: read, changed and committed together
 * with the position, as often as it takes when others come in between.
 *
 * @module
 */
import type { PaperCosts } from "../../domain/paper/cost.ts";
import {
  meetMarket,
  type PaperLook,
  type PaperTicket,
} from "../../domain/paper/order.ts";
import { afterFill, FLAT } from "../../domain/paper/position.ts";
import type { Clock } from "../../ports/clock.ts";
import { hasCode, PortError } from "../../ports/port_error.ts";
import type {
  LedgerChange,
  LedgerRow,
  TradeLedger,
} from "../../ports/trade_ledger.ts";
import type { OpenOrders, OrderRef } from "./open_orders.ts";
import {
  type Dealings,
  PAPER_LATE,
  PAPER_ORDER,
  PAPER_POSITION,
  readOrder,
  readPosition,
  writeOrder,
  writePosition,
} from "./rows.ts";
import { createTurns } from "./turns.ts";

/** How often a change is tried that others come in between of. */
const MAX_TRIES = 100;

/** What the venue decided about an order when it was sent. */
export interface Fate {
  /** In how many parts it is filled. */
  readonly parts: number;
  /** Why it is rejected, if it is. */
  readonly refusal?: string | undefined;
}

/** What dealings need. */
export interface DealParts {
  /** Where orders and positions are kept. */
  readonly ledger: TradeLedger;
  /** When orders on their way are due. */
  readonly clock: Clock;
  /** The orders that wait for bars, kept up with every commit; absent where none do. */
  readonly waiting: OpenOrders | undefined;
  /** What an order that comes makes of the dealings. */
  readonly arrive: (
    now: Dealings,
    ticket: PaperTicket,
    fate: Fate,
  ) => Promise<Dealings>;
  /** Told of every order that came late. */
  readonly changed: (ref: OrderRef) => void;
}

/**
 * Changes the dealings that `ref` names by `edit`, in one commit, and answers
 * with what they are then. An order that is on its way and due comes in first.
 * `edit` is called again when others changed them meanwhile; where it changes
 * nothing, nothing is committed.
 *
 * @param isStill Called directly before each commit: nothing is changed where
 * it throws.
 * @throws {PortError} `unavailable` when nothing was changed for sure, and
 * what `TradeLedger.commit` throws.
 */
export type Deal = (
  ref: OrderRef,
  edit: (now: Dealings) => Dealings | Promise<Dealings>,
  isStill?: () => void,
) => Promise<Dealings>;

/** Creates dealings over a ledger. */
export function createDeal(parts: DealParts): Deal {
  const { ledger, clock, waiting, arrive, changed } = parts;
  const inTurn = createTurns();

  async function dealInTurn(
    ref: OrderRef,
    edit: Parameters<Deal>[1],
    isStill: Parameters<Deal>[2],
  ): Promise<Dealings> {
    const { user, id, symbol } = ref;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const rows = await ledger.find(user, [
        { kind: PAPER_ORDER, id },
        { kind: PAPER_POSITION, id: symbol },
        { kind: PAPER_LATE, id },
      ]);
      const before = readDealings(rows);
      const late = isDue(rows[2], clock) ? readOrder(rows[2]).order : undefined;
      const arrived = late
        ? await arrive(before, late.ticket, fateOf(late))
        : before;
      const after = await edit(arrived);
      const changes = changesBetween(before, after, rows, ref, clock);
      if (late) changes.push({ ...rows[2]!, ...closed(rows[2]!) });
      if (changes.length === 0) return after;
      isStill?.();
      if (!await commit(ref, changes)) continue;
      if (after.taken) waiting?.note(after.taken.order);
      if (late) changed(ref);
      return after;
    }
    throw new PortError(
      "unavailable",
      `Cannot deal in ${id} as others changed the account ${MAX_TRIES} times meanwhile`,
    );
  }

  /** Whether it was committed; not when others came in between. */
  async function commit(
    { user, id }: OrderRef,
    changes: readonly LedgerChange[],
  ): Promise<boolean> {
    try {
      await ledger.commit(user, changes);
      return true;
    } catch (error) {
      if (hasCode(error, "version_conflict")) return false;
      if (!hasCode(error, "full")) throw error;
      const message = `Cannot deal in ${id} as the venue has no room left`;
      throw new PortError("unavailable", message, { cause: error });
    }
  }

  return (ref, edit, isStill) =>
    inTurn(`${ref.user} ${ref.symbol}`, () => dealInTurn(ref, edit, isStill));
}

/** The dealings after an open order met the market. */
export function afterMarket(
  now: Dealings,
  look: Omit<PaperLook, "held">,
  costs: PaperCosts,
): Dealings {
  if (!now.taken) return now;
  const { order, submissions } = now.taken;
  const after = meetMarket(order, { ...look, held: now.held.qty }, costs);
  if (after === order) return now;
  let held = now.held;
  for (const { qty, price } of after.fills.slice(order.fills.length)) {
    held = afterFill(held, order.ticket.side === "buy" ? qty : -qty, price);
  }
  return { taken: { order: after, submissions }, held };
}

/** Whether a row is that of an order which has come by now. */
export function isDue(
  row: LedgerRow | undefined,
  clock: Clock,
): row is LedgerRow {
  return row !== undefined && row.isOpen && row.at <= clock.now();
}

function fateOf(
  { parts, reason }: { parts: number; reason?: string | undefined },
): Fate {
  return { parts, refusal: reason };
}

function closed({ version }: LedgerRow) {
  return { ifVersion: version, isOpen: false };
}

function readDealings([order, position]: readonly (LedgerRow | undefined)[]) {
  return {
    taken: order && readOrder(order),
    held: position ? readPosition(position) : FLAT,
  };
}

function changesBetween(
  before: Dealings,
  { taken, held }: Dealings,
  [orderRow, positionRow]: readonly (LedgerRow | undefined)[],
  { id, symbol }: OrderRef,
  clock: Clock,
): LedgerChange[] {
  const changes: LedgerChange[] = [];
  if (taken && taken !== before.taken) {
    changes.push({
      kind: PAPER_ORDER,
      id,
      ifVersion: orderRow?.version ?? 0,
      isOpen: taken.order.status === "open",
      at: taken.order.createdAt,
      json: writeOrder(taken),
    });
  }
  if (held !== before.held) {
    changes.push({
      kind: PAPER_POSITION,
      id: symbol,
      ifVersion: positionRow?.version ?? 0,
      isOpen: held.qty !== 0n,
      at: Math.round(clock.now()),
      json: writePosition(held),
    });
  }
  return changes;
}
