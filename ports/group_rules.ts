/**
 * What every adapter of the group store decides alike.
 *
 * @module
 */
import type { LogHead, NewEvent } from "../domain/event/event.ts";
import type { GroupChange, GroupHead } from "../domain/event_group/change.ts";
import { isUuid } from "../domain/uuid.ts";
import { checkPublish } from "./arguments.ts";
import {
  type DeadLetter,
  type LetterQuery,
  MAX_LETTERS,
  MAX_LETTERS_CHARS,
} from "./event_groups.ts";
import { PortError } from "./port_error.ts";

/** Checks the effects given to `GroupStore.save`. */
export function checkEffects(effects: readonly NewEvent[]): void {
  if (effects.length > 0) checkPublish(effects);
  const odd = effects.find(({ id }) => !isUuid(id));
  if (!odd) return;
  throw new PortError(
    "invalid",
    `Cannot append the effects as an id must be a UUID in lower case: current value is ${odd.id}`,
  );
}

/** Whether a member's effect is the event that stands there under its id. */
export function isSameEvent(
  held: Pick<NewEvent, "channel" | "json">,
  { channel, json }: NewEvent,
): boolean {
  return held.channel === channel && held.json === json;
}

/** Says whose id an effect has: that of an event in the log, where it is known. */
export function effectConflict(id: string, position?: number): PortError {
  const where = position === undefined ? "" : `, at position ${position}`;
  return new PortError(
    "conflict",
    `Cannot append the effects as id ${id} is that of another event${where}: give another event an id of its own`,
    { facts: position === undefined ? {} : { position } },
  );
}

/** Checks the query given to `GroupStore.letters`. */
export function checkLetterQuery({ limit }: LetterQuery): void {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= MAX_LETTERS) return;
  throw new PortError(
    "invalid",
    `Cannot list dead letters as limit must be from 1 to ${MAX_LETTERS}: current value is ${limit}`,
  );
}

/**
 * Whether somebody else has changed the group first.
 *
 * @param held What stands there: version and incarnation of the group.
 */
export function groupConflict(
  { group, ifVersion }: GroupChange,
  held: { readonly version: number; readonly incarnation: string } | undefined,
): PortError | undefined {
  const isAsExpected = ifVersion === undefined
    ? !held
    : held?.version === ifVersion && held.incarnation === group.incarnation;
  if (isAsExpected) return undefined;
  const version = held?.version ?? 0;
  return new PortError(
    "version_conflict",
    `Cannot write group ${group.name} as it was changed meanwhile: ` +
      `expected version ${ifVersion ?? 0}, current value is ${version}`,
    { facts: { version } },
  );
}

/** What of a group says where it is. */
export type Place = Pick<GroupHead, "epoch" | "cursor">;

/** Whether `group` is new, or reads on from an earlier place than before. */
export function isSentBack(group: Place, held: Place | undefined): boolean {
  return !held || held.epoch !== group.epoch || group.cursor < held.cursor;
}

/**
 * Why `group`, which is made or sent back, cannot begin where it is to: the log
 * does not hold what it reads next.
 */
export function lostPlaceOf(
  group: Place & { readonly name: string },
  { epoch, earliest }: Pick<LogHead, "epoch" | "earliest">,
): PortError | undefined {
  if (group.epoch !== epoch || group.cursor >= earliest - 1) return undefined;
  return placeLost(group, earliest);
}

/** Says that the log does not hold what a group is to read. */
export function placeLost(
  { name, cursor }: { readonly name: string; readonly cursor: number },
  earliest: number,
): PortError {
  return new PortError(
    "expired",
    `Cannot send group ${name} to position ${cursor} as the oldest event held is ${earliest}`,
    { facts: { earliest } },
  );
}

/** As many as fit into one answer, and one at least. */
export function firstLetters(
  letters: Iterable<DeadLetter>,
  limit: number,
): DeadLetter[] {
  const page: DeadLetter[] = [];
  let chars = 0;
  for (const letter of letters) {
    if (page.length === limit || chars >= MAX_LETTERS_CHARS) break;
    page.push(letter);
    chars += letter.event?.json.length ?? 0;
  }
  return page;
}
