/**
 * The ledger of sequence numbers in this process's memory; nothing survives a
 * restart.
 *
 * @module
 */
import { sequenceFenced } from "../../domain/event/own_events.ts";
import type { SequenceName } from "../../domain/sequence.ts";
import { admit, checkSequenceCount } from "../../ports/arguments.ts";
import type { SequenceLedger, Unadopted } from "../../ports/sequence_ledger.ts";
import {
  mustFence,
  NEW_SERIES,
  type SeriesRow,
  startOf,
} from "../../ports/sequence_rules.ts";
import type { MemoryLog } from "./log.ts";

/** What is kept of every series, by user and day. */
export type MemorySeries = Map<string, SeriesRow>;

/** Opens a ledger over `rows`, which several may share; closing it leaves them as they are. */
export function openMemorySequenceLedger(
  log: MemoryLog,
  rows: MemorySeries = new Map(),
): SequenceLedger {
  let closed = false;

  function enter(count: number, signal: AbortSignal | undefined): void {
    admit("sequence ledger", closed, signal);
    checkSequenceCount(count);
  }

  function give(
    series: SequenceName,
    count: number,
    history: string | undefined,
    floor: number | undefined,
  ): { last: number; row: SeriesRow } | Unadopted {
    const name = `${series.user} ${series.day}`;
    const held = rows.get(name) ?? NEW_SERIES;
    const { epoch } = log.head();
    const hasChanged = log.formerEpochs().length > 0;
    const start = startOf(held, { epoch, hasChanged }, floor);
    if (start === undefined) return "unadopted";
    const last = start + count;
    const row: SeriesRow = {
      leasedTo: last,
      leasedIn: history,
      fencedPosition: mustFence(held, history)
        ? fence(series)
        : held.fencedPosition,
      epoch,
    };
    rows.set(name, row);
    return { last, row };
  }

  function fence(series: SequenceName): number {
    const event = sequenceFenced(series, log.newId(), log.clock.now());
    return log.append([event])[0]!.position;
  }

  return {
    async lease(series, size, { history, floor }, signal) {
      enter(size, signal);
      const given = give(series, size, history, floor);
      const { last } = given as Exclude<typeof given, Unadopted>;
      return { first: last - size + 1, last };
    },

    async issue(series, count, floor, signal) {
      enter(count, signal);
      const given = give(series, count, undefined, floor);
      if (given === "unadopted") return given;
      const { last, row } = given;
      const fence = { epoch: row.epoch!, position: row.fencedPosition };
      return { first: last - count + 1, last, fence };
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
