/**
 * The group store port: how far consumer groups are, and their dead letters.
 *
 * `tests/contracts/event_groups.ts` is the definition of this port. It belongs
 * to the database of record: what a group writes and what its handlers append
 * to the log are one transaction.
 *
 * @module
 */
import type { LoggedEvent, NewEvent, Receipt } from "../domain/event/event.ts";
import type { GroupChange, GroupHead } from "../domain/event_group/change.ts";
import type { GroupState, LetterFacts } from "../domain/event_group/group.ts";

/** Most dead letters of one answer. */
export const MAX_LETTERS = 2000;

/** Once the events of an answer are longer, it has no further dead letter. */
export const MAX_LETTERS_CHARS = 4 * 1024 * 1024;

/** A group, and how much it has out. */
export interface GroupSummary {
  /** The group. */
  readonly group: GroupHead;
  /** Events that are not settled: taken, waiting or to be tried again. */
  readonly outstanding: number;
  /** Of those, how many are with members. */
  readonly taken: number;
  /** Dead letters, those on their way again included. */
  readonly deadLetters: number;
}

/** An event that a group could not handle. */
export interface DeadLetter extends LetterFacts {
  /** Name of the group. */
  readonly group: string;
  /** How often it was sent on its way again. */
  readonly redrives: number;
  /** The event; `undefined` where the log did not hold it any more. */
  readonly event: LoggedEvent | undefined;
}

/** Which dead letters. */
export interface LetterQuery {
  /** Of this group; of all when absent. */
  readonly group?: string | undefined;
  /** Of this key; of all when absent. */
  readonly key?: string | undefined;
  /** Those behind this one, in the order of groups and positions. */
  readonly after?: {
    readonly group: string;
    readonly position: number;
  } | undefined;
  /** Most dead letters, from 1 to `MAX_LETTERS`. */
  readonly limit: number;
}

/** Where a group has got to, from the database of record. */
export interface GroupStore extends AsyncDisposable {
  /** The group called `name`, with all that it has not settled. */
  load(name: string, signal?: AbortSignal): Promise<GroupState | undefined>;

  /** Every group, by name. */
  list(signal?: AbortSignal): Promise<readonly GroupSummary[]>;

  /**
   * Writes `change` and appends `effects` to the log, all of it in one
   * transaction; of those who write on one version of a group, one succeeds. An
   * effect that the log holds changes nothing, and gets its first position.
   * A new dead letter gets its event from the log, if the log is in the group's
   * epoch; one that is known keeps its event.
   *
   * @returns Receipts of `effects`, in their order.
   * @throws {PortError} `version_conflict` when the group is not of the version
   * and the incarnation named (facts: `version`, that of the group there is, 0
   * for none): nothing was written; `conflict` when the log holds another event
   * under the id of an effect (facts: `position`): nothing was written; `expired` when the group is new or sent
   * back, and the log does not hold the event that it is to read next (facts:
   * `earliest`); `invalid` as `EventBus.publish`;
   * `unavailable`, `timeout`, `full`; `unsupported` when events are switched off.
   */
  save(
    change: GroupChange,
    effects?: readonly NewEvent[],
    signal?: AbortSignal,
  ): Promise<readonly Receipt[]>;

  /** Forgets a group and its dead letters; whether there was one. */
  remove(name: string, signal?: AbortSignal): Promise<boolean>;

  /**
   * Dead letters in the order of groups and positions; there may be fewer than
   * asked for, but not none, where their events are longer than
   * `MAX_LETTERS_CHARS`.
   *
   * @throws {PortError} `invalid` when `limit` is outside its range.
   */
  letters(
    query: LetterQuery,
    signal?: AbortSignal,
  ): Promise<readonly DeadLetter[]>;

  /** The dead letter of `group` at `position`. */
  letter(
    group: string,
    position: number,
    signal?: AbortSignal,
  ): Promise<DeadLetter | undefined>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
