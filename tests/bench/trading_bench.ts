/**
 * How long the trading path takes over HTTP: the service as one starts it, on
 * SQLite, with the paper broker.
 *
 * @module
 */
import { join } from "node:path";
import {
  type ServiceProcess,
  startService,
} from "../support/service_process.ts";
import { type Figure, quantile, timeEach } from "./figure.ts";

const BARS = "examples/market_data";
/** Those of the sample data that have years of bars. */
const ORIGINALS = ["SYNA", "SYNB", "SYNC", "SYND", "SYNT"];
const SYMBOLS = Array.from({ length: 50 }, (_, i) => `SYN${i}`);
const WARM_UP = 200;
const ORDERS = 1000;
/** So many orders, then one look at how fast the disk is. */
const ORDERS_A_LOOK = 5;
const RUNS = 15;

/** Measures orders one after the other, and runs of 50 symbols. */
export async function benchTrading(): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const bars = join(folder, "bars");
  await Deno.mkdir(bars);
  for (const [i, symbol] of SYMBOLS.entries()) {
    const from = join(BARS, `${ORIGINALS[i % ORIGINALS.length]}.parquet`);
    await Deno.copyFile(from, join(bars, `${symbol}.parquet`));
  }
  const service = stack.use(
    await startService({ DATA_DIR: folder, MARKET_DATA_DIR: bars }),
  );
  const disk = stack.use(await openDisk(join(folder, "disk")));
  return [...await benchPosts(service, disk), ...await benchRuns(service)];
}

async function benchPosts(
  service: ServiceProcess,
  disk: Disk,
): Promise<Figure[]> {
  const order = (i: number) =>
    post(service, "/api/v1/orders", "ann", {
      symbol: SYMBOLS[0],
      side: i % 2 === 0 ? "buy" : "sell",
      qty: "10",
      order_type: "market",
      client_order_id: `bench-${i}`,
    });
  await timeEach(WARM_UP, order);
  const times: number[] = [];
  const syncs: number[] = [];
  for (let i = WARM_UP; i < WARM_UP + ORDERS; i += ORDERS_A_LOOK) {
    times.push(...await timeEach(ORDERS_A_LOOK, (j) => order(i + j)));
    syncs.push(...await timeEach(1, () => disk.sync()));
  }
  const beside = (q: number) =>
    `${quantile(syncs, q).toPrecision(3)} ms, one fsync of that disk`;
  const name = "orders: POST an order on paper until it is filled, on SQLite";
  return [
    {
      name: `${name}, p50`,
      value: quantile(times, 0.5),
      unit: "ms",
      beside: beside(0.5),
    },
    {
      name: `${name}, p99`,
      value: quantile(times, 0.99),
      unit: "ms",
      limit: 10,
      beside: beside(0.99),
    },
  ];
}

/** Each run is of another user: a second one of the same day is a repeat. */
async function benchRuns(service: ServiceProcess): Promise<Figure[]> {
  const run = (user: string, isDry: boolean) =>
    post(service, "/api/v1/orchestration/run", user, {
      symbols: SYMBOLS,
      top_n: 25,
      bottom_n: 25,
      dry_run: isDry,
    });
  const dry: number[] = [];
  const sent: number[] = [];
  for (let i = -2; i < RUNS; i++) {
    const user = `user${i}`;
    const [without] = await timeEach(1, () => run(user, true));
    const [withOrders] = await timeEach(1, () => run(user, false));
    if (i < 0) continue;
    dry.push(without!);
    sent.push(withOrders!);
  }
  return [
    {
      name: "orders: orchestration of 50 symbols, nothing sent, warm, p50",
      value: quantile(dry, 0.5),
      unit: "ms",
      limit: 100,
    },
    {
      name: "orders: orchestration of 50 symbols, 50 orders filled, warm, p50",
      value: quantile(sent, 0.5),
      unit: "ms",
      limit: 100,
    },
  ];
}

/** What everything that is committed waits for. */
interface Disk extends Disposable {
  /** Writes a page, and waits until it is safe. */
  sync(): Promise<void>;
}

async function openDisk(path: string): Promise<Disk> {
  const file = await Deno.open(path, { create: true, append: true });
  const page = new Uint8Array(4096);
  return {
    async sync() {
      await file.write(page);
      await file.syncData();
    },
    [Symbol.dispose]: () => file.close(),
  };
}

/** Each request must be a new one that goes well. */
async function post(
  { url }: ServiceProcess,
  path: string,
  user: string,
  body: unknown,
): Promise<void> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "x-user-id": user },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const isRepeat = response.headers.get("idempotency-replayed") === "true";
  if (response.ok && !isRepeat) return;
  throw new Error(`Cannot measure ${path} as it says ${text.slice(0, 300)}`);
}
