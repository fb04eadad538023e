/**
 * Rows for the contract of the trade ledger.
 *
 * @module
 */
import type { LoggedEvent } from "../../domain/event/event.ts";
import { parseUserId, type UserId } from "../../domain/user_id.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type {
  LedgerChange,
  LedgerRow,
  TradeLedger,
} from "../../ports/trade_ledger.ts";

/** A ledger that holds nothing yet, and the log that its events go to. */
export interface TradeLedgerSubject extends AsyncDisposable {
  readonly ledger: TradeLedger;
  readonly bus: EventBus;
}

export const ANN = parseUserId("ann");
export const BOB = parseUserId("Bob@example.com");
export const AT = 1_767_600_000_000;

/** A change of an order. */
export function order(
  id: string,
  ifVersion = 0,
  more: Partial<LedgerChange> = {},
): LedgerChange {
  const json = `{"id":${JSON.stringify(id)},"after":${ifVersion}}`;
  return { kind: "order", id, ifVersion, isOpen: true, at: AT, json, ...more };
}

/** What is found where `change` was committed. */
export function rowOf(user: UserId, change: LedgerChange): LedgerRow {
  const { ifVersion, ...facts } = change;
  return { user, ...facts, version: ifVersion + 1 };
}

/** Orders, by their ids. */
export const refs = (...ids: string[]) =>
  ids.map((id) => ({ kind: "order", id }));

/** What the log holds, read to its end: a page may end before. */
export async function logged(bus: EventBus) {
  const held: LoggedEvent[] = [];
  for (let after = 0;;) {
    const page = await bus.read({ after, limit: 1000 });
    held.push(...page.events);
    after = page.scannedTo;
    if (after >= page.head.position) break;
  }
  return held.map(({ id, position, batchEnd }) => ({ id, position, batchEnd }));
}

/** Asks for all that can be asked for. */
export async function listAll(ledger: TradeLedger): Promise<void> {
  const place = { at: 1, user: ANN, id: "a" };
  for (const user of [undefined, ANN]) {
    for (const isOpen of [undefined, true, false]) {
      for (const after of [undefined, place]) {
        await ledger.list({ user, kind: "order", isOpen, after, limit: 5 });
      }
    }
  }
}
