/**
 * What happens to a service before its state is kept as that of a release:
 * something of everything that is stored.
 *
 * @module
 */
import { ok } from "../support/assert.ts";

/** A request whose answer follows from what is stored. */
export interface Question {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Who asks; the operator when absent. */
  readonly user?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What a release answered. */
export interface Answered extends Question {
  readonly etag?: string;
  readonly json: Json;
}

// deno-lint-ignore no-explicit-any
type Json = any;

/** Asks a service. */
export type Ask = (
  method: string,
  path: string,
  more?: {
    readonly user?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  },
) => Promise<{
  readonly status: number;
  readonly headers: Headers;
  readonly json: Json;
}>;

/** What must go on after an upgrade as if nothing had happened. */
export interface Sequel {
  /** The number that Ann gets next on the day. */
  readonly nextNumber: number;
  readonly day: string;
  /** A delivery that a member still has. */
  readonly delivery: { readonly position: number; readonly token: string };
  /** An order of Ann that is open. */
  readonly openOrder: string;
  /** Newest position of the log. */
  readonly head: number;
}

/** The story as it was told, and what is known since. */
export interface Told {
  readonly questions: readonly Question[];
  readonly sequel: Sequel;
}

const DAY = "20260105";
const KEY = "0b6f3c1e-order-of-ann";

/** Tells it to a fresh service. */
export async function tellStory(ask: Ask): Promise<Told> {
  const change = async (
    method: string,
    path: string,
    more: Parameters<Ask>[2] = {},
  ): Promise<Json> => {
    const { status, json } = await ask(method, path, more);
    ok(status < 300, `${method} ${path}: ${status} ${JSON.stringify(json)}`);
    return json;
  };
  await changeSettings(change);
  const openOrder = await trade(change);
  await change("POST", "/api/orders/sequence", {
    user: "ann",
    body: { day: DAY, count: 5 },
  });
  await change("POST", "/api/orders/client-order-id", {
    user: "ann",
    headers: { "Idempotency-Key": KEY },
    body: ORDER_ID,
  });
  await change("POST", "/api/v1/features/batch", {
    body: { symbols: ["SYNA", "SYNB"], date: "2024-03-28" },
  });
  await change("DELETE", "/api/v1/features/SYND");
  const delivery = await consume(change);

  const next = await change("POST", "/api/orders/sequence", {
    user: "ann",
    body: { day: DAY },
  });
  const { events } = await change("GET", "/api/v1/events?limit=1000");
  return {
    questions: questionsAbout(openOrder, delivery.dead),
    sequel: {
      nextNumber: next.last + 1,
      day: DAY,
      delivery: delivery.held,
      openOrder,
      head: events.at(-1).metadata.position,
    },
  };
}

type Change = (
  method: string,
  path: string,
  more?: Parameters<Ask>[2],
) => Promise<Json>;

const ORDER_ID = { mode: "SCA", type: "E", symbol: "BTCUSDT" };
const USERS = ["default", "ann", "bob"];
const MODE = "/api/futures/ginie/modes/scalp";

async function changeSettings(change: Change): Promise<void> {
  for (const user of USERS) {
    await change("GET", "/api/user/settings", { user });
  }
  for (const stop of [1.25, 1.5, 1.75]) {
    await change("PATCH", MODE, {
      user: "ann",
      body: { sltp: { stop_loss_percent: stop } },
    });
  }
  await change("POST", "/api/user/settings/reset", {
    user: "ann",
    body: { path: "mode_configs.scalp.sltp.stop_loss_percent" },
  });
  await change("PATCH", "/api/user/settings", {
    user: "bob",
    body: { trading: { global_trading: { timezone: "Europe/Berlin" } } },
  });
  await change("PATCH", "/api/user/global-circuit-breaker", {
    user: "bob",
    body: { max_daily_loss: 321.5 },
  });
  const defaults = await change("GET", "/api/admin/defaults");
  defaults.mode_configs.scalp.sltp.stop_loss_percent = 1.1;
  await change("PUT", "/api/admin/defaults", { body: defaults });
}

/** Orders of Ann and of bob's strategy; returns the one that stays open. */
async function trade(change: Change): Promise<string> {
  const order = { symbol: "SYNA", side: "buy", qty: "10" };
  await change("POST", "/api/v1/orders", {
    user: "ann",
    body: { ...order, order_type: "market", strategy_id: "by-hand" },
  });
  const { client_order_id } = await change("POST", "/api/v1/orders", {
    user: "ann",
    body: {
      ...order,
      order_type: "limit",
      limit_price: "0.5",
      time_in_force: "gtc",
    },
  });
  await change("POST", "/api/v1/orchestration/run", {
    user: "bob",
    body: {
      symbols: ["SYNA", "SYNB", "SYNC"],
      as_of_date: "2024-03-28",
      top_n: 1,
      bottom_n: 1,
      capital: "10000",
    },
  });
  await change("PUT", "/api/admin/kill-switch", {
    body: { user: "carl", engaged: true, reason: "he is away" },
  });
  return client_order_id;
}

/** Leaves a group with one event settled, one given up and one that is out. */
async function consume(change: Change) {
  for (const id of [1, 2, 3, 4]) {
    await change("POST", "/api/v1/events", {
      user: "ann",
      body: {
        event_type: "setup.received",
        data: { setup_id: `setup-${id}`, tickers: ["SYNA"] },
        metadata: { key: `key-${id}` },
      },
    });
  }
  const group = "/api/v1/events/groups/billing";
  await change("PUT", group, {
    body: {
      channels: ["setup.*"],
      start: "earliest",
      max_attempts: 1,
      on_poison: "park",
      lease_ms: 3_600_000,
    },
  });
  const { deliveries } = await change("GET", `${group}/next?limit=3`);
  const [settled, dead, held] = deliveries.map((
    { position, token }: Sequel["delivery"],
  ) => ({ position, token }));
  await change("POST", `${group}/ack`, { body: { deliveries: [settled] } });
  await change("POST", `${group}/nack`, {
    body: { deliveries: [{ ...dead, error: "no such setup" }] },
  });
  return { dead: dead.position as number, held: held as Sequel["delivery"] };
}

function questionsAbout(order: string, dead: number): Question[] {
  const settings = [
    "/api/user/settings?include=all",
    "/api/user/settings",
    "/api/user/global-circuit-breaker",
    "/api/futures/ginie/scalp-reentry-config",
    "/api/futures/ginie/capital-allocation",
    ...["ultra", "scalp", "swing", "position"].map((mode) =>
      `/api/futures/ginie/modes/${mode}`
    ),
    "/api/user/settings/comparison",
    "/api/user/settings/history?limit=100",
  ];
  const trading = [
    "/api/v1/orders?limit=100",
    "/api/v1/positions",
    "/api/v1/orchestration/runs",
  ];
  const common = [
    "/api/admin/defaults",
    "/api/admin/defaults/history",
    "/api/admin/kill-switch",
    "/api/v1/events?limit=1000",
    "/api/v1/events?limit=1000&form=cloudevents",
    "/api/v1/events/groups",
    "/api/v1/events/groups/billing",
    "/api/v1/events/dead-letters",
    `/api/v1/events/dead-letters/billing/${dead}`,
    "/api/v1/features/SYNA/2024-03-28",
  ];
  const get = (path: string, user?: string): Question => ({
    method: "GET",
    path,
    ...(user === undefined ? {} : { user }),
  });
  return [
    ...USERS.flatMap((user) =>
      [...settings, ...trading].map((path) => get(path, user))
    ),
    ...common.map((path) => get(path)),
    get(`/api/v1/orders/${order}`, "ann"),
    {
      method: "POST",
      path: "/api/orders/client-order-id",
      user: "ann",
      headers: { "Idempotency-Key": KEY },
      body: ORDER_ID,
    },
  ];
}
