/**
 * Sequence numbers from Postgres: every call is a committed row, so that no
 * restart and no second instance gives a number out again.
 *
 * @module
 */
import type { SequenceDay, SequenceRange } from "../../domain/sequence.ts";
import type { UserId } from "../../domain/user_id.ts";
import { admit, checkSequenceCount } from "../../ports/arguments.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import type { PostgresDatabase } from "./database.ts";

interface Call {
  readonly user: UserId;
  readonly day: SequenceDay;
  readonly count: number;
}

/** Rows are locked in the order of their keys, so that nobody deadlocks. */
const TAKE = `/* sequence */ INSERT INTO sequence (user_id, day, leased_to)
  SELECT "user", day, count
    FROM json_to_recordset($1::text::json) AS t ("user" text, day text, count bigint)
    ORDER BY "user", day
  ON CONFLICT (user_id, day) DO UPDATE
  SET leased_to = sequence.leased_to + excluded.leased_to
  RETURNING user_id, day, leased_to`;

/** Opens a port over `db`; closing it leaves the database open. */
export function openPostgresSequencePort(db: PostgresDatabase): SequencePort {
  let closed = false;
  const take = db.group<Call, SequenceRange>((calls) => takeAll(db, calls));
  return {
    async next(user, day, count = 1, signal) {
      admit("sequence port", closed, signal);
      checkSequenceCount(count);
      return await take({ user, day, count }, signal);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/** Takes the numbers of all calls, those of one series at once. */
async function takeAll(
  db: PostgresDatabase,
  calls: readonly Call[],
): Promise<{ value: SequenceRange }[]> {
  const wanted = new Map<string, Call>();
  for (const call of calls) {
    const series = seriesOf(call);
    const count = call.count + (wanted.get(series)?.count ?? 0);
    wanted.set(series, { ...call, count });
  }
  const rows = await db.write<[UserId, SequenceDay, number]>(
    TAKE,
    [JSON.stringify([...wanted.values()])],
  );
  const issued = new Map<string, number>();
  for (const [user, day, leasedTo] of rows) {
    const series = seriesOf({ user, day });
    issued.set(series, leasedTo - wanted.get(series)!.count);
  }
  return calls.map((call) => {
    const series = seriesOf(call);
    const first = issued.get(series)! + 1;
    const last = first + call.count - 1;
    issued.set(series, last);
    return { value: { first, last } };
  });
}

function seriesOf({ user, day }: Pick<Call, "user" | "day">): string {
  return `${user} ${day}`;
}
