/**
 * Judges what became of orders: from what clients were told, what the ledger
 * and the venue hold, and what the log tells. It does its own sums.
 *
 * @module
 */
import { createTradeBook } from "../../domain/autopilot/trade_book.ts";
import { type JsonObject, parseObject } from "../../domain/json_value.ts";
import { type Books, decimalOf, rowsOf } from "./books.ts";
import { judgePositions } from "./judge_positions.ts";
import type { OrderViolation, Say } from "./violation.ts";

/** An answer to a request that names, or leads to, one order. */
export interface OrderReply {
  readonly user: string;
  /** Names the request; the same one may be made again. */
  readonly ask: string;
  readonly status: number;
  /** Whether the order was there before; `undefined` where it says nothing. */
  readonly isRepeat: boolean | undefined;
  readonly body: JsonObject;
}

/** Fields of an order that no answer may tell otherwise. */
const FIXED = [
  "client_order_id",
  "symbol",
  "side",
  "qty",
  "order_type",
  "limit_price",
  "time_in_force",
  "created_at",
];

/** Statuses that are the last one. */
const LAST = ["filled", "rejected", "denied"];

/** Statuses of orders that the venue never had. */
const NEVER_SENT = ["denied", "failed", "dry_run"];

/** What the venue calls a status. */
const AT_VENUE: Readonly<Record<string, string>> = {
  accepted: "open",
  partially_filled: "open",
  pending_cancel: "open",
};

/** What is wrong once everything has come to rest. */
export function judgeOrders(
  books: Books,
  replies: readonly OrderReply[],
): readonly OrderViolation[] {
  const violations: OrderViolation[] = [];
  const say: Say = (rule, message) => void violations.push({ rule, message });
  judgeAnswers(books, replies, say);
  judgeVenue(books, say);
  judgePositions(books, say);
  judgeOrderEvents(books, say);
  judgeRuns(books, say);
  judgeCounts(books, say);
  return violations;
}

function judgeAnswers(
  books: Books,
  replies: readonly OrderReply[],
  say: Say,
): void {
  const orders = rowsOf(books, "order");
  const asks = Map.groupBy(replies, ({ user, ask }) => `${user} ${ask}`);
  const asked = new Map<string, string>();
  const all: (readonly [string, OrderReply[]])[] = [];
  for (const [ask, answers] of asks) {
    for (const { status, body } of answers) {
      if (status >= 300) say("answer", `${ask}: ${status} ${body["detail"]}`);
    }
    const good = answers.filter(({ status }) => status < 300);
    const attempts = Map.groupBy(good, nameOf);
    // What was denied without an id may be tried again, until it is taken.
    const lasting = attempts.keys().filter((name) =>
      orders.get(name)?.data["status"] !== "denied" || /-E$/.test(name)
    ).toArray();
    if (attempts.size > 1 && lasting.length > 1) {
      say("answer", `${ask}: client_order_id ${lasting.join(" and ")}`);
    }
    for (const attempt of attempts.values()) all.push([ask, attempt]);
  }
  for (const [ask, good] of all) {
    const [first] = good;
    if (!first) continue;
    const fresh = good.filter(({ isRepeat }) => isRepeat === false);
    if (fresh.length > 1) say("answer", `${ask}: new ${fresh.length} times`);
    for (const { body } of good) {
      for (const field of FIXED) {
        if (body[field] === first.body[field]) continue;
        const values = `${first.body[field]} and ${body[field]}`;
        say("answer", `${ask}: ${field} ${values}`);
      }
    }
    const name = nameOf(first);
    const other = asked.get(name);
    if (other !== undefined) say("answer", `${ask} and ${other}: both ${name}`);
    asked.set(name, ask);
    const order = orders.get(name);
    if (!order) {
      say("kept", `${name} was told of, and is not there`);
      continue;
    }
    for (const { body } of good) {
      const { status, filled_qty: filled, broker_order_id: venue } = body;
      const now = order.data;
      const isLess = decimalOf(now["filled_qty"]) < decimalOf(filled);
      const isOther = LAST.includes(`${status}`) && status !== now["status"];
      const isElsewhere = venue !== null && venue !== now["broker_order_id"];
      if (isLess || isOther || isElsewhere) {
        say(
          "answer",
          `${name}: told ${status} with ${filled}, it is ${
            now["status"]
          } with ${now["filled_qty"]}`,
        );
      }
    }
  }
}

const nameOf = ({ user, body }: OrderReply) =>
  `${user} ${body["client_order_id"]}`;

function judgeVenue(books: Books, say: Say): void {
  const orders = rowsOf(books, "order");
  const venue = rowsOf(books, "paper_order");
  const fills = Map.groupBy(
    rowsOf(books, "fill").values(),
    ({ user, data }) => `${user} ${data["client_order_id"]}`,
  );
  for (const name of fills.keys()) {
    if (!orders.has(name)) say("venue", `${name}: fills without an order`);
  }
  for (const [name, { isOpen }] of rowsOf(books, "paper_late")) {
    if (isOpen) say("pending", `${name} is still on its way`);
  }
  for (const { user, id } of rowsOf(books, "orphan").values()) {
    say("venue", `${user} ${id}: taken for an orphan`);
  }
  for (const [name, { data }] of venue) {
    const times = data["submissions"];
    if (times !== 1) say("twice", `${name} was sent ${times} times`);
    if (!orders.has(name)) say("venue", `${name}: only the venue has it`);
  }
  for (const [name, { data, isOpen }] of orders) {
    const status = `${data["status"]}`;
    if (["pending_new", "pending_cancel"].includes(status)) {
      say("pending", `${name} is ${status}: ${data["reason"]}`);
    }
    const there = venue.get(name);
    const wasSent = !NEVER_SENT.includes(status) &&
      data["broker_order_id"] !== undefined;
    if (wasSent !== (there !== undefined)) {
      say(
        "venue",
        `${name} is ${status}, the venue has ${there ? "it" : "none"}`,
      );
      continue;
    }
    if (!there) continue;
    const said = AT_VENUE[status] ?? status;
    if (said !== there.data["status"] || isOpen !== there.isOpen) {
      say("venue", `${name} is ${status}, there ${there.data["status"]}`);
    }
    const own = (fills.get(name) ?? []).map(({ data }) => fillText(data));
    const its = (there.data["fills"] as JsonObject[])
      .map((fill) => fillText({ ...fill, fill_id: fill["id"] }));
    if (own.sort().join() !== its.sort().join()) {
      say("venue", `${name} has fills [${own}], there [${its}]`);
    }
    const filled = (fills.get(name) ?? [])
      .reduce((sum, { data }) => sum + decimalOf(data["qty"]), 0n);
    if (filled !== decimalOf(data["filled_qty"])) {
      say("position", `${name}: its fills are not its filled_qty`);
    }
  }
}

function fillText(fill: JsonObject): string {
  return [fill["fill_id"], fill["qty"], fill["price"], fill["commission"]]
    .join("/");
}

/** Folds `orders.executed` to the last state of each order. */
function judgeOrderEvents(books: Books, say: Say): void {
  const last = new Map<string, string>();
  const taken = new Map<string, number>();
  for (const { channel, meta, json } of books.events) {
    const data = parseObject(json) ?? {};
    const { client_order_id: id } = data;
    if (channel !== "orders.executed" || id === undefined) continue;
    const name = `${meta.user} ${id}`;
    const state = `${data["status"]} ${data["filled_qty"]}`;
    if (last.get(name) === state) say("told", `${name}: ${state} twice`);
    last.set(name, state);
    const counts = Number(data["num_orders"]);
    taken.set(name, (taken.get(name) ?? 0) + counts);
  }
  for (const [name, { data }] of rowsOf(books, "order")) {
    const state = `${data["status"]} ${data["filled_qty"]}`;
    // A fresh one that was kept: nothing is known of it yet.
    if (data["status"] === "pending_new" && !last.has(name)) continue;
    if (last.get(name) !== state) {
      say("told", `${name} is ${state}, told ${last.get(name)}`);
    }
    last.delete(name);
    const counts = data["run_id"] === undefined ? 1 : 0;
    if (taken.get(name) !== counts) {
      say("counted", `${name}: events count ${taken.get(name)} orders`);
    }
  }
  for (const name of last.keys()) say("told", `${name}: told, not there`);
}

function judgeRuns(books: Books, say: Say): void {
  const told = Map.groupBy(
    books.events.filter(({ channel, json }) =>
      channel === "orders.executed" &&
      parseObject(json)?.["client_order_id"] === undefined
    ),
    ({ meta, json }) => `${meta.user} ${parseObject(json)?.["run_id"]}`,
  );
  const orders = Map.groupBy(
    rowsOf(books, "order").values().filter(({ data }) => data["run_id"]),
    ({ user, data }) => `${user} ${data["run_id"]}`,
  );
  for (const [name, { isOpen }] of rowsOf(books, "run")) {
    if (isOpen) say("run", `${name} has not ended`);
    const [event, ...more] = told.get(name) ?? [];
    if (more.length > 0) say("run", `${name}: its end was told twice`);
    const end = parseObject(event?.json ?? "{}");
    const count = end?.["num_orders"];
    const sent = orders.get(name)?.length ?? 0;
    if (!isOpen && count !== sent) {
      say("run", `${name} has ${sent} orders, told ${count}`);
    }
    // One that is not known to be taken counts until the contrary is known.
    const taken = (orders.get(name) ?? []).filter(({ data }) =>
      data["broker_order_id"] !== undefined && data["status"] !== "rejected"
    ).length;
    const accepted = Number(end?.["num_accepted"]);
    if (!isOpen && !(taken <= accepted && accepted <= sent)) {
      say("run", `${name} told ${accepted} of ${taken} orders that were taken`);
    }
    told.delete(name);
    orders.delete(name);
  }
  for (const name of [...told.keys(), ...orders.keys()]) {
    say("run", `${name}: there is no such run`);
  }
}

/** What the circuit breaker of the autopilot counts. */
function judgeCounts(books: Books, say: Say): void {
  const book = createTradeBook();
  for (const event of books.events) {
    book.apply(event);
    // An event that comes again is none.
    if (book.apply(event)) say("counted", `event ${event.id} counts twice`);
  }
  const orders = rowsOf(books, "order");
  const now = (books.events.at(-1)?.committedAt ?? 0) + 1;
  const taken = Map.groupBy(
    rowsOf(books, "paper_order").values()
      .filter(({ data }) => data["status"] !== "rejected")
      .filter(({ user, id }) =>
        orders.get(`${user} ${id}`)?.data["run_id"] === undefined
      ),
    ({ user }) => user,
  );
  const byRuns = new Map<string, number>();
  for (const { channel, meta, json } of books.events) {
    const data = parseObject(json) ?? {};
    const isRun = channel === "orders.executed" &&
      data["client_order_id"] === undefined;
    const count = isRun ? Number(data["num_accepted"]) : 0;
    byRuns.set(`${meta.user}`, (byRuns.get(`${meta.user}`) ?? 0) + count);
  }
  for (const user of new Set([...book.users(), ...taken.keys()])) {
    const expected = (taken.get(user)?.length ?? 0) + (byRuns.get(user) ?? 0);
    const counted = book.tally(user, undefined, now, 0).tradesDay;
    if (counted !== expected) {
      say("counted", `${user}: ${counted} trades, the venue took ${expected}`);
    }
  }
  if (book.unreadable > 0) say("counted", `${book.unreadable} unreadable`);
}
