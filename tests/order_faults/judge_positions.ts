/**
 * Judges positions and gains: everything is added up anew from the fills.
 *
 * @module
 */
import { ONE } from "../../domain/decimal.ts";
import { type JsonObject, parseObject } from "../../domain/json_value.ts";
import { type Books, decimalOf, rowsOf } from "./books.ts";
import type { Say } from "./violation.ts";

/** Digits that sums here have beyond those of decimals. */
const FINER = 10n ** 18n;

/** What fills of a symbol come to. */
interface Sums {
  units: bigint;
  /** What was paid, less what was brought. */
  cash: bigint;
  earned: bigint;
  commission: bigint;
  fills: number;
}

/** Holds positions, days and `positions.updated` to the fills. */
export function judgePositions(books: Books, say: Say): void {
  const fills = rowsOf(books, "fill");
  const sums = new Map<string, Sums>();
  for (const { user, data } of fills.values()) {
    const name = `${user} ${data["symbol"]}`;
    const sum = sums.getOrInsertComputed(name, noSums);
    const units = signed(data["side"], decimalOf(data["qty"]));
    sum.units += units;
    sum.cash += valueOf(units, decimalOf(data["price"]));
    sum.earned += decimalOf(data["realized_pnl"]);
    sum.commission += decimalOf(data["commission"]);
    sum.fills++;
  }
  judgeHeld(books, sums, say);
  judgeDays(books, say);
  judgeTold(books, sums, say);
}

function judgeHeld(
  books: Books,
  sums: ReadonlyMap<string, Sums>,
  say: Say,
): void {
  const held = rowsOf(books, "position");
  const venue = rowsOf(books, "paper_position");
  for (
    const name of new Set([...sums.keys(), ...held.keys(), ...venue.keys()])
  ) {
    const sum = sums.get(name) ?? noSums();
    const here = held.get(name)?.data;
    const of = (field: string) => here ? decimalOf(here[field]) : 0n;
    const there = decimalOf(venue.get(name)?.data["qty"] ?? 0);
    if (of("qty") !== sum.units) {
      say("position", `${name} is ${of("qty")}, its fills ${sum.units}`);
    }
    if (there !== sum.units) {
      say("position", `${name} is ${there} there, its fills ${sum.units}`);
    }
    // What was paid is what is held and what was earned.
    const isPaid = of("cost") - of("realized_pnl") === sum.cash;
    const isEarned = of("realized_pnl") === sum.earned;
    const isTaken = of("commission") === sum.commission;
    if (!isPaid || !isEarned || !isTaken) {
      say("earned", `${name}: its gains are not those of its fills`);
    }
  }
}

function judgeDays(books: Books, say: Say): void {
  const total = (kind: string, field: string) => {
    const byUser = new Map<string, bigint>();
    for (const { user, data } of rowsOf(books, kind).values()) {
      byUser.set(user, (byUser.get(user) ?? 0n) + decimalOf(data[field]));
    }
    return byUser;
  };
  for (const field of ["realized_pnl", "commission"]) {
    const days = total("day", field);
    for (const [user, sum] of total("fill", field)) {
      if (days.get(user) === sum) continue;
      say("earned", `${user}: ${field} of days ${days.get(user)}, not ${sum}`);
    }
  }
}

/** What events have told of a symbol so far. */
interface Story {
  units: bigint;
  /** What is held was entered at, `FINER`. */
  cost: bigint;
  earned: bigint;
}

function judgeTold(
  books: Books,
  sums: ReadonlyMap<string, Sums>,
  say: Say,
): void {
  const left = new Map<string, number>();
  for (const { user, data } of rowsOf(books, "fill").values()) {
    const units = signed(data["side"], decimalOf(data["qty"]));
    const name = nameOf(user, data, units);
    left.set(name, (left.get(name) ?? 0) + 1);
  }
  const stories = new Map<string, Story>();
  for (const { channel, meta, json } of books.events) {
    if (channel !== "positions.updated") continue;
    const data = parseObject(json) ?? {};
    const units = decimalOf(data["qty_change"]);
    const name = nameOf(`${meta.user}`, data, units);
    const times = left.get(name) ?? 0;
    left.set(name, times - 1);
    if (times === 0) say("told", `fill ${name}: told once too often`);
    const symbol = `${meta.user} ${data["symbol"]}`;
    const story = stories.getOrInsertComputed(
      symbol,
      () => ({ units: 0n, cost: 0n, earned: 0n }),
    );
    const earned = trade(story, units, decimalOf(data["price"]));
    story.earned += decimalOf(data["realized_pnl"]);
    const limit = FINER * BigInt((sums.get(symbol)?.fills ?? 0) + 1);
    const off = earned - FINER * decimalOf(data["realized_pnl"]);
    if (off > limit || off < -limit) {
      say("earned", `fill ${name}: told ${data["realized_pnl"]}`);
    }
    if (story.units !== decimalOf(data["new_qty"])) {
      say("told", `${symbol}: told ${data["new_qty"]}, it was ${story.units}`);
    }
  }
  for (const [name, times] of left) {
    if (times > 0) say("told", `fill ${name}: not told`);
  }
  for (const [symbol, { units, earned }] of stories) {
    const sum = sums.get(symbol) ?? noSums();
    if (units !== sum.units || earned !== sum.earned) {
      say("told", `${symbol}: events come to ${units}, fills to ${sum.units}`);
    }
  }
}

/** Changes `story` by a trade; returns what it has earned, `FINER`. */
function trade(story: Story, units: bigint, price: bigint): bigint {
  const before = story.units;
  story.units += units;
  const isMore = before === 0n || (before > 0n) === (units > 0n);
  if (isMore) {
    story.cost += FINER * units * price / ONE;
    return 0n;
  }
  const size = (n: bigint) => n < 0n ? -n : n;
  const closed = size(units) >= size(before) ? -before : units;
  const entered = story.cost * -closed / before;
  story.cost += (FINER * (units - closed) * price) / ONE - entered;
  return -(FINER * closed * price) / ONE - entered;
}

function nameOf(user: string, data: JsonObject, units: bigint): string {
  const { client_order_id: id, price, commission } = data;
  return [user, id, units, price, commission].join(" ");
}

function signed(side: unknown, units: bigint): bigint {
  return side === "buy" ? units : -units;
}

/** What so many units are worth; prices here make it exact. */
function valueOf(units: bigint, price: bigint): bigint {
  if (units * price % ONE !== 0n) throw new RangeError("It is not exact");
  return units * price / ONE;
}

function noSums(): Sums {
  return { units: 0n, cash: 0n, earned: 0n, commission: 0n, fills: 0 };
}
