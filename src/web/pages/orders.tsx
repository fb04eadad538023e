/**
 * Orders, what is held, and what it has earned.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, messageOf } from "../api.ts";
import { may } from "../live.ts";
import { ask } from "../parts/ask.tsx";
import { Empty, Fault, Mark, Section, Table, Time } from "../parts/basics.tsx";
import { type Holding, Holdings } from "../parts/holdings.tsx";
import { counted, money } from "../words.ts";
import { PaperRuns } from "./paper_runs.tsx";
import { type Run, Runs } from "./runs.tsx";

interface Order {
  readonly client_order_id: string;
  readonly status: string;
  readonly symbol: string;
  readonly side: string;
  readonly qty: string;
  readonly order_type: string;
  readonly limit_price: string | null;
  readonly filled_qty: string;
  readonly filled_avg_price: string | null;
  readonly reason: string | null;
  readonly run_id: string | null;
  readonly updated_at: string;
}

interface Positions {
  readonly positions: readonly Holding[];
  readonly total_unrealized_pl: string;
  readonly total_realized_pl: string;
}

/** How often all is looked at. */
const LOOK_MS = 3000;

const OPEN = ["pending_new", "accepted", "partially_filled", "pending_cancel"];

const orders = signal<readonly Order[] | undefined>(undefined);
const positions = signal<Positions | undefined>(undefined);
const runs = signal<readonly Run[]>([]);
const fault = signal<string | undefined>(undefined);
/** Part of an order id, a symbol or a run that is looked for. */
const wanted = signal("");

async function look(): Promise<void> {
  const [first, second, third] = await Promise.allSettled([
    call<{ orders: Order[] }>("GET", "/api/v1/orders?limit=200"),
    call<Positions>("GET", "/api/v1/positions"),
    call<{ runs: Run[] }>("GET", "/api/v1/orchestration/runs?limit=20"),
  ]);
  if (first.status === "fulfilled") orders.value = first.value.body.orders;
  if (second.status === "fulfilled") positions.value = second.value.body;
  if (third.status === "fulfilled") runs.value = third.value.body.runs;
  const failed = [first, second].find(({ status }) => status === "rejected");
  fault.value = failed && messageOf((failed as PromiseRejectedResult).reason);
}

/** The page. */
export function Orders() {
  useEffect(() => {
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <h1>{headline()}</h1>
      <Fault message={fault.value} />
      <Held />
      <OrderList />
      <Runs runs={runs.value} find={(id) => wanted.value = id} />
      <PaperRuns />
    </>
  );
}

function headline(): string {
  const held = positions.value;
  if (!held) return "Asking what is held…";
  const open = held.positions.filter(({ qty }) => Number(qty) !== 0).length;
  return open === 0
    ? "Nothing is held."
    : `${counted(open, "position")} held, ${
      money(held.total_unrealized_pl)
    } USD unrealized, ${money(held.total_realized_pl)} USD realized.`;
}

function Held() {
  const held = positions.value?.positions ?? [];
  return (
    <Section title="Positions">
      {held.length === 0
        ? <Empty>No position.</Empty>
        : <Holdings label="Positions" held={held} />}
    </Section>
  );
}

/** The orders of a chain share all of their id but the end: looking for it shows the chain. */
function OrderList() {
  const text = wanted.value.trim().toLowerCase();
  const all = orders.value ?? [];
  const shown = all.filter((order) =>
    [order.client_order_id, order.symbol, order.run_id ?? "", order.status]
      .some((part) => part.toLowerCase().includes(text))
  );
  return (
    <Section
      title="Orders"
      aside={
        <label class="inline">
          Find{" "}
          <input
            type="search"
            value={wanted.value}
            placeholder="id, chain, symbol, run"
            onInput={(event) => wanted.value = event.currentTarget.value}
          />
        </label>
      }
    >
      {shown.length === 0
        ? (
          <Empty>
            {all.length === 0 ? "No order yet." : "No order is like that."}
          </Empty>
        )
        : (
          <Table
            label="Orders"
            head={[
              "Order",
              "Status",
              "Symbol",
              "Side",
              { number: "Quantity" },
              { number: "Filled" },
              { number: "Average, USD" },
              "Changed",
              "",
            ]}
          >
            {shown.map((order) => (
              <OrderRow key={order.client_order_id} order={order} />
            ))}
          </Table>
        )}
    </Section>
  );
}

function OrderRow({ order }: { order: Order }) {
  const { client_order_id: id, status, reason } = order;
  const isOpen = OPEN.includes(status);
  const isBad = ["rejected", "denied", "failed"].includes(status);
  return (
    <tr>
      <th scope="row" class="mono">{id}</th>
      <td>
        <Mark
          tone={isBad
            ? "bad"
            : isOpen
            ? "warn"
            : status === "filled"
            ? "good"
            : "plain"}
        >
          {status.replaceAll("_", " ")}
        </Mark>
        {reason && <div class="hint">{reason}</div>}
      </td>
      <td>{order.symbol}</td>
      <td>{order.side}</td>
      <td class="number">{order.qty}</td>
      <td class="number">{order.filled_qty}</td>
      <td class="number">{order.filled_avg_price ?? "–"}</td>
      <td class="tight">
        <Time at={order.updated_at} />
      </td>
      <td>
        {isOpen && may("trade") && (
          <button
            type="button"
            class="row"
            onClick={() => askCancel(order)}
          >
            cancel…
          </button>
        )}
      </td>
    </tr>
  );
}

function askCancel({ client_order_id: id, symbol, side, qty }: Order): void {
  ask({
    title: "Cancel the order",
    detail: `${id}: ${side} ${qty} ${symbol}. What is filled stays filled.`,
    verb: "Cancel the order",
    async act() {
      await call("DELETE", `/api/v1/orders/${encodeURIComponent(id)}`);
      await look();
    },
  });
}
