/**
 * The quarantine list port: which bars may not be used.
 *
 * @module
 */
import type { Quarantine } from "../domain/quarantine.ts";

/** The list as it was at one moment. */
export interface QuarantineRevision {
  /** Changes whenever the list may have. */
  readonly revision: string;
  /** The list. */
  readonly list: readonly Quarantine[];
}

/** Reads a list that people or other programs change. */
export interface QuarantineList {
  /**
   * Reads the list; cheap when it has not changed. No list at all is an empty
   * one.
   *
   * @throws {PortError} `corrupt` when the list cannot be understood, naming
   * the entry; `unavailable` when it cannot be read.
   */
  load(signal?: AbortSignal): Promise<QuarantineRevision>;
}
