/**
 * Lists of the trade ledger that are longer than one page.
 *
 * @module
 */
import type { LedgerQuery, LedgerRow, TradeLedger } from "./trade_ledger.ts";

/** Rows of one page. */
const PAGE = 500;

/**
 * Every row that `query` means, in the ledger's order, page by page.
 *
 * @param page Rows of one page, where they are large.
 * @throws {PortError} As `TradeLedger.list`.
 */
export async function* rowsOf(
  ledger: Pick<TradeLedger, "list">,
  query: Omit<LedgerQuery, "limit">,
  signal?: AbortSignal,
  page: number = PAGE,
): AsyncGenerator<LedgerRow> {
  let { after } = query;
  for (;;) {
    const rows = await ledger.list({ ...query, after, limit: page }, signal);
    yield* rows;
    if (rows.length < page) return;
    after = rows.at(-1);
  }
}
