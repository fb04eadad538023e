/**
 * Whose orders are taken: those of users who were compared with the venue.
 *
 * @module
 */
import type { UserId } from "../../../domain/user_id.ts";
import { PortError } from "../../../ports/port_error.ts";

const NOT_YET = "they are being reconciled with the venue";

/** Keeps orders out. */
export interface Gate {
  /** Whether it is known who has traded before; nobody comes in until then. */
  isKnown(): boolean;

  /** From the first time on, keeps `users` out until they are admitted. */
  know(users: readonly UserId[]): void;

  /** Lets `user` in for good. */
  admit(user: UserId): void;

  /** Says why `user` is still kept out, if he is. */
  blame(user: UserId, reason: string): void;

  /** Who is kept out, and why, where that is known. */
  waiting(): ReadonlyMap<UserId, string | undefined>;

  /** Why orders of `user` are not taken yet: `unavailable`, or nothing. */
  refusal(user: UserId): PortError | undefined;
}

/** Creates a gate that lets nobody in. */
export function createGate(): Gate {
  const waiting = new Map<UserId, string | undefined>();
  let isKnown = false;
  return {
    isKnown: () => isKnown,
    waiting: () => waiting,
    admit: (user) => void waiting.delete(user),

    know(users) {
      // Who comes later has traded with an instance that has let him in.
      if (isKnown) return;
      isKnown = true;
      for (const user of users) waiting.set(user, undefined);
    },

    blame(user, reason) {
      if (waiting.has(user)) waiting.set(user, reason);
    },

    refusal(user) {
      if (isKnown && !waiting.has(user)) return undefined;
      const reason = waiting.get(user);
      const why = reason === undefined
        ? NOT_YET
        : `yours are not reconciled with the venue: ${reason}`;
      return new PortError(
        "unavailable",
        `Cannot take orders as ${why}; reduce_only ones are taken`,
        { facts: { retryAfterMs: 1000 } },
      );
    },
  };
}
