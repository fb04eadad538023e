/**
 * The ledger of sequence numbers in Postgres.
 *
 * @module
 */
import { sequenceFenced } from "../../domain/event/own_events.ts";
import type { SequenceName } from "../../domain/sequence.ts";
import { admit, checkSequenceCount } from "../../ports/arguments.ts";
import type {
  IssuedRange,
  SequenceLedger,
  Unadopted,
} from "../../ports/sequence_ledger.ts";
import type { PostgresDatabase } from "./database.ts";

interface Call extends SequenceName {
  readonly count: number;
  /** Where they are a block. */
  readonly history?: string;
  readonly floor?: number | undefined;
}

type Row = readonly [
  n: number,
  last: number | null,
  epoch: string,
  position: number,
  isFenced: boolean,
];

const GIVE =
  `/* sequence */ SELECT n, last_number, of_epoch, fence_pos, is_fenced
  FROM give_numbers($1::text::json, $2, $3)`;

/** Opens a ledger over `db`; closing it leaves the database open. */
export function openPostgresSequenceLedger(
  db: PostgresDatabase,
): SequenceLedger {
  let closed = false;
  const give = db.group<Call, IssuedRange | Unadopted>((calls) =>
    giveAll(db, calls)
  );

  function enter(count: number, signal: AbortSignal | undefined): void {
    admit("sequence ledger", closed, signal);
    checkSequenceCount(count);
  }

  return {
    async lease(series, size, place, signal) {
      enter(size, signal);
      const given = await give({ ...series, count: size, ...place }, signal);
      const { first, last } = given as IssuedRange;
      return { first, last };
    },

    async issue(series, count, floor, signal) {
      enter(count, signal);
      return await give({ ...series, count, floor }, signal);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

async function giveAll(
  db: PostgresDatabase,
  calls: readonly Call[],
): Promise<{ value: IssuedRange | Unadopted }[]> {
  const now = db.clock.now();
  const items = calls.map((call, n) => {
    const { id, json, meta } = sequenceFenced(call, db.newId(), now);
    return { n, ...call, id, data: json, meta: JSON.stringify(meta) };
  });
  const rows = await db.write<Row>(
    GIVE,
    [JSON.stringify(items), Math.floor(now), db.newId()],
  );
  const outcomes: { value: IssuedRange | Unadopted }[] = [];
  let rung = 0;
  for (const [n, last, epoch, position, isFenced] of rows) {
    const first = last! - calls[n]!.count + 1;
    outcomes[n] = {
      value: last === null
        ? "unadopted"
        : { first, last, fence: { epoch, position } },
    };
    if (isFenced) rung = Math.max(rung, position);
  }
  if (rung > 0) db.doorbell.ring(rung);
  return outcomes;
}
