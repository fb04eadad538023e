/**
 * The database of record of a fleet: one schema of a Postgres database.
 *
 * It needs sessions of its own: a pooler in transaction mode does not do.
 *
 * @module
 */
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { abortable } from "../../ports/waiting.ts";
import { parseAddress } from "./address.ts";
import { createDoorbell, type Doorbell } from "./doorbell.ts";
import { isLost, toReadError, toWriteError } from "./errors.ts";
import {
  createGroupCommit,
  type GroupCommit,
  type GroupOptions,
} from "./group_commit.ts";
import { createKnownLog, type KnownLog } from "./known_log.ts";
import { createLane, type Lane, watchLanes } from "./lane.ts";
import type { SqlValue } from "./link.ts";
import { commitLogCalls, type LogCall, startLogGroup } from "./log.ts";
import type { LogResult } from "./log_outcome.ts";
import { createServer } from "./server.ts";

/** How long things may take, in milliseconds. */
export interface PostgresDeadlines {
  /** Connecting and logging in. */
  readonly connectMs: number;
  /** A statement that reads. */
  readonly readMs: number;
  /** A statement that writes, and as much again waiting for it to be sent. */
  readonly writeMs: number;
}

/** The deadlines where nothing else is said. */
export const DEFAULT_DEADLINES: PostgresDeadlines = {
  connectMs: 3000,
  readMs: 3000,
  writeMs: 5000,
};

/** Links that read, at most; each takes many statements at once. */
const MAX_READERS = 4;

/** Links that write beside the log, at most. */
const MAX_WRITERS = 2;

/** An open database; the ports over it share its links. */
export interface PostgresDatabase extends AsyncDisposable {
  /** Stamps entries and tells when vectors expire. */
  readonly clock: Clock;
  /** Tells when the log has grown. */
  readonly doorbell: Doorbell;
  /** Aborts when the database is closed, with the error to end waits with. */
  readonly closing: AbortSignal;

  /** A new event id, or epoch. */
  newId(): string;

  /**
   * Resolves once the server has been reached and its tables are as this
   * program knows them. Rejects when the database is closed before, and with
   * `unsupported` or `corrupt` when this program cannot use it; until it is
   * closed every other failure is tried again.
   */
  readonly ready: Promise<void>;

  /**
   * Runs one statement that changes nothing, on one snapshot taken after this
   * call began; on another link if its link is lost.
   *
   * @throws {PortError} `unavailable`, `timeout`, `corrupt`, `closed`.
   * @throws The signal's reason as soon as it aborts.
   */
  read<Row extends readonly SqlValue[]>(
    text: string,
    values?: readonly SqlValue[],
    signal?: AbortSignal,
  ): Promise<Row[]>;

  /**
   * Runs one statement, which is a transaction of its own.
   *
   * @throws What the link throws, for `toWriteError` to explain.
   */
  write<Row extends readonly SqlValue[]>(
    text: string,
    values?: readonly SqlValue[],
  ): Promise<Row[]>;

  /**
   * Runs one statement by itself, as `write` does.
   *
   * @throws {PortError} `closed`, and what `toWriteError` explains.
   */
  change<Row extends readonly SqlValue[]>(
    text: string,
    values?: readonly SqlValue[],
  ): Promise<Row[]>;

  /** Creates a queue of writes that is emptied when the database is closed. */
  group<Call, Result>(
    commit: GroupOptions<Call, Result>["commit"],
    startGroup?: GroupOptions<Call, Result>["startGroup"],
  ): GroupCommit<Call, Result>["write"];

  /** Writes to the log, as `GroupCommit.write` says. */
  readonly append: GroupCommit<LogCall, LogResult>["write"];

  /** What is known of the log, held to every server before it is used. */
  readonly known: KnownLog;

  /** Gives the log another epoch if its server is on another timeline. */
  renewEpoch(): Promise<void>;

  /** Ends waits, commits the writes that are queued, disconnects. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a database is opened with. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Whose certificates are believed, as PEM; see `parseAddress`. */
  readonly ca?: string | undefined;
  /** Stamps entries, measures deadlines. */
  readonly clock: Clock;
  /** Draws ids and jitter. */
  readonly entropy: Entropy;
  /** Hears of outages, once each. */
  readonly telemetry?: Telemetry;
  /** Those of `DEFAULT_DEADLINES` where absent. */
  readonly deadlines?: Partial<PostgresDeadlines>;
}

/**
 * Opens the database at `url` and brings its tables to the form that this
 * program knows, as soon as it can be reached. Until then calls fail as
 * `unavailable`; nobody has to open it again.
 *
 * @throws {PortError} `invalid` when the address is malformed.
 */
export function openPostgresDatabase(
  options: PostgresOptions,
): PostgresDatabase {
  const { clock, entropy, telemetry } = options;
  const deadlines = { ...DEFAULT_DEADLINES, ...options.deadlines };
  const { connectMs, readMs, writeMs } = deadlines;
  const newId = () => uuidV7(clock.now(), entropy.bytes(10));
  const closing = new AbortController();
  const known = createKnownLog(telemetry);
  const server = createServer({
    known,
    address: parseAddress(options.url, options.ca),
    clock,
    telemetry,
    connectMs,
    statementMs: writeMs,
    newId,
    closing: closing.signal,
  });
  const lane = (max: number, statementMs: number) =>
    createLane(max, async () => {
      await server.whenReady();
      return await server.open({ statementMs });
    });
  const readers = lane(MAX_READERS, readMs);
  const writers = lane(MAX_WRITERS, writeMs);
  const appender = lane(1, writeMs);
  const lanes: Lane[] = [readers, writers, appender];
  const unwatch = watchLanes(telemetry, { readers, writers, appender });
  const groups: AsyncDisposable[] = [];

  async function query<Row extends readonly SqlValue[]>(
    text: string,
    values?: readonly SqlValue[],
  ): Promise<Row[]> {
    // Links that were lost together are found out one after the other.
    for (let lost = 0;; lost++) {
      try {
        const link = await readers.pick();
        return await link.query<Row>(text, values);
      } catch (error) {
        if (!isLost(error) || lost === MAX_READERS) throw error;
      }
    }
  }

  async function write<Row extends readonly SqlValue[]>(
    text: string,
    values?: readonly SqlValue[],
  ): Promise<Row[]> {
    return await (await writers.pick()).query(text, values);
  }

  const doorbell = createDoorbell({
    clock,
    async open(onNotify) {
      await server.whenReady();
      return await server.open({ statementMs: readMs, onNotify });
    },
    look: async (text) => (await query<[string, number]>(text))[0]!,
    notify: async (text) => (await writers.pick()).query(text),
  });

  function group<Call, Result>(
    options: Pick<GroupOptions<Call, Result>, "commit" | "startGroup">,
  ): GroupCommit<Call, Result>["write"] {
    const queue = createGroupCommit<Call, Result>({
      ...options,
      clock,
      entropy,
      waitMs: writeMs,
      toError: toWriteError,
    });
    groups.push(queue);
    return queue.write;
  }

  let epoch: string | undefined;
  function noteEpoch(now: string): void {
    if (epoch !== undefined && now !== "" && now !== epoch) {
      telemetry?.log("warn", "The log has another epoch", { epoch: now });
    }
    epoch = now || epoch;
  }

  const append = group<LogCall, LogResult>({
    startGroup: startLogGroup,
    async commit(calls) {
      const writing = { now: clock.now, newId };
      const done = await commitLogCalls(await appender.pick(), calls, writing);
      noteEpoch(done.epoch);
      for (const outcome of done.outcomes) {
        if ("value" in outcome) known.note(done.epoch, outcome.value.receipts);
      }
      if (done.position !== undefined) doorbell.ring(done.position);
      return done.outcomes;
    },
  });

  async function close(): Promise<void> {
    unwatch();
    await Promise.all(groups.map((queue) => queue[Symbol.asyncDispose]()));
    closing.abort(
      new PortError("closed", "Cannot use the database as it is closed"),
    );
    await doorbell[Symbol.asyncDispose]();
    await Promise.all(lanes.map((one) => one[Symbol.asyncDispose]()));
    await server.ready.catch(() => {});
  }
  let closed: Promise<void> | undefined;

  return {
    clock,
    doorbell,
    closing: closing.signal,
    known,
    newId,
    ready: server.ready,
    async read(text, values, signal) {
      try {
        signal?.throwIfAborted();
        closing.signal.throwIfAborted();
        return await abortable(query(text, values), signal);
      } catch (error) {
        throw toReadError(error);
      }
    },
    write,
    async change(text, values) {
      try {
        closing.signal.throwIfAborted();
        return await write(text, values);
      } catch (error) {
        throw toWriteError(error);
      }
    },
    group: (commit, startGroup = () => () => true) =>
      group({ commit, startGroup }),
    append,
    async renewEpoch() {
      try {
        const link = await appender.pick();
        const text = "/* log.epoch */ SELECT epoch FROM lock_log_head($1)";
        const [row] = await link.query<[string]>(text, [newId()]);
        noteEpoch(row![0]);
      } catch (error) {
        throw toWriteError(error);
      }
    },
    [Symbol.asyncDispose]: () => closed ??= close(),
  };
}
