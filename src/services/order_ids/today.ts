/**
 * Numbers of a user's today.
 *
 * Which day it is has to be asked each time, as the user may have moved. While
 * that is asked, a number of the day that it most likely is is taken already:
 * in nearly all cases it is that day, and one round trip does for both.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import {
  type SequenceDay,
  sequenceDayAt,
  type SequenceRange,
} from "../../../domain/sequence.ts";
import { rememberByQuarter } from "../../../domain/time_zone.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { SequencePort } from "../../../ports/sequence_port.ts";
import type { TimeZones } from "../settings/time_zone.ts";

/** Users whose time zone is remembered, at most. */
const MAX_USERS = 10_000;

/** Numbers of a day. */
export interface IssuedNumbers extends SequenceRange {
  /** Of which day. */
  readonly day: SequenceDay;
}

/** Tells users' days, and takes numbers of them. */
export interface Today {
  /** The day that it is for `user`, by the time zone that he has now. */
  day(user: UserId): Promise<SequenceDay>;

  /**
   * Takes `count` numbers of that day. Where `user` has another time zone than
   * when he was last asked for, as many of another day may be skipped.
   *
   * @throws {PortError} As reading the time zone and taking numbers do.
   */
  take(user: UserId, count?: number): Promise<IssuedNumbers>;
}

/** Creates it over `sequence`. */
export function createToday(parts: {
  readonly sequence: SequencePort;
  readonly timeZone: TimeZones;
  readonly clock: Pick<Clock, "now">;
}): Today {
  const { sequence, timeZone, clock } = parts;
  const dayAt = rememberByQuarter(sequenceDayAt);
  /** What was heard last: good for a guess and for nothing else. */
  const heard = new LRUCache<UserId, string>({ max: MAX_USERS });

  async function zoneOf(user: UserId): Promise<string> {
    const zone = await timeZone(user);
    heard.set(user, zone);
    return zone;
  }

  return {
    async day(user) {
      const now = clock.now();
      return dayAt(now, await zoneOf(user));
    },

    async take(user, count) {
      const now = clock.now();
      const likely = heard.get(user);
      const guess = likely === undefined ? undefined : dayAt(now, likely);
      const zone = zoneOf(user);
      const early = guess && sequence.next(user, guess, count);
      // Nobody waits for it where the day turns out to be another.
      early?.catch(() => {});
      const day = dayAt(now, await zone);
      const { first, last } =
        await (early && day === guess
          ? early
          : sequence.next(user, day, count));
      return { day, first, last };
    },
  };
}
