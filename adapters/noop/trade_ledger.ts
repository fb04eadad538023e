/**
 * Nothing is held: committing is refused, since an order that nobody remembers
 * could be sent again.
 *
 * @module
 */
import { admit } from "../../ports/arguments.ts";
import {
  checkCommit,
  checkLedgerQuery,
  checkRefs,
} from "../../ports/ledger_rules.ts";
import { PortError } from "../../ports/port_error.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";

/** Opens a ledger that holds nothing and takes nothing. */
export function openNoopTradeLedger(): TradeLedger {
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("trade ledger", closed, signal);
  return {
    async find(_user, refs, signal) {
      enter(signal);
      checkRefs(refs);
      return refs.map(() => undefined);
    },
    async list(query, signal) {
      enter(signal);
      checkLedgerQuery(query);
      return [];
    },
    async commit(_user, changes, events = [], signal) {
      enter(signal);
      checkCommit(changes, events);
      throw new PortError(
        "unsupported",
        "Cannot commit rows as there is no place for them: use a database",
      );
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
