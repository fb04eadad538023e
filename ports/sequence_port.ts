/**
 * The sequence port: numbers that are never issued twice.
 *
 * `tests/contracts/sequence_port.ts` is the definition of this port.
 *
 * @module
 */
import type { SequenceDay, SequenceRange } from "../domain/sequence.ts";
import type { UserId } from "../domain/user_id.ts";

/**
 * Issues numbers from 1 upwards, one series a user and day. A number may be
 * skipped; none is ever issued twice, whatever fails. Callers own retries: a
 * call that failed may have used its numbers up.
 */
export interface SequencePort extends AsyncDisposable {
  /**
   * Takes the next `count` numbers of `user` on `day`, consecutive and above
   * every number of that series issued on this instance by a call that had
   * ended. Across instances they rise as well, as long as all of them issue
   * from the same place: the fast layer, or the database.
   *
   * @param count From 1 to `MAX_SEQUENCE_COUNT`; 1 when absent.
   * @throws {PortError} `invalid` when `count` is outside its range.
   */
  next(
    user: UserId,
    day: SequenceDay,
    count?: number,
    signal?: AbortSignal,
  ): Promise<SequenceRange>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
