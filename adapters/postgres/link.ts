/**
 * One connection to Postgres: postgres.js, with deadlines of our own.
 *
 * A link that has failed or been late is thrown away and never connects again,
 * so that no late answer and no half-open state of it reaches a later call.
 *
 * @module
 */
import postgres from "postgres";
import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Address, Host } from "./address.ts";
import { DeadlineExceeded, toOpenError } from "./errors.ts";
import { createSocket } from "./socket.ts";
import type { StatementMeter } from "./statement_meter.ts";

/** A value that is bound to a statement or comes out of a row. */
export type SqlValue = string | number | boolean | null;

/** How a link is set up. */
export interface LinkOptions {
  /** Measures the deadlines. */
  readonly clock: Clock;
  /** How long connecting and logging in may take. */
  readonly connectMs: number;
  /** How long a statement may take; the server gives up a little earlier. */
  readonly statementMs: number;
  /** Measures statements, where somebody wants to know. */
  readonly meter?: StatementMeter;
  /** Called with what somebody has sent with NOTIFY. */
  readonly onNotify?: (channel: string, payload: string) => void;
}

/** A connection that is logged in to a server that takes writes. */
export interface Link {
  /** Number of statements under way. */
  readonly load: number;
  /** Aborts when the link can no longer be used. */
  readonly lost: AbortSignal;

  /**
   * Runs one statement, which is a transaction of its own unless one is open.
   * Statements run in the order of the calls; each text is prepared once and
   * kept, so texts are constants.
   *
   * @returns The rows, as arrays of their columns.
   * @throws What postgres.js throws; `DeadlineExceeded`, after which the
   * statement is being cancelled and the link lost.
   */
  query<Row extends readonly SqlValue[]>(
    text: string,
    values?: readonly SqlValue[],
  ): Promise<Row[]>;

  /** Runs several statements without values. */
  script(text: string): Promise<void>;

  /** Ends the connection; statements under way fail as lost. Safe to call twice. */
  close(): Promise<void>;
}

interface Hello {
  readonly isStandby: boolean;
  readonly version: number;
}

interface Call {
  readonly startedAt: number;
  readonly reject: (reason: unknown) => void;
}

/** How often late statements are looked for. */
const SWEEP_MS = 20;

/** How much earlier than this process the server gives a statement up. */
const SERVER_MARGIN = 0.9;

/** How long connecting to cancel a statement may take, and cancelling it. */
const CANCEL_MS = 500;

/** Oldest Postgres that has all that the tables need. */
const OLDEST_VERSION = 130_000;

/**
 * Statements are planned once, for any values, and go by indexes however small
 * the tables were when that was done; planning anew costs half a read.
 */
const PLANNING = {
  plan_cache_mode: "force_generic_plan",
  enable_seqscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  jit: "off",
};

/** Positions and counts are far below 2^53. */
const BIGINT = { to: 20, from: [20], parse: Number, serialize: String };

/**
 * Connects to `host`.
 *
 * @throws {PortError} `unavailable`, also when the server is a standby;
 * `unsupported` when it is too old.
 */
export async function openLink(
  address: Address,
  host: Host,
  options: LinkOptions,
): Promise<Link> {
  return await openPlainLink(address, host, options, async (pid) => {
    // postgres.js has a way, but where that fails the process dies of it.
    const limits = { connectMs: CANCEL_MS, statementMs: CANCEL_MS };
    const other = await openPlainLink(
      address,
      host,
      { clock: options.clock, ...limits },
      async () => {},
    );
    try {
      await other.query("/* link */ SELECT pg_cancel_backend($1)", [pid]);
    } finally {
      await other.close();
    }
  });
}

/** Ends what the backend with the number `pid` is at. */
type Cancel = (pid: number) => Promise<void>;

async function openPlainLink(
  address: Address,
  host: Host,
  options: LinkOptions,
  cancel: Cancel,
): Promise<Link> {
  const link = createLink(address, host, options, cancel);
  try {
    const { isStandby, version } = await link.hello;
    if (isStandby) {
      throw new PortError("unavailable", why("its server is a standby"));
    }
    if (version < OLDEST_VERSION) {
      throw new PortError(
        "unsupported",
        why(
          `its server is too old: found ${version}, oldest is ${OLDEST_VERSION}`,
        ),
      );
    }
    return link;
  } catch (error) {
    await link.close();
    throw toOpenError(error, address, host);
  }

  function why(reason: string): string {
    const { database } = address;
    return `Cannot use database ${database} at ${host.host}:${host.port} as ${reason}`;
  }
}

function createLink(
  address: Address,
  host: Host,
  options: LinkOptions,
  cancel: Cancel,
): Link & { readonly hello: Promise<Hello> } {
  const { clock, statementMs, meter } = options;
  const lost = new AbortController();
  const socket = createSocket(host, address.tls);
  const calls = new Set<Call>();
  let deadlineMs = options.connectMs;
  let sweeping = false;
  /**
   * Whether the last statement has failed: postgres.js then begins the next
   * answer with a hole for every row that it had sent before.
   */
  let hasFailed = false;
  let pid: number | undefined;
  let givingUp: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  const settings = {
    host: host.host,
    port: host.port,
    username: address.user,
    password: address.password,
    database: address.database,
    ssl: false, // the socket brings it
    socket: socket.open,
    max: 1,
    connect_timeout: 0,
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    types: { bigint: BIGINT },
    onnotice: () => {},
    onnotify: options.onNotify,
    onclose: () => void close(),
    connection: {
      application_name: "holdfast",
      ...PLANNING,
      statement_timeout: Math.ceil(statementMs * SERVER_MARGIN),
      lock_timeout: Math.ceil(statementMs * SERVER_MARGIN / 2),
      idle_in_transaction_session_timeout: statementMs,
      ...address.parameters,
      // What the promises stand on is not for an address to change.
      default_transaction_isolation: "read committed",
      synchronous_commit: "on",
    },
  };
  const sql = postgres(settings as unknown as postgres.Options<never>);

  function track<T>(pending: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const call = { startedAt: clock.monotonic(), reject };
      calls.add(call);
      pending.then(resolve, reject).finally(() => calls.delete(call));
      if (!sweeping) sweep().catch(() => {});
    });
  }

  async function sweep(): Promise<void> {
    sweeping = true;
    while (calls.size > 0) {
      await clock.sleep(SWEEP_MS, lost.signal);
      const now = clock.monotonic();
      const [oldest] = calls;
      if (!oldest || now < oldest.startedAt + deadlineMs) continue;
      for (const call of calls) {
        const isDue = now + SWEEP_MS >= call.startedAt + deadlineMs;
        if (isDue) call.reject(new DeadlineExceeded(deadlineMs));
      }
      givingUp = pid === undefined ? undefined : cancel(pid).catch(() => {});
      await close();
    }
    sweeping = false;
  }

  async function end(): Promise<void> {
    lost.abort();
    // What was sent would go on, unseen.
    await givingUp;
    await sql.end({ timeout: 0 }).catch(() => {});
    socket.destroy();
  }
  const close = () => closed ??= Promise.resolve().then(end);

  async function query(
    text: string,
    values: readonly SqlValue[] = [],
  ): Promise<unknown[][]> {
    const call = sql.unsafe(text, [...values] as never[], { prepare: true });
    const beganAt = clock.monotonic();
    try {
      const rows = await track(call.values());
      meter?.answered(text, beganAt);
      if (!hasFailed) return rows;
      hasFailed = false;
      // filter passes holes over.
      return rows.filter(() => true);
    } catch (error) {
      meter?.failed(text, error);
      hasFailed = true;
      throw error;
    }
  }

  async function greet(): Promise<Hello> {
    const [row] = await query(
      "/* link */ SELECT pg_is_in_recovery(), current_setting('server_version_num')::integer, pg_backend_pid()",
    ) as unknown as [boolean, number, number][];
    const [isStandby, version, number] = row!;
    pid = number;
    deadlineMs = statementMs;
    return { isStandby, version };
  }
  const hello = greet();

  return {
    hello,
    get load() {
      return calls.size;
    },
    lost: lost.signal,
    query: query as unknown as Link["query"],
    async script(text) {
      await track(sql.unsafe(text).simple());
    },
    close,
  };
}
