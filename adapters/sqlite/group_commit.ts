/**
 * Concurrent writes share one transaction, and so one flush of the disk.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { LOCK_DEADLINE_MS, type Waiting, yieldLock } from "./busy.ts";
import type { Connection, Sql } from "./connection.ts";
import { isBusy, toCommitError, toPortError } from "./errors.ts";
import { begin, giveUp } from "./transaction.ts";
import { endOfTurn } from "./turn.ts";

/** Most writes of one transaction: it bounds how long the loop is held. */
export const MAX_GROUP = 256;

/** Most writes that wait; more are refused, as the disk does not keep up. */
export const MAX_WAITING = 10_000;

const ACTION = "write to the database";

/** Collects the writes of one turn of the event loop into one transaction. */
export interface GroupCommit extends AsyncDisposable {
  /**
   * Runs `work` in a transaction that it may share with others, in the order
   * of the calls, and resolves once that has been committed.
   *
   * Work that throws takes back what it did, and only that; the group runs
   * again without it. Work that returns a `PortError` has changed nothing, and
   * costs the others nothing. It may run more than once, so it changes nothing
   * but the database.
   *
   * @throws What `work` throws or the `PortError` that it returns; the reason
   * of a `signal` that has aborted before the transaction begins.
   * @throws {PortError} `full`, `unavailable`, `corrupt`, `closed`: nothing was
   * written. `timeout`: the disk failed so that nobody knows.
   */
  write<T>(
    work: (sql: Sql) => T | PortError,
    signal?: AbortSignal,
  ): Promise<T>;
}

interface Call {
  readonly work: (sql: Sql) => unknown;
  readonly signal: AbortSignal | undefined;
  /** On `clock.monotonic()`. */
  readonly giveUpAt: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Creates the queue of writes to a connection that nobody else writes to. */
export function createGroupCommit(
  options: Waiting & {
    readonly sql: Connection;
    /** Called after every commit. */
    readonly onCommit: () => void;
    readonly telemetry?: Telemetry | undefined;
  },
): GroupCommit {
  const { sql, clock, onCommit, telemetry } = options;
  let waiting: Call[] = [];
  let draining: Promise<void> | undefined;
  let closed = false;
  let failing = false;

  async function drain(): Promise<void> {
    try {
      while (waiting.length > 0) {
        await endOfTurn();
        await commitNext();
      }
    } finally {
      draining = undefined;
    }
  }

  /** Commits one group, waiting for another process's lock if it must. */
  async function commitNext(): Promise<void> {
    let obstacle: unknown;
    for (;;) {
      waiting = waiting.filter((call) => !hasEnded(call, obstacle));
      if (waiting.length === 0) return;
      obstacle = tryCommit();
      if (obstacle === undefined) return;
      await yieldLock(options);
    }
  }

  /**
   * Commits one group unless another process holds the lock, and returns that
   * error then. Nobody else of this process runs between BEGIN and COMMIT.
   */
  function tryCommit(): unknown {
    try {
      begin(sql, "BEGIN IMMEDIATE");
    } catch (error) {
      if (isBusy(error)) return error;
      fail(waiting.splice(0, MAX_GROUP), toPortError(error, ACTION));
      return undefined;
    }
    commit(waiting.splice(0, MAX_GROUP));
    return undefined;
  }

  function hasEnded(call: Call, obstacle: unknown): boolean {
    if (call.signal?.aborted) call.reject(call.signal.reason);
    else if (obstacle !== undefined && clock.monotonic() >= call.giveUpAt) {
      call.reject(toPortError(obstacle, ACTION));
    } else return false;
    return true;
  }

  function commit(group: readonly Call[]): void {
    let outcomes: Outcome[] | undefined;
    try {
      outcomes = runAll(sql, group);
      sql.run("COMMIT");
    } catch (error) {
      const isCommit = outcomes !== undefined;
      fail(group, isCommit ? toCommitError(error) : toPortError(error, ACTION));
      giveUp(sql); // where that fails, the next to begin tries again
      return;
    }
    outcomes.forEach((outcome, i) => {
      if ("error" in outcome) {
        group[i]!.reject(toPortError(outcome.error, ACTION));
      } else group[i]!.resolve(outcome.value);
    });
    if (failing) telemetry?.log("info", "The database takes writes again");
    failing = false;
    onCommit();
  }

  function fail(group: readonly Call[], reason: unknown): void {
    for (const call of group) call.reject(reason);
    // Once an outage: the callers hear of every failure.
    if (!failing) {
      telemetry?.log("error", "The database takes no writes", {
        reason: String(reason),
      });
    }
    failing = true;
  }

  return {
    write<T>(
      work: (sql: Sql) => T | PortError,
      signal?: AbortSignal,
    ): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (closed) throw refusal("closed", "it is closed");
        if (waiting.length >= MAX_WAITING) {
          throw refusal(
            "unavailable",
            `too many writes are waiting: current value is ${waiting.length}`,
          );
        }
        waiting.push({
          work,
          signal,
          giveUpAt: clock.monotonic() + LOCK_DEADLINE_MS,
          resolve: resolve as (value: unknown) => void,
          reject,
        });
        draining ??= drain();
      });
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      await draining;
    },
  };
}

/** Runs the work of all calls in the open transaction. */
function runAll(sql: Connection, group: readonly Call[]): Outcome[] {
  // A savepoint a call would cost half as much as the work itself, so that
  // there is one for all, and another run where one of them throws.
  sql.run("SAVEPOINT work");
  try {
    return group.map((call) => run(sql, call));
  } catch (error) {
    takeBack(sql, error);
    return group.map((call) => runAlone(sql, call));
  }
}

function run(sql: Connection, { work }: Call): Outcome {
  const value = work(sql);
  return value instanceof PortError ? { error: value } : { value };
}

function runAlone(sql: Connection, call: Call): Outcome {
  sql.run("SAVEPOINT work");
  try {
    return run(sql, call);
  } catch (error) {
    takeBack(sql, error);
    return { error };
  }
}

/**
 * Takes back what was done since the last savepoint.
 *
 * @throws `error` when SQLite has already taken back the whole transaction.
 */
function takeBack(sql: Connection, error: unknown): void {
  if (!sql.inTransaction) throw error;
  sql.run("ROLLBACK TO work");
}

function refusal(code: "closed" | "unavailable", reason: string): PortError {
  return new PortError(code, `Cannot ${ACTION} as ${reason}`);
}
