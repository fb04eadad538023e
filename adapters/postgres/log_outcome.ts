/**
 * What came of calls that were put to the log.
 *
 * @module
 */
import type { Receipt } from "../../domain/event/event.ts";
import { checkVersion } from "../../ports/arguments.ts";
import { PortError } from "../../ports/port_error.ts";
import type { RecordCommit } from "../../ports/record_store.ts";
import type { SettingsChange } from "../../ports/settings_store.ts";
import type { Outcome } from "./group_commit.ts";

/** What became of an item, in the words of `commit_calls`. */
export type State = "stored" | "duplicate" | "conflict" | "busy" | "dropped";

/** What became of an item. */
export interface Placed {
  /** Id of its event. */
  readonly id: string;
  /** How it ended. */
  readonly state: State;
  /** Where it is; the version held where that was in the way. */
  readonly position: number;
}

/** What came of one call. */
export interface LogResult {
  /** A receipt an event, or a document. */
  readonly receipts: Receipt[];
  /** What was appended, where it was committed by itself. */
  readonly appended?: RecordCommit["appended"];
}

/** The receipts of what was placed. */
export function receiptsOf(placed: readonly Placed[]): Receipt[] {
  return placed.map(({ id, state, position }) => ({
    id,
    position,
    duplicate: state === "duplicate",
  }));
}

/** What came of the call that asked for `changes`. */
export function outcomeOf(
  changes: readonly SettingsChange[],
  placed: readonly Placed[],
): Outcome<LogResult> {
  const busy = placed.findIndex(({ state }) => state === "busy");
  if (busy >= 0) return { busy: heldByAnother(changes[busy]!.key) };
  try {
    placed.forEach(({ state, position }, i) => {
      if (state === "conflict") checkVersion(changes[i]!, position);
    });
  } catch (error) {
    return { error };
  }
  return { value: { receipts: receiptsOf(placed) } };
}

function heldByAnother(key: string): PortError {
  return new PortError(
    "unavailable",
    `Cannot write ${key} as another transaction holds its row`,
  );
}
