/**
 * Writing to the ledger while others do.
 *
 * @module
 */
import { uuidOfDigest } from "../../../domain/autopilot/signal_event.ts";
import type { UserId } from "../../../domain/user_id.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";
import type { TradeLedger } from "../../../ports/trade_ledger.ts";
import { type Pacing, pauseMs } from "../../services/retry.ts";

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
export async function eventId(user: UserId, name: string): Promise<string> {
  const text = new TextEncoder().encode(`execution-gateway|${user}|${name}`);
  const digest = await crypto.subtle.digest("SHA-256", text);
  return uuidOfDigest(new Uint8Array(digest));
}

/**
 * Commits with events, or without them where they are switched off: there is
 * nobody to tell then.
 */
export async function commitTelling(
  ledger: TradeLedger,
  ...[user, changes, events]: Parameters<TradeLedger["commit"]>
): Promise<void> {
  try {
    await ledger.commit(user, changes, events);
  } catch (error) {
    if (!hasCode(error, "unsupported") || !events?.length) throw error;
    await ledger.commit(user, changes);
  }
}

function overtaken(error: PortError): PortError {
  return new PortError(
    "unavailable",
    "Cannot write to the ledger as others were first each time: try again",
    { cause: error, facts: { retryAfterMs: 1000 } },
  );
}
