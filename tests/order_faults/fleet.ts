/**
 * Services that trade on paper, with times short enough to see an order change
 * hands, that are killed and started again.
 *
 * @module
 */
import { join } from "node:path";
import { quietPort } from "../support/quiet_port.ts";
import {
  type Edit,
  openPatchedSource,
  type PatchedSource,
} from "../support/patched_source.ts";
import { makeSchema } from "../support/postgres_world.ts";
import {
  type ServiceProcess,
  startService,
} from "../support/service_process.ts";
import { type Books, readPostgresBooks, readSqliteBooks } from "./books.ts";

/** What a service needs to run. */
const NEEDED = [
  "deno.json",
  "deno.lock",
  "domain",
  "ports",
  "adapters",
  "src",
  "examples",
];

/** Nothing but times: after a death others do not wait for long. */
const SHORT_TIMES: readonly Edit[] = [
  {
    file: "src/apps/execution_gateway/parts.ts",
    find: "LEASE_MS = 3000",
    replace: "LEASE_MS = 800",
  },
  {
    file: "src/apps/execution_gateway/reconciliation.ts",
    find: "POLL_EVERY_MS = 2000",
    replace: "POLL_EVERY_MS = 200",
  },
  {
    file: "src/apps/orchestrator/follow.ts",
    find: "leaseMs: 30_000",
    replace: "leaseMs: 1000",
  },
  {
    file: "src/composition_root.ts",
    find: "PAPER_LOOK_MS = 1000",
    replace: "PAPER_LOOK_MS = 200",
  },
];

/** Opens the program with short times, and with `edits`. */
export async function openShortSource(
  edits: readonly Edit[] = [],
): Promise<PatchedSource> {
  const source = await openPatchedSource(NEEDED, [...SHORT_TIMES, ...edits]);
  if (source.fault === undefined) return source;
  await source[Symbol.asyncDispose]();
  throw new Error(`Cannot change the program as ${source.fault}`);
}

/** What a fleet is to be like. */
export interface FleetOptions {
  /** Where the program is. */
  readonly folder: string;
  /** How many instances; two need Postgres. */
  readonly size: 1 | 2;
  /** The Postgres server; SQLite when absent. */
  readonly postgres?: string | undefined;
  /** Variables of every instance. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Instances on one database. */
export interface Fleet extends AsyncDisposable {
  /** The folder of every instance. */
  readonly home: string;
  readonly size: number;
  /** Where an instance listens, or did. */
  url(n: number): string;
  /** Starts an instance that does not run. */
  start(n: number): Promise<void>;
  /** Resolves once an instance runs. */
  untilUp(): Promise<void>;
  /** Kills an instance. */
  kill(n: number): Promise<void>;
  /** Everything that the database holds. */
  books(): Promise<Books>;
  /** What all processes have logged. */
  readonly log: readonly string[];
}

let last: Promise<unknown> = Promise.resolve();

/** Does `work` when all work before is done: processes that start together are slow. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work);
  last = turn.catch(() => {});
  return turn;
}

/** Opens a fleet on a database of its own; no instance runs yet. */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const { folder, size, postgres, env } = options;
  await using stack = new AsyncDisposableStack();
  const home = await Deno.makeTempDir({ prefix: "holdfast-orders-" });
  stack.defer(() => Deno.remove(home, { recursive: true }));
  const schema = postgres === undefined
    ? undefined
    : stack.use(await makeSchema(postgres));
  const ports = Array.from({ length: size }, quietPort);
  const running: (ServiceProcess | undefined)[] = ports.map(() => undefined);
  const past: string[] = [];
  let started = Promise.withResolvers<void>();
  stack.defer(async () => {
    for (const one of running) await one?.end("SIGKILL");
  });
  const held = stack.move();
  return {
    home,
    size,
    url: (n) => `http://127.0.0.1:${ports[n]}`,
    async untilUp() {
      while (running.every((one) => one === undefined)) await started.promise;
    },
    async start(n) {
      running[n] = await inTurn(() =>
        startService(
          {
            DATA_DIR: home,
            ...schema ? { DATABASE_URL: schema.url } : {},
            INSTANCE_ID: `i${n}`,
            ...env,
            PORT: `${ports[n]}`,
          },
          [],
          folder,
        )
      );
      started.resolve();
      started = Promise.withResolvers();
    },
    async kill(n) {
      const one = running[n]!;
      running[n] = undefined;
      await one.end("SIGKILL");
      past.push(...one.log);
    },
    books: () =>
      schema
        ? readPostgresBooks(schema.url)
        : readSqliteBooks(join(home, "holdfast.db")),
    get log() {
      return [...past, ...running.flatMap((one) => one?.log ?? [])];
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
