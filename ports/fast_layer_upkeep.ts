/**
 * The upkeep port of a fast layer: what is done to it besides following a log.
 *
 * @module
 */
import type { Checkpoint } from "../domain/checkpoint.ts";
import type { Finding } from "./finding.ts";

/** What an examination has found. */
export interface FastLayerExamination {
  /** What the fast layer is called in messages; never a password. */
  readonly name: string;
  /** One or more. */
  readonly findings: readonly Finding[];
  /** Whether it can be used at all. */
  readonly isFit: boolean;
  /** What stands in place of its checkpoint; absent when nothing does. */
  readonly mark: string | undefined;
  /** Others that are connected to it; absent when that may not be asked. */
  readonly others: number | undefined;
}

/** Looks after one fast layer. Calls open and close it by themselves. */
export interface FastLayerUpkeep {
  /**
   * Looks whether it can be relied on, in about a second; changes
   * nothing, and throws nothing that the server is to blame for.
   */
  examine(): Promise<FastLayerExamination>;

  /**
   * Lets it follow another log, from `to` on: values of before are not believed
   * any more. Instances that believed it under `mark` notice and let go of it.
   *
   * @param mark What stands there; it is taken over only while that does.
   * @returns Whether it was taken over.
   * @throws {PortError} `unavailable`, `unsupported`.
   */
  takeOver(mark: string, to: Checkpoint): Promise<boolean>;
}
