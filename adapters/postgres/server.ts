/**
 * Reaching the server: which host, whether its tables are ready, and saying so
 * when it cannot be reached.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import { hasCode } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { Address, Host } from "./address.ts";
import {
  DeadlineExceeded,
  isLost,
  toOpenError,
  toWriteError,
} from "./errors.ts";
import type { KnownLog } from "./known_log.ts";
import { type Link, type LinkOptions, openLink } from "./link.ts";
import { migrate } from "./migrate.ts";
import { createStatementMeter } from "./statement_meter.ts";
import { traceLink } from "./tracing.ts";

/** How long after a failure the tables are tried again. */
const RETRY_MS = 500;

/** The server, or servers, of a database. */
export interface Server {
  /** As `PostgresDatabase.ready`. */
  readonly ready: Promise<void>;

  /**
   * Resolves when the tables are ready.
   *
   * @throws {PortError} Why they are not, as soon as that is known.
   */
  whenReady(): Promise<void>;

  /**
   * Connects to the host that answered last, else to the next that does.
   *
   * @throws {PortError} `unavailable`, `unsupported`.
   */
  open(options: Pick<LinkOptions, "statementMs" | "onNotify">): Promise<Link>;
}

/** What is needed to reach a server. */
export interface ServerOptions {
  /** Where it is. */
  readonly address: Address;
  /** Measures deadlines. */
  readonly clock: Clock;
  /** Hears of outages, once each. */
  readonly telemetry: Telemetry | undefined;
  /** How long connecting and logging in may take. */
  readonly connectMs: number;
  /** How long a statement of a migration may take. */
  readonly statementMs: number;
  /** What every server is held to before it is used. */
  readonly known: KnownLog;
  /** Draws the epoch of a new log. */
  readonly newId: () => string;
  /** Aborts when nobody needs it any more. */
  readonly closing: AbortSignal;
}

/** Begins to reach the server and to bring its tables up to date. */
export function createServer(options: ServerOptions): Server {
  const { address, clock, telemetry, connectMs, closing } = options;
  const { hosts, database } = address;
  const meter = createStatementMeter(clock, telemetry);
  const tried = Promise.withResolvers<void>();
  let isReady = false;
  let failure: unknown;
  let current = 0;
  const said = new Set<string>();

  async function open(
    wanted: Pick<LinkOptions, "statementMs" | "onNotify">,
  ): Promise<Link> {
    for (let tries = 1;; tries++) {
      try {
        closing.throwIfAborted();
        const host = hosts[current % hosts.length]!;
        const link = await openLink(address, host, {
          ...wanted,
          clock,
          connectMs,
          meter,
        });
        await compare(link, host);
        if (isReady) sayReached();
        return traceLink(link, telemetry?.trace);
      } catch (error) {
        current++;
        if (tries < hosts.length) continue;
        sayFailed(error);
        throw error;
      }
    }
  }

  async function compare(link: Link, host: Host): Promise<void> {
    try {
      await options.known.compare(link);
    } catch (error) {
      await link.close();
      throw toLinkError(error, host);
    }
  }

  /** No call is in doubt where a link failed that nobody has used yet. */
  function toLinkError(error: unknown, host: Host): unknown {
    const isCutOff = isLost(error) || error instanceof DeadlineExceeded;
    return isCutOff ? toOpenError(error, address, host) : toWriteError(error);
  }

  /** Each reason once an outage: callers hear of every failure. */
  function sayFailed(error: unknown): void {
    const reason = String(error);
    if (said.has(reason) || closing.aborted) return;
    telemetry?.log("error", "The database cannot be used", { reason });
    said.add(reason);
  }

  function sayReached(): void {
    if (said.size > 0) telemetry?.log("info", "The database is used again");
    said.clear();
  }

  async function prepareOnce(): Promise<void> {
    const { statementMs, newId } = options;
    const link = await open({ statementMs });
    const at = hosts[current % hosts.length]!;
    try {
      const applied = await migrate(link, {
        name: `database ${database} at ${at.host}:${at.port}`,
        atMs: clock.now(),
        epoch: newId(),
      });
      for (const migration of applied) {
        telemetry?.log("info", "Migrated the database", {
          database,
          migration,
        });
      }
    } catch (error) {
      throw toLinkError(error, at);
    } finally {
      await link.close();
    }
  }

  async function prepare(): Promise<void> {
    while (!isReady) {
      try {
        await prepareOnce();
        isReady = true;
        sayReached();
      } catch (error) {
        failure = error;
        sayFailed(error);
        if (isForGood(error)) throw error;
        tried.resolve();
        await clock.sleep(RETRY_MS, closing);
      }
    }
  }
  const ready = prepare().finally(tried.resolve);
  ready.catch(() => {});

  return {
    ready,
    async whenReady() {
      if (isReady) return;
      await tried.promise;
      if (!isReady) throw failure;
    },
    open,
  };
}

/** Whether nothing but another program or another database helps. */
function isForGood(error: unknown): boolean {
  return hasCode(error, "unsupported", "corrupt");
}
