/**
 * The judge of orders finds what must not be, and nothing else.
 *
 * @module
 */
import { deepEqual, ok } from "../support/assert.ts";
import { judgeOrders, type OrderReply } from "./judge.ts";
import type { OrderViolation } from "./violation.ts";

// deno-lint-ignore no-explicit-any
type Data = any;

interface History {
  rows: {
    user: string;
    kind: string;
    id: string;
    isOpen: boolean;
    data: Data;
  }[];
  events: Data[];
  replies: OrderReply[];
}

/** Ann has bought 10 at 5, sold 4 of them at 7, and a run bought 2 more at 6. */
function soundHistory(): History {
  const rows: History["rows"] = [];
  const events: Data[] = [];
  const replies: OrderReply[] = [];
  const put = (kind: string, id: string, data: Data, isOpen = false) =>
    rows.push({ user: "ann", kind, id, isOpen, data });
  const tell = (channel: string, key: string, data: Data) =>
    events.push({
      id: `event-${events.length}`,
      channel,
      key,
      data,
      meta: { timestamp: "2026-01-06T00:00:00Z", source: "t", user: "ann" },
      position: events.length + 1,
      batchEnd: events.length + 1,
      committedAt: 1_767_700_000_000,
    });
  let held = 0;

  function deal(
    id: string,
    side: "buy" | "sell",
    qty: number,
    price: string,
    earned: string,
    run?: string,
  ): void {
    const base = { symbol: "AAA", side, qty: `${qty}`, order_type: "market" };
    const order = {
      ...base,
      status: "filled",
      broker_order_id: `paper-${id}`,
      filled_qty: `${qty}`,
      ...run ? { run_id: run } : {},
    };
    const fill = { qty: `${qty}`, price, commission: "0.5" };
    put("order", id, order);
    put("fill", `${id} f1`, {
      ...fill,
      client_order_id: id,
      fill_id: "f1",
      symbol: "AAA",
      side,
      realized_pnl: earned,
    });
    put("paper_order", id, {
      status: "filled",
      submissions: 1,
      fills: [{ id: "f1", ...fill }],
    });
    const change = side === "buy" ? qty : -qty;
    held += change;
    tell("orders.executed", run ?? id, {
      run_id: run ?? id,
      strategy_id: "s",
      num_orders: run ? 0 : 1,
      num_accepted: run ? 0 : 1,
      num_rejected: 0,
      client_order_id: id,
      ...base,
      status: "filled",
      filled_qty: `${qty}`,
    });
    tell("positions.updated", "AAA", {
      symbol: "AAA",
      qty_change: `${change}`,
      new_qty: `${held}`,
      price,
      commission: "0.5",
      realized_pnl: earned,
      client_order_id: id,
      ...run ? { run_id: run } : {},
    });
    if (run) return;
    const body = {
      ...base,
      client_order_id: id,
      status: "filled",
      broker_order_id: `paper-${id}`,
      filled_qty: `${qty}`,
      limit_price: null,
      time_in_force: "gtc",
      created_at: "2026-01-06T00:00:00.000Z",
    };
    replies.push(
      { user: "ann", ask: id, status: 201, isRepeat: false, body },
      { user: "ann", ask: id, status: 200, isRepeat: true, body },
    );
  }

  deal("one", "buy", 10, "5", "0");
  deal("two", "sell", 4, "7", "8");
  deal("three", "buy", 2, "6", "0", "run-1");
  tell("orders.executed", "run-1", {
    run_id: "run-1",
    strategy_id: "s",
    num_orders: 1,
    num_accepted: 1,
    num_rejected: 0,
  });
  put("run", "run-1", {});
  put("position", "AAA", {
    qty: "8",
    cost: "42",
    realized_pnl: "8",
    commission: "1.5",
  }, true);
  put("paper_position", "AAA", { qty: "8" }, true);
  put("day", "2026-01-06", { realized_pnl: "8", commission: "1.5" });
  return { rows, events, replies };
}

function judge({ rows, events, replies }: History): string[] {
  const told = events.map(({ data, ...event }) => ({
    ...event,
    json: JSON.stringify(data),
  }));
  const found = judgeOrders({ rows, events: told }, replies);
  return [...new Set(found.map(({ rule }) => rule))];
}

type Change = (
  row: (kind: string, id: string) => Data,
  history: History,
) => void;

/** What can go wrong, by the rule that must find it. */
const WRONG: readonly (readonly [OrderViolation["rule"], string, Change])[] = [
  [
    "answer",
    "a refusal",
    (_, h) => h.replies.push({ ...h.replies[0]!, status: 409 }),
  ],
  ["answer", "a second new order", (_, h) => h.replies.push(h.replies[0]!)],
  ["answer", "another id for the same request", (_, h) => {
    const last = h.replies[1]!;
    h.replies[1] = { ...last, body: { ...last.body, client_order_id: "two" } };
  }],
  [
    "answer",
    "one order for two requests",
    (_, h) => h.replies.push({ ...h.replies[1]!, ask: "another" }),
  ],
  ["answer", "more than there is in the end", (_, h) => {
    const last = h.replies[1]!;
    h.replies[1] = { ...last, body: { ...last.body, filled_qty: "11" } };
  }],
  ["answer", "an end that was taken back", (_, h) => {
    const last = h.replies[1]!;
    h.replies[1] = { ...last, body: { ...last.body, status: "rejected" } };
  }],
  ["kept", "an order that is gone", (_, h) => drop(h, "order", "one")],
  ["twice", "an order that was sent again", (row) => {
    row("paper_order", "one").submissions = 2;
  }],
  [
    "venue",
    "an order that only the venue has",
    (_, h) => drop(h, "order", "three"),
  ],
  [
    "venue",
    "an order that the venue never had",
    (_, h) => drop(h, "paper_order", "one"),
  ],
  ["venue", "a failed order that the venue has", (row) => {
    row("order", "one").status = "failed";
  }],
  ["venue", "another end at the venue", (row) => {
    row("paper_order", "one").status = "canceled";
  }],
  ["venue", "a fill that is missing", (_, h) => drop(h, "fill", "one f1")],
  ["venue", "another price", (row) => {
    row("paper_order", "one").fills[0].price = "5.5";
  }],
  [
    "venue",
    "an orphan",
    (_, h) =>
      h.rows.push({
        user: "ann",
        kind: "orphan",
        id: "x",
        isOpen: true,
        data: {},
      }),
  ],
  ["pending", "an order of which nothing is known", (row) => {
    row("order", "one").status = "pending_new";
  }],
  ["pending", "an order that is never canceled", (row) => {
    row("order", "one").status = "pending_cancel";
  }],
  ["pending", "a request that never arrived", (_, h) =>
    h.rows.push({
      user: "ann",
      kind: "paper_late",
      id: "x",
      isOpen: true,
      data: {},
    })],
  ["position", "a fill that counts twice", (row) => {
    row("position", "AAA").qty = "18";
  }],
  ["position", "another position at the venue", (row) => {
    row("paper_position", "AAA").qty = "10";
  }],
  ["position", "no position", (_, h) => drop(h, "position", "AAA")],
  ["position", "more filled than fills", (row) => {
    row("order", "one").filled_qty = "9";
  }],
  ["earned", "a gain that counts twice", (row) => {
    row("position", "AAA").realized_pnl = "16";
  }],
  ["earned", "a day without its gain", (row) => {
    row("day", "2026-01-06").realized_pnl = "0";
  }],
  ["earned", "a wrong gain that adds up", (row, h) => {
    row("position", "AAA").realized_pnl = "9";
    row("position", "AAA").cost = "43";
    row("day", "2026-01-06").realized_pnl = "9";
    row("fill", "two f1").realized_pnl = "9";
    h.events[3].data.realized_pnl = "9";
  }],
  [
    "told",
    "a fill that was told twice",
    (_, h) => h.events.push({ ...h.events[1], id: "again" }),
  ],
  ["told", "a fill that was not told", (_, h) => h.events.splice(1, 1)],
  [
    "told",
    "an order that was told twice",
    (_, h) => h.events.splice(1, 0, { ...h.events[0], id: "again" }),
  ],
  ["told", "an order that was not told", (_, h) => h.events.splice(0, 1)],
  ["told", "an order that is not there", (_, h) => {
    const { data } = h.events[0];
    h.events.push({
      ...h.events[0],
      id: "other",
      data: { ...data, client_order_id: "x" },
    });
  }],
  ["told", "fills in another order", (_, h) => {
    [h.events[1], h.events[3]] = [h.events[3], h.events[1]];
  }],
  ["counted", "an order that counts twice", (_, h) => {
    h.events[0].data.num_orders = 2;
  }],
  ["counted", "an order that does not count", (_, h) => {
    h.events[2].data.num_accepted = 0;
  }],
  ["run", "a run without an end", (_, h) => {
    h.rows.find(({ kind }) => kind === "run")!.isOpen = true;
  }],
  [
    "run",
    "an end that was told twice",
    (_, h) => h.events.push({ ...h.events[6], id: "again" }),
  ],
  [
    "run",
    "an order of a run that is not there",
    (_, h) => drop(h, "run", "run-1"),
  ],
  ["run", "an order that the end leaves out", (_, h) => {
    h.events[6].data.num_orders = 0;
  }],
];

function drop(history: History, kind: string, id: string): void {
  const is = (row: History["rows"][number]) =>
    row.kind === kind && row.id === id;
  history.rows.splice(history.rows.findIndex(is), 1);
}

Deno.test("the judge of orders finds nothing wrong where nothing is", () => {
  deepEqual(judge(soundHistory()), []);
});

for (const [rule, what, change] of WRONG) {
  Deno.test(`the judge of orders finds ${what}`, () => {
    const history = soundHistory();
    change(
      (kind, id) =>
        history.rows.find((row) => row.kind === kind && row.id === id)!.data,
      history,
    );
    const found = judge(history);
    ok(found.includes(rule), `it has found ${found.join(", ") || "nothing"}`);
  });
}
