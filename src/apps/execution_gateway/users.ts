/**
 * Who trades here, by the ledger.
 *
 * @module
 */
import type { UserId } from "../../../domain/user_id.ts";
import { rowsOf } from "../../../ports/ledger_rows.ts";
import type { TradeLedger } from "../../../ports/trade_ledger.ts";
import { ACCOUNT } from "./rows.ts";

/** Lists users, each once. */
export interface Users {
  /** Everybody who has traded here. */
  everybody(signal?: AbortSignal): Promise<readonly UserId[]>;

  /** Everybody who has an open order; every one of these orders is read. */
  withOpenOrders(signal?: AbortSignal): Promise<readonly UserId[]>;
}

/** Creates it over `ledger`. */
export function createUsers(ledger: TradeLedger): Users {
  async function of(kind: string, signal?: AbortSignal): Promise<UserId[]> {
    const users = new Set<UserId>();
    for await (
      const { user } of rowsOf(ledger, { kind, isOpen: true }, signal)
    ) {
      users.add(user);
    }
    return [...users];
  }

  return {
    everybody: (signal) => of(ACCOUNT.kind, signal),
    withOpenOrders: (signal) => of("order", signal),
  };
}
