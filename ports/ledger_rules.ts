/**
 * What every adapter of the trade ledger asks of its arguments.
 *
 * @module
 */
import type { NewEvent } from "../domain/event/event.ts";
import { isUuid } from "../domain/uuid.ts";
import { checkPublish } from "./arguments.ts";
import { PortError } from "./port_error.ts";
import {
  type LedgerChange,
  type LedgerQuery,
  type LedgerRef,
  MAX_LEDGER_CHARS,
  MAX_LEDGER_COMMIT_CHARS,
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
  let chars = 0;
  for (const { kind, id, ifVersion, at, json } of changes) {
    checkName("commit", kind);
    checkName("commit", id);
    if (seen.size === seen.add(`${kind}\0${id}`).size) {
      throw refusal("commit", `${kind} ${id} is named twice`);
    }
    checkText("commit", json);
    checkLength("a row", json.length, MAX_LEDGER_CHARS);
    chars += json.length;
    if (!Number.isSafeInteger(at) || !Number.isSafeInteger(ifVersion)) {
      throw refusal("commit", "at and ifVersion must be whole numbers");
    }
  }
  checkLength("all rows together", chars, MAX_LEDGER_COMMIT_CHARS);
  if (events.length > 0) checkPublish(events);
  const odd = events.find((event) => !isUuid(event.id));
  if (!odd) return;
  throw refusal(
    "commit",
    `the id of an event must be a UUID in lower case: current value is ${odd.id}`,
  );
}

/** Checks the list given to `TradeLedger.find`. */
export function checkRefs(refs: readonly LedgerRef[]): void {
  checkCount("find", refs.length);
  for (const { kind, id } of refs) {
    checkName("find", kind);
    checkName("find", id);
  }
}

/** Checks the query given to `TradeLedger.list`. */
export function checkLedgerQuery({ kind, after, limit }: LedgerQuery): void {
  checkName("list", kind);
  if (after) checkName("list", after.id);
  if (after && !Number.isSafeInteger(after.at)) {
    throw refusal(
      "list",
      `after must stand at whole milliseconds: current value is ${after.at}`,
    );
  }
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= MAX_LEDGER_LIST) {
    return;
  }
  throw refusal(
    "list",
    `limit must be from 1 to ${MAX_LEDGER_LIST}: current value is ${limit}`,
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
  throw refusal(
    verb,
    `there must be 1 to ${MAX_LEDGER_ROWS}: current value is ${count}`,
  );
}

function checkName(verb: string, text: string): void {
  if (text === "" || text.length > MAX_LEDGER_NAME_CHARS) {
    throw refusal(
      verb,
      `kind and id must have 1 to ${MAX_LEDGER_NAME_CHARS} characters: current value is ${text.length}`,
    );
  }
  checkText(verb, text);
}

function checkText(verb: string, text: string): void {
  // Databases cut text at NUL or refuse it, and half a character is no text.
  if (text.includes("\0")) {
    throw refusal(verb, "a text has the character NUL in it");
  }
  if (!text.isWellFormed()) {
    throw refusal(verb, "a text has half of a surrogate pair in it");
  }
}

function checkLength(what: string, length: number, most: number): void {
  if (length <= most) return;
  throw refusal(
    "commit",
    `${what} must have at most ${most} characters: current value is ${length}`,
  );
}

function refusal(verb: string, reason: string): PortError {
  return new PortError("invalid", `Cannot ${verb} rows as ${reason}`);
}
