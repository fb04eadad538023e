/**
 * Taking reports of the venue in, many with one commit.
 *
 * @module
 */
import type { NewEvent } from "../../../domain/event/event.ts";
import { parseObject } from "../../../domain/json_value.ts";
import type { OrderRecord } from "../../../domain/order/order_record.ts";
import { isOver } from "../../../domain/order/order_state.ts";
import {
  type Fill,
  isVenueName,
  type Reading,
  readReport,
} from "../../../domain/order/report.ts";
import { readFill } from "../../../domain/order/trade_record.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { BrokerReport } from "../../../ports/broker.ts";
import type { LedgerChange } from "../../../ports/trade_ledger.ts";
import { bookChanges, type Books, consequencesOf } from "./consequences.ts";
import type { GatewayParts } from "./parts.ts";
import {
  dayOf,
  dayRef,
  fillRef,
  type Kept,
  orderChange,
  orderOf,
  orderRef,
  positionOf,
  positionRef,
} from "./rows.ts";

/** Fills that one commit takes in; a longer report is taken in by parts. */
export const MAX_FILLS = 200;

/** Fills that are looked for at one time. */
const MAX_SOUGHT = 500;

/** What the venue says of the order with that id. */
export interface ToldReport {
  /** Which order. */
  readonly id: string;
  /** What it says. */
  readonly report: BrokerReport;
}

/** An order after a report. */
export interface Settled {
  /** The order as it stands. */
  readonly order: OrderRecord;
  /** Whether the report made sense. */
  readonly isSense: boolean;
}

/** Takes reports in. */
export interface Reports {
  /**
   * Takes as much of reports on different orders in as fits into one commit:
   * all of it or nothing.
   *
   * @returns Of each what came of it: `again` when there is more to take in,
   * `undefined` when there is no such order.
   * @throws {PortError} As `TradeLedger`: `version_conflict` when others were
   * first.
   */
  takeIn(
    user: UserId,
    batch: readonly ToldReport[],
  ): Promise<readonly (Settled | "again" | undefined)[]>;
}

/** An order, and what is to be made of a report on it. */
interface Read {
  readonly kept: Kept<OrderRecord>;
  readonly reading: Reading<OrderRecord>;
  /** Whether there is more in the report than was read. */
  readonly isPart: boolean;
}

/** Creates it; `dayAt` tells the day of a moment on the calendar of a user. */
export function createReports(
  parts: GatewayParts,
  dayAt: (user: UserId, at: number) => Promise<string>,
): Reports {
  const { ledger, clock, telemetry } = parts;

  /** Takes in as much of each report as fits into one commit. */
  async function takeIn(
    user: UserId,
    batch: readonly ToldReport[],
  ): Promise<(Settled | "again" | undefined)[]> {
    const now = Math.floor(clock.now());
    const found = await keptOf(user, batch);
    if (found === "again") return batch.map(() => found);
    const reads = batch.map(({ report }, i): Read | undefined => {
      const { kept, known } = found[i]!;
      return kept && { kept, ...readingOf(kept.value, report, known, now) };
    });
    const { books, dayNames } = await booksOf(user, reads, now);
    const changes: LedgerChange[] = [];
    const events: NewEvent[] = [];
    const ends = reads.map((read): Settled | "again" | undefined => {
      if (!read) return undefined;
      const { kept, reading } = read;
      if (reading.kind !== "change") {
        const end = unchanged(kept, reading);
        const isNews = end.order !== kept.value;
        if (isNews) changes.push(orderChange(end.order, kept.version));
        return end;
      }
      const all = consequencesOf(kept, reading, books, dayNames);
      changes.push(...all.changes);
      events.push(...all.events);
      if (read.isPart) return "again";
      return { order: reading.order, isSense: true };
    });
    changes.push(...bookChanges(books));
    if (changes.length > 0) await ledger.commit(user, changes, events);
    for (const { kept, reading } of reads.filter((read) => !!read)) {
      if (reading.kind !== "change") continue;
      const { status } = reading.order;
      if (status === kept.value.status) continue;
      telemetry.count("holdfast_orders_total", { status });
    }
    return ends;
  }

  /** Orders, and those fills of the reports that are counted in them. */
  async function keptOf(user: UserId, batch: readonly ToldReport[]) {
    const heads = batch.map(({ id }) => orderRef(id));
    // A name that cannot be one of a row is refused as the report is read.
    const sought = batch.flatMap(({ id, report }, of) =>
      report.fills.filter((fill) => isVenueName(fill.id))
        .map((fill) => ({ of, ref: fillRef(id, fill.id) }))
    );
    const known = batch.map(() => new Map<string, Fill>());
    let orders: (Kept<OrderRecord> | undefined)[] | undefined;
    for (let i = 0; i === 0 || i < sought.length; i += MAX_SOUGHT) {
      const some = sought.slice(i, i + MAX_SOUGHT);
      const refs = [...heads, ...some.map(({ ref }) => ref)];
      const rows = await ledger.find(user, refs);
      const now = rows.slice(0, heads.length).map(orderOf);
      // Orders and fills are to be of one moment.
      const isSame = orders?.every((one, i) =>
        one?.version === now[i]?.version
      ) ??
        true;
      if (!isSame) return "again";
      orders = now;
      some.forEach(({ of }, i) => {
        const row = rows[heads.length + i];
        const fill = row && readFill(parseObject(row.json));
        if (fill) known[of]!.set(fill.id, fill);
      });
    }
    return batch.map((_, i) => ({ kept: orders![i], known: known[i]! }));
  }

  function readingOf(
    order: OrderRecord,
    report: BrokerReport,
    known: ReadonlyMap<string, Fill>,
    now: number,
  ): Pick<Read, "reading" | "isPart"> {
    const read = (one: BrokerReport) =>
      readReport(order, one, known, order.isCanceling, now);
    const reading = read(report);
    const isPart = reading.kind === "change" &&
      reading.fresh.length > MAX_FILLS;
    if (!isPart) return { reading, isPart };
    // The report as it was when it had so many fills.
    const fresh = reading.fresh.slice(0, MAX_FILLS);
    const taken = new Set([...known.keys(), ...fresh.map(({ id }) => id)]);
    const fills = report.fills.filter(({ id }) => taken.has(id));
    return { reading: read({ ...report, status: "open", fills }), isPart };
  }

  /** Positions and days that the new fills change, as they are now. */
  async function booksOf(
    user: UserId,
    reads: readonly (Read | undefined)[],
    now: number,
  ): Promise<{ books: Books; dayNames: ReadonlyMap<Fill, string> }> {
    const dayNames = new Map<Fill, string>();
    const symbols = new Set<TradingSymbol>();
    for (const read of reads) {
      if (read?.reading.kind !== "change") continue;
      for (const fill of read.reading.fresh) {
        symbols.add(read.kept.value.symbol);
        dayNames.set(fill, await dayAt(user, Math.min(fill.at, now)));
      }
    }
    const books: Books = { positions: new Map(), days: new Map() };
    if (symbols.size === 0) return { books, dayNames };
    const days = [...new Set(dayNames.values())];
    const rows = await ledger.find(user, [
      ...[...symbols].map(positionRef),
      ...days.map(dayRef),
    ]);
    [...symbols].forEach((symbol, i) =>
      books.positions.set(symbol, positionOf(symbol, rows[i]))
    );
    days.forEach((day, i) =>
      books.days.set(day, dayOf(rows[symbols.size + i]))
    );
    return { books, dayNames };
  }

  /** What a report comes to that changes nothing but the reason, if that. */
  function unchanged(
    { value }: Kept<OrderRecord>,
    reading: Exclude<Reading<OrderRecord>, { readonly kind: "change" }>,
  ): Settled {
    const { user, id, reason, status } = value;
    const isSense = reading.kind !== "nonsense";
    const doubt = isSense
      ? undefined
      : `Cannot use what the venue says as ${reading.fault}`;
    if (!isSense) {
      telemetry.count("holdfast_order_reports_refused_total");
      // Once as long as it says the same.
      telemetry.log(
        reason === doubt ? "debug" : "error",
        "the venue reports what cannot be",
        { user, order: id, status, fault: reading.fault },
      );
    }
    const isMoot = isOver(status) || reading.kind === "stale";
    if (isMoot || reason === doubt) return { order: value, isSense };
    const { reason: _old, ...rest } = value;
    const order = doubt === undefined ? rest : { ...rest, reason: doubt };
    return { order, isSense };
  }

  return { takeIn };
}
