/**
 * The database of record in Postgres, for those who make a fast layer follow
 * it.
 *
 * @module
 */
import { admit, checkChanges } from "../../ports/arguments.ts";
import type { RecordStore } from "../../ports/record_store.ts";
import type { PostgresDatabase } from "./database.ts";
import { readSnapshot, readStretch, toView } from "./record_reading.ts";

const CLAIM =
  "/* lease */ SELECT granted, shown FROM claim_lease($1, $2, $3, $4, $5, $6, $7::text::json)";

const LEAVE_EPOCH = "/* log.epoch */ SELECT leave_epoch($1)";

const LEAVE = "/* lease */ DELETE FROM instance WHERE boot_id = $1";

/** Opens a store over `db`; closing it leaves the database open. */
export function openPostgresRecordStore(db: PostgresDatabase): RecordStore {
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("record store", closed, signal);

  return {
    async read(keys, signal) {
      enter(signal);
      return await readSnapshot(db, keys, signal);
    },

    async stretch(after, signal) {
      enter(signal);
      return await readStretch(db, after, signal);
    },

    async write(changes, actor, signal) {
      enter(signal);
      checkChanges(changes);
      const { receipts, appended } = await db.append(
        { changes, actor },
        signal,
      );
      const versions = receipts.map(({ position }) => position);
      return { versions, ...(appended && { appended }) };
    },

    async claim(claim, signal) {
      enter(signal);
      const { bootId, label, renewal, history, gate, appliedPosition } = claim;
      const [row] = await db.change<[boolean, string]>(CLAIM, [
        bootId,
        label,
        renewal,
        history,
        gate,
        appliedPosition,
        JSON.stringify(claim.ended),
      ]);
      const [granted, shown] = row!;
      return { ...toView(shown), granted };
    },

    async leaveEpoch(epoch, signal) {
      enter(signal);
      await db.change(LEAVE_EPOCH, [epoch]);
    },

    async leave(bootId, signal) {
      enter(signal);
      await db.change(LEAVE, [bootId]);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
