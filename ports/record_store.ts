/**
 * The record store port: the database of record, as those see it who make a
 * fast layer follow it.
 *
 * `tests/contracts/record_store.ts` is the definition of this port. Events go
 * through the `EventBus` over the same database.
 *
 * @module
 */
import type { LoggedEvent, LogHead } from "../domain/event/event.ts";
import type { Lease, Renewal } from "../domain/lease.ts";
import type { SettingsDocument, SettingsKey } from "../domain/settings.ts";
import type { SettingsChange } from "./settings_store.ts";

/** Most entries of a stretch, unless one batch has more. */
export const MAX_STRETCH_ENTRIES = 500;

/** Characters of data of a stretch, at most, unless one batch has more. */
export const MAX_STRETCH_CHARS = 256 * 1024;

/** Longer documents are not part of a stretch. */
export const MAX_STRETCH_DOCUMENT_CHARS = 64 * 1024;

/** The log and the leases at one moment. */
export interface RecordView {
  /** Where the log ends and begins. */
  readonly head: LogHead;
  /** Position of the newest `settings.updated`; 0 when there has been none. */
  readonly settingsPosition: number;
  /** The epochs that the log has had before this one. */
  readonly formerEpochs: readonly string[];
  /** Milliseconds since the epoch changed; `Infinity` when it never has. */
  readonly epochAgeMs: number;
  /** What every instance has put down of itself, this one included. */
  readonly leases: readonly Lease[];
}

/** Documents, and the log and leases at the same moment. */
export interface RecordSnapshot extends RecordView {
  /** One entry a key, in the order asked for; `undefined` when not stored. */
  readonly documents: readonly (SettingsDocument | undefined)[];
}

/** Entries of the log that follow each other, and the documents that they tell of. */
export interface LogPiece {
  /** The entries; they end where a batch ends. */
  readonly entries: readonly LoggedEvent[];
  /**
   * Every document whose change is among `entries`, as it stands at the moment
   * of the read, perhaps with a later version; `undefined` when it is gone, or
   * longer than `MAX_STRETCH_DOCUMENT_CHARS`.
   */
  readonly documents: ReadonlyMap<SettingsKey, SettingsDocument | undefined>;
}

/** A stretch of the log after the position asked for. */
export interface LogStretch extends RecordView, LogPiece {}

/** What a write has committed. */
export interface RecordCommit {
  /** The new versions, in the order of the changes. */
  readonly versions: readonly number[];
  /**
   * The entries that it has appended and the epoch that they are of, where that
   * is known without asking again.
   */
  readonly appended?: LogPiece & { readonly epoch: string };
}

/** What an instance wants to put down of itself. */
export interface LeaseClaim extends Lease {
  /** Rows that nobody renews any more: they do not stand in its way, and go when it is granted. */
  readonly ended: readonly Renewal[];
}

/** What became of a claim. */
export interface LeaseAnswer extends RecordView {
  /** Whether it has been put down. */
  readonly granted: boolean;
}

/**
 * Reads begin after the call and see everything committed before; each answer
 * is one snapshot. Callers own retries; adapters never retry.
 */
export interface RecordStore extends AsyncDisposable {
  /** Reads documents together with the leases; no keys reads the leases alone. */
  read(
    keys: readonly SettingsKey[],
    signal?: AbortSignal,
  ): Promise<RecordSnapshot>;

  /**
   * Changes documents as `SettingsStore.write` does, and tells what has come
   * into the log by it.
   *
   * @throws {PortError} As `SettingsStore.write`.
   */
  write(
    changes: readonly SettingsChange[],
    actor: string,
    signal?: AbortSignal,
  ): Promise<RecordCommit>;

  /**
   * Reads the entries after `after` with the documents they tell of: whole
   * batches, as many as fit `MAX_STRETCH_ENTRIES` and `MAX_STRETCH_CHARS`, and
   * one at least. None when `after` is at or beyond the head.
   *
   * @throws {PortError} `expired` when entries after `after` are no longer held.
   */
  stretch(after: number, signal?: AbortSignal): Promise<LogStretch>;

  /**
   * Puts down `claim` durably, in one transaction with the view returned, which
   * shows everything committed before it. Refused when the gate is not closed
   * and a lease of another instance names another history, unless `ended` names
   * that very renewal; and when a claim of the same instance with an equal or
   * higher renewal has been put down before, so that late statements do no harm.
   */
  claim(claim: LeaseClaim, signal?: AbortSignal): Promise<LeaseAnswer>;

  /**
   * Gives the log another epoch if it still has `epoch`: for a database that
   * was seen to have gone back in time, as when its files were restored.
   */
  leaveEpoch(epoch: string, signal?: AbortSignal): Promise<void>;

  /** Removes what the instance has put down. */
  leave(bootId: string, signal?: AbortSignal): Promise<void>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
