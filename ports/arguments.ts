/**
 * What every adapter of a port asks of its arguments.
 *
 * The rules are part of the ports' promises; they stand here once so that all
 * adapters refuse the same calls in the same words.
 *
 * @module
 */
import type { LogHead, NewEvent } from "../domain/event/event.ts";
import { MAX_SEQUENCE_COUNT } from "../domain/sequence.ts";
import { type AuditLog, MAX_AUDIT_PAGE } from "./audit_log.ts";
import { type EventQuery, MAX_EVENT_PAGE } from "./event_bus.ts";
import { PortError } from "./port_error.ts";
import {
  MAX_ARCHIVE_KEYS,
  MAX_EDITS,
  type SettingsArchive,
} from "./settings_archive.ts";
import { MAX_PATHS_CHARS, type SettingsChange } from "./settings_store.ts";

/**
 * Lets a call in.
 *
 * @throws {PortError} `closed` when the port has been closed.
 * @throws The signal's reason when it has aborted.
 */
export function admit(
  port: string,
  closed: boolean,
  signal: AbortSignal | undefined,
): void {
  signal?.throwIfAborted();
  if (closed) {
    throw new PortError("closed", `Cannot use the ${port} as it is closed`);
  }
}

/** Checks the list given to `EventBus.publish`. */
export function checkPublish(events: readonly NewEvent[]): void {
  if (events.length === 0) {
    throw new PortError("invalid", "Cannot publish as the list is empty");
  }
  const twice = events.length === 1
    ? undefined
    : firstRepeated(events.map((event) => event.id));
  if (twice !== undefined) {
    throw new PortError(
      "invalid",
      `Cannot publish as two events of one call have the id ${twice}`,
    );
  }
  // Databases cut text at NUL or refuse it; JSON has none, written as it must be.
  const hasNul = (text: string | undefined) => text?.includes("\0") ?? false;
  if (events.some(({ key, channel }) => hasNul(key) || hasNul(channel))) {
    throw new PortError(
      "invalid",
      "Cannot publish as a key or channel has the character NUL in it",
    );
  }
}

/** Checks a query given to `EventBus.read` against the log as it stands. */
export function checkEventQuery(query: EventQuery, head: LogHead): void {
  const { after, limit, epoch } = query;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_EVENT_PAGE) {
    throw new PortError(
      "invalid",
      `Cannot read events as limit must be from 1 to ${MAX_EVENT_PAGE}: current value is ${limit}`,
    );
  }
  if (!Number.isSafeInteger(after) || after < 0) {
    throw new PortError(
      "invalid",
      `Cannot read events as after must be a position, 0 or more: current value is ${after}`,
    );
  }
  if (epoch !== undefined && epoch !== head.epoch) {
    throw new PortError(
      "epoch_changed",
      `Cannot resume as the log has another epoch: it is ${head.epoch} now; ` +
        `read on from position ${head.earliest - 1} of that`,
      { facts: { epoch: head.epoch, earliest: head.earliest } },
    );
  }
  if (after > head.position) {
    throw new PortError(
      "invalid",
      `Cannot read events after ${after} as the log ends at ${head.position}`,
      { facts: { head: head.position } },
    );
  }
  if (after < head.earliest - 1) {
    throw new PortError(
      "expired",
      `Cannot read events after ${after} as the oldest one held is ${head.earliest}`,
      { facts: { earliest: head.earliest } },
    );
  }
}

/** Checks the list given to `SettingsStore.write`. */
export function checkChanges(changes: readonly SettingsChange[]): void {
  if (changes.length === 0) {
    throw new PortError(
      "invalid",
      "Cannot write settings as no document is named",
    );
  }
  const twice = firstRepeated(changes.map((change) => change.key));
  if (twice !== undefined) {
    throw new PortError(
      "invalid",
      `Cannot write settings as ${twice} is named twice`,
    );
  }
  for (const { key, paths = [] } of changes) {
    const { length } = paths.join();
    if (length <= MAX_PATHS_CHARS) continue;
    throw new PortError(
      "invalid",
      `Cannot write ${key} as the paths of a change must have at most ${MAX_PATHS_CHARS} characters: ` +
        `current value is ${length}; name what lies above them`,
    );
  }
}

/** Checks the query given to `SettingsArchive.edits`. */
export function checkEditsQuery(
  { after, limit }: Parameters<SettingsArchive["edits"]>[0],
): void {
  checkCount("read changes of settings", limit, MAX_EDITS);
  if (Number.isSafeInteger(after) && after >= 0) return;
  throw new PortError(
    "invalid",
    `Cannot read changes of settings as after must be a version, 0 or more: current value is ${after}`,
  );
}

/** Checks the query given to `SettingsArchive.keys`. */
export function checkKeysQuery(
  { limit }: Parameters<SettingsArchive["keys"]>[0],
): void {
  checkCount("list settings", limit, MAX_ARCHIVE_KEYS);
}

/** Checks the query given to `AuditLog.list`. */
export function checkAuditQuery(
  { after, limit }: Parameters<AuditLog["list"]>[0],
): void {
  checkCount("list calls", limit, MAX_AUDIT_PAGE);
  if (Number.isSafeInteger(after) && after >= 0) return;
  throw new PortError(
    "invalid",
    `Cannot list calls as after must be an id, 0 or more: current value is ${after}`,
  );
}

/**
 * Checks the version given to `SettingsArchive.at`.
 *
 * @param head Where the log ends.
 */
export function checkPastVersion(version: number, head: number): void {
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new PortError(
      "invalid",
      `Cannot read settings as of version ${version} as it must be a position, 0 or more`,
    );
  }
  if (version > head) {
    throw new PortError(
      "invalid",
      `Cannot read settings as of version ${version} as the log ends at ${head}`,
      { facts: { head } },
    );
  }
}

/**
 * Checks the version that a change asks for.
 *
 * @param stored The version that is stored; 0 when nothing is.
 */
export function checkVersion(change: SettingsChange, stored: number): void {
  const conflict = versionConflict(change, stored);
  if (conflict) throw conflict;
}

/** What `checkVersion` throws, for who returns it. */
export function versionConflict(
  change: SettingsChange,
  stored: number,
): PortError | undefined {
  if (change.ifVersion === undefined || change.ifVersion === stored) {
    return undefined;
  }
  return new PortError(
    "version_conflict",
    `Cannot write ${change.key} as it was changed meanwhile: ` +
      `expected version ${change.ifVersion}, current value is ${stored}`,
    { facts: { key: change.key, version: stored } },
  );
}

/** Checks the count given to `SequencePort.next`. */
export function checkSequenceCount(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= MAX_SEQUENCE_COUNT) {
    return;
  }
  throw new PortError(
    "invalid",
    `Cannot issue numbers as count must be from 1 to ${MAX_SEQUENCE_COUNT}: current value is ${count}`,
  );
}

function checkCount(verb: string, limit: number, most: number): void {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= most) return;
  throw new PortError(
    "invalid",
    `Cannot ${verb} as limit must be from 1 to ${most}: current value is ${limit}`,
  );
}

function firstRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
