/**
 * One service on SQLite that dies at a chosen call, is started again, and then
 * has to answer what was asked.
 *
 * @module
 */
import { join } from "node:path";
import { sleep } from "../../scripts/server_process.ts";
import { until } from "../faults/settle.ts";
import type { Edit, PatchedSource } from "../support/patched_source.ts";
import { type Ask, DEFAULT_USER, request, sendOrder } from "./clients.ts";
import { type Fleet, openFleet, openShortSource } from "./fleet.ts";
import { judgeOrders, type OrderReply } from "./judge.ts";
import type { OrderViolation } from "./violation.ts";

/** Where a process dies: before or after the `nth` such call from then on. */
export interface Death {
  /** Such as `broker.submit after`. */
  readonly place: string;
  readonly nth: number;
}

/** A service that can be told where to die. */
export interface Mortal extends AsyncDisposable {
  readonly fleet: Fleet;
  /** What clients were told. */
  readonly replies: readonly OrderReply[];
  /** Does `work` again and again until that leads to a death. */
  dieAt(death: Death, work?: () => Promise<unknown>): Promise<void>;
  /** Starts the service. */
  start(): Promise<void>;
  /** Starts it, and lets it die as it compares orders with the venue. */
  startAndDieAt(death: Death): Promise<void>;
  /** Sends an order; `undefined` where there is no answer. */
  send(ask: Ask): Promise<OrderReply | undefined>;
  /** Sends it until there is an answer. */
  insist(ask: Ask): Promise<OrderReply>;
  /** Asks for anything until there is an answer. */
  ask(method: string, path: string, body?: object): Promise<Answer>;
  /** Asks for it once. */
  tryAsk(method: string, path: string, body?: object): Promise<unknown>;
  /** How an order stands: here and at the venue; `none` where there is none. */
  state(id: string): Promise<string>;
  /** Waits until nothing is on its way, and judges. */
  judge(): Promise<readonly OrderViolation[]>;
}

// deno-lint-ignore no-explicit-any
type Answer = any;

const PATIENCE_MS = 20_000;

/** How long orders may be on their way before the judge looks. */
const QUIET_MS = 4000;

const TRADING = "src/trading.ts";

/** Every call of trading to what keeps or sends something can be the last. */
const MORTAL: readonly Edit[] = [
  {
    file: TRADING,
    find: 'import { plays } from "./services/role.ts";',
    replace: 'import { plays } from "./services/role.ts";\n' +
      'import { mortal } from "./mortal.ts";',
  },
  {
    file: TRADING,
    find: "    ledger,\n    broker:",
    replace:
      '    ledger: mortal(config.dataDir, "gateway", ledger),\n    broker:',
  },
  {
    file: TRADING,
    find: "createToldBroker(ports.broker,",
    replace: 'createToldBroker(mortal(config.dataDir, "broker", ports.broker),',
  },
  {
    file: TRADING,
    find: "    ledger,\n    signals:",
    replace:
      '    ledger: mortal(config.dataDir, "orchestrator", ledger),\n    signals:',
  },
  {
    file: TRADING,
    find: ": gateway,\n    defaults:",
    replace: ': mortal(config.dataDir, "orders", gateway),\n    defaults:',
  },
  {
    file: TRADING,
    find: "          orchestrator,\n          user:",
    replace:
      '          orchestrator: mortal(config.dataDir, "runs", orchestrator),\n' +
      "          user:",
  },
];

/** Opens the program so that it can die, with `edits`. */
export async function openMortalSource(
  edits: readonly Edit[] = [],
): Promise<PatchedSource> {
  const source = await openShortSource([...MORTAL, ...edits]);
  await Deno.copyFile(
    join(import.meta.dirname!, "mortal.ts"),
    join(source.folder, "src", "mortal.ts"),
  );
  return source;
}

/** Starts such a program on a database of its own. */
export async function openMortal(
  { folder }: PatchedSource,
  options: {
    readonly env?: Readonly<Record<string, string>>;
    /** The rule that is switched off, where the program can do without. */
    readonly off?: string;
  } = {},
): Promise<Mortal> {
  await using stack = new AsyncDisposableStack();
  const env = { PAPER_BROKER: "in_flight_ms=200", ...options.env };
  const fleet = stack.use(await openFleet({ folder, size: 1, env }));
  await Deno.writeTextFile(join(fleet.home, "off"), options.off ?? "");
  await fleet.start(0);
  const death = join(fleet.home, "death.json");
  const dying = join(fleet.home, "dying");
  const replies: OrderReply[] = [];
  const held = stack.move();

  const answered = async <T>(work: () => Promise<T | undefined>): Promise<T> =>
    (await until(PATIENCE_MS, work, (said) => said !== undefined))!;

  async function send(ask: Ask): Promise<OrderReply | undefined> {
    const reply = await sendOrder(fleet.url(0), ask);
    if (reply === undefined || reply === "away") return undefined;
    replies.push(reply);
    return reply;
  }

  async function tryAsk(method: string, path: string, body?: object) {
    const url = fleet.url(0) + path;
    const said = await request(url, method, DEFAULT_USER, body as Ask["body"]);
    return said === "away" ? undefined : said;
  }

  async function dieAt(
    chosen: Death,
    work: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<void> {
    // At once: the service may read it at any moment.
    await Deno.writeTextFile(`${death}.new`, JSON.stringify(chosen));
    await Deno.rename(`${death}.new`, death);
    let isDead = false;
    const working = (async () => {
      while (!isDead) {
        await work();
        await sleep(20);
      }
    })();
    try {
      await until(PATIENCE_MS, () => isThere(dying), (is) => is);
    } catch (cause) {
      const place = `${chosen.place} ${chosen.nth}`;
      const message = `Cannot let it die as it never came to ${place}`;
      throw new Error(message, { cause });
    } finally {
      isDead = true;
      await fleet.kill(0);
      await working;
    }
    await Deno.remove(dying);
    await Deno.remove(death);
  }

  const isThere = (path: string) =>
    Deno.stat(path).then(() => true, () => false);

  return {
    fleet,
    replies,

    dieAt,
    send,
    start: () => fleet.start(0),

    async startAndDieAt(chosen) {
      const hold = join(fleet.home, "hold");
      await Deno.writeTextFile(hold, "broker.open");
      await fleet.start(0);
      await dieAt(chosen, once(() => Deno.remove(hold)));
    },

    insist: (ask) => answered(() => send(ask)),
    ask: async (...what) => (await answered(() => tryAsk(...what))).body,
    tryAsk,

    async state(id) {
      const { rows } = await fleet.books();
      return ["order", "paper_order"].map((kind) =>
        rows.find((row) => row.kind === kind && row.id === id)
          ?.data["status"] ?? "none"
      ).join(", ");
    },

    async judge() {
      const isQuiet = async () => {
        const { rows } = await fleet.books();
        return !rows.some(({ kind, isOpen, data }) =>
          isOpen && (kind === "paper_late" || kind === "run" ||
            kind === "order" && `${data["status"]}`.startsWith("pending"))
        );
      };
      // What is not quiet by then is for the judge.
      await until(QUIET_MS, isQuiet, (is) => is).catch(() => {});
      return judgeOrders(await fleet.books(), replies);
    },

    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** `work`, which is done the first time only. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => done ??= work();
}

/** A market order of that name; a limit order that waits where so wanted. */
export function orderNamed(name: string, limit?: string): Ask {
  return {
    user: DEFAULT_USER,
    ask: name,
    body: {
      client_order_id: name,
      symbol: "SYNA",
      side: "buy",
      qty: "4",
      order_type: limit === undefined ? "market" : "limit",
      ...limit === undefined ? {} : { limit_price: limit },
      time_in_force: "gtc",
    },
  };
}
