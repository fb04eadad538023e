/**
 * Positions that the venue has otherwise, each told once.
 *
 * @module
 */
import type { UserId } from "../../../domain/user_id.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import type { Difference } from "./comparison.ts";

/** Remembers differences. */
export interface Differences {
  /** Puts down what `user` differs in now, and logs what is new. */
  note(user: UserId, found: readonly Difference[]): void;

  /** Those of everybody. */
  all(): readonly Difference[];
}

/** Creates it, without any. */
export function createDifferences(
  telemetry: Pick<Telemetry, "log">,
): Differences {
  const byUser = new Map<UserId, readonly Difference[]>();
  return {
    note(user, found) {
      const before = new Set((byUser.get(user) ?? []).map(nameOf));
      if (found.length > 0) byUser.set(user, found);
      else byUser.delete(user);
      for (const difference of found) {
        if (before.has(nameOf(difference))) continue;
        const { symbol, here, venue } = difference;
        telemetry.log("error", "the venue holds another position", {
          user,
          symbol,
          here: String(here),
          venue: String(venue),
          unit: "10^-12",
        });
      }
    },

    all: () => [...byUser.values()].flat(),
  };
}

function nameOf({ symbol, here, venue }: Difference): string {
  return [symbol, here, venue].join(" ");
}
