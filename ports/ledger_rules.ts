/**
 * What every adapter of the trade ledger asks of its arguments.
 *
 * @module
 */
import type { NewEvent } from "../domain/event/event.ts";
import { checkPublish } from "./arguments.ts";
import { PortError } from "./port_error.ts";
import {
  type LedgerChange,
  type LedgerQuery,
  type LedgerRef,
  MAX_LEDGER_CHARS,
  MAX_LEDGER_LIST,
  MAX_LEDGER_NAME_CHARS,
  MAX_LEDGER_ROWS,
} from "./trade_ledger.ts";

/** Checks the arguments of `TradeLedger.commit`. */
export function checkCommit(
  changes: readonly LedgerChange[],
  events: readonly NewEvent[],
): void {
  checkCount("commit", changes.length);
  const seen = new Set<string>();
  for (const { kind, id, ifVersion, at, json } of changes) {
    const name = `${kind} ${id}`;
    for (const text of [kind, id]) {
      if (text === "" || text.length > MAX_LEDGER_NAME_CHARS) {
        throw refusal(
          `kind and id must have 1 to ${MAX_LEDGER_NAME_CHARS} characters: current value is ${text.length}`,
        );
      }
    }
    if (seen.size === seen.add(name).size) {
      throw refusal(`${name} is named twice`);
    }
    if (json.length > MAX_LEDGER_CHARS) {
      throw refusal(
        `a row must have at most ${MAX_LEDGER_CHARS} characters: current value is ${json.length}`,
      );
    }
    // Databases cut text at NUL or refuse it.
    if (`${name}${json}`.includes("\0")) {
      throw refusal("a row has the character NUL in it");
    }
    if (!Number.isSafeInteger(at) || !Number.isSafeInteger(ifVersion)) {
      throw refusal("at and ifVersion must be whole numbers");
    }
  }
  if (events.length > 0) checkPublish(events);
}

/** Checks the list given to `TradeLedger.find`. */
export function checkRefs(refs: readonly LedgerRef[]): void {
  checkCount("find", refs.length);
}

/** Checks the query given to `TradeLedger.list`. */
export function checkLedgerQuery({ limit }: LedgerQuery): void {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= MAX_LEDGER_LIST) {
    return;
  }
  throw new PortError(
    "invalid",
    `Cannot list rows as limit must be from 1 to ${MAX_LEDGER_LIST}: current value is ${limit}`,
  );
}

/** What `commit` throws where `change` met version `version`, 0 for none. */
export function ledgerConflict(
  { kind, id, ifVersion }: LedgerChange,
  version: number,
): PortError {
  return new PortError(
    "version_conflict",
    `Cannot write ${kind} ${id} as it was changed meanwhile: expected version ${ifVersion}, current value is ${version}`,
    { facts: { kind, id, version } },
  );
}

function checkCount(verb: string, count: number): void {
  if (count >= 1 && count <= MAX_LEDGER_ROWS) return;
  throw new PortError(
    "invalid",
    `Cannot ${verb} rows as there must be 1 to ${MAX_LEDGER_ROWS}: current value is ${count}`,
  );
}

function refusal(reason: string): PortError {
  return new PortError("invalid", `Cannot commit rows as ${reason}`);
}
