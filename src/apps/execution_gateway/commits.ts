/**
 * Writing to the ledger while others do.
 *
 * @module
 */
import type { UserId } from "../../../domain/user_id.ts";
import { uuidOfDigest } from "../../../domain/uuid.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";
import { type Pacing, pauseMs } from "../../services/retry.ts";
import { sha256 } from "../../services/sha256.ts";

/** Times that a piece of work is begun. */
const ATTEMPTS = 6;

/**
 * Does a piece of work that reads rows and writes them, from its reading on
 * again when others were first, or when the ledger does not answer: what was
 * written after all is found by reading, and events are known by their ids.
 *
 * @throws {PortError} What the last attempt threw; `unavailable` when others
 * were first each time.
 */
export async function fromReadingOn<T>(
  work: () => Promise<T>,
  { clock, entropy }: Pacing,
): Promise<T> {
  let mayBeWritten: PortError | undefined;
  for (let failures = 1;; failures++) {
    try {
      return await work();
    } catch (error) {
      const isRace = hasCode(error, "version_conflict");
      if (!isRace && !hasCode(error, "unavailable", "timeout")) throw error;
      if (hasCode(error, "timeout")) mayBeWritten = error;
      if (failures === ATTEMPTS) {
        throw mayBeWritten ?? (isRace ? overtaken(error) : error);
      }
      if (!isRace || failures > 2) {
        await clock.sleep(pauseMs(failures, entropy));
      }
    }
  }
}

/** The id of an event that is told once: the same for the same `name` of a user. */
export function eventId(user: UserId, name: string): string {
  return uuidOfDigest(sha256(`execution-gateway|${user}|${name}`));
}

function overtaken(error: PortError): PortError {
  return new PortError(
    "unavailable",
    "Cannot write to the ledger as others were first each time: try again",
    { cause: error, facts: { retryAfterMs: 1000 } },
  );
}
