/**
 * How much of a user is open, for those who only have to know whether there is
 * something.
 *
 * @module
 */
import type { UserId } from "../../../domain/user_id.ts";
import { rowsOf } from "../../../ports/ledger_rows.ts";
import type { TradeLedger } from "../../../ports/trade_ledger.ts";

/** Counts the orders of `user` that are not over, and the positions he holds. */
export async function countOpenTrades(
  ledger: Pick<TradeLedger, "list">,
  user: UserId,
  signal?: AbortSignal,
): Promise<{ readonly orders: number; readonly positions: number }> {
  async function count(kind: string): Promise<number> {
    let found = 0;
    const rows = rowsOf(ledger, { user, kind, isOpen: true }, signal);
    for await (const _ of rows) found++;
    return found;
  }
  return { orders: await count("order"), positions: await count("position") };
}
