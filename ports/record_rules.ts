/**
 * What every adapter of the record store decides alike.
 *
 * @module
 */
import type { LoggedEvent, LogHead } from "../domain/event/event.ts";
import type { Lease } from "../domain/lease.ts";
import type { SettingsDocument } from "../domain/settings.ts";
import { PortError } from "./port_error.ts";
import {
  type LeaseClaim,
  MAX_STRETCH_CHARS,
  MAX_STRETCH_DOCUMENT_CHARS,
  MAX_STRETCH_ENTRIES,
} from "./record_store.ts";

/** Whether `claim` is granted while `leases` are what has been put down. */
export function isGranted(
  claim: LeaseClaim,
  leases: readonly Lease[],
): boolean {
  return leases.every((lease) => {
    if (lease.bootId === claim.bootId) return lease.renewal < claim.renewal;
    return claim.gate === "closed" || lease.gate === "closed" ||
      lease.history === claim.history || hasEnded(lease, claim);
  });
}

/** Whether `claim` says that `lease` has ended, as it stands. */
export function hasEnded(lease: Lease, claim: LeaseClaim): boolean {
  return claim.ended.some(({ bootId, renewal }) =>
    bootId === lease.bootId && renewal === lease.renewal
  );
}

/**
 * Checks that the entries after `after` are still held.
 *
 * @throws {PortError} `expired` when they are not (facts: `earliest`).
 */
export function checkStretch(after: number, head: LogHead): void {
  if (after >= head.earliest - 1) return;
  throw new PortError(
    "expired",
    `Cannot read the log after ${after} as the oldest entry held is ${head.earliest}`,
    { facts: { earliest: head.earliest } },
  );
}

/** Takes whole batches off the beginning of `entries`, as many as a stretch holds. */
export function takeStretch(entries: Iterable<LoggedEvent>): LoggedEvent[] {
  const taken: LoggedEvent[] = [];
  let whole = 0;
  let chars = 0;
  for (const entry of entries) {
    taken.push(entry);
    chars += entry.json.length;
    const fits = taken.length <= MAX_STRETCH_ENTRIES &&
      chars <= MAX_STRETCH_CHARS;
    if (!fits && whole > 0) break;
    if (entry.position < entry.batchEnd) continue;
    whole = taken.length;
    if (!fits) break;
  }
  return taken.slice(0, whole);
}

/** A document as it is part of a stretch. */
export function unlessLong(
  document: SettingsDocument | undefined,
): SettingsDocument | undefined {
  const isLong = document && document.json.length > MAX_STRETCH_DOCUMENT_CHARS;
  return isLong ? undefined : document;
}
