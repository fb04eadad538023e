/**
 * Concurrent writes share one statement, and so one round trip and one flush
 * of the disk.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import { PortError } from "../../ports/port_error.ts";
import { isAboutData } from "./errors.ts";

/** Most writes of one statement. */
export const MAX_GROUP = 256;

/** Most writes that wait; more are refused, as the database does not keep up. */
export const MAX_WAITING = 10_000;

/** What came of one write; `busy` when it met a lock and may be made again. */
export type Outcome<Result> =
  | { readonly value: Result }
  | { readonly error: unknown }
  | { readonly busy: unknown };

/** Collects the writes of one turn of the event loop into one statement. */
export interface GroupCommit<Call, Result> extends AsyncDisposable {
  /**
   * Commits `call` together with others, in the order of the calls.
   *
   * @throws The reason of a `signal` that has aborted before it is sent.
   * @throws {PortError} What the outcome says; `timeout` when nobody knows
   * whether it was kept, any other code when it was not.
   */
  write(call: Call, signal?: AbortSignal): Promise<Result>;

  /** Commits what waits and refuses the rest. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** How groups are made and committed. */
export interface GroupOptions<Call, Result> {
  /** Measures how long writes wait. */
  readonly clock: Clock;
  /** Keeps two instances from waiting in step. */
  readonly entropy: Entropy;
  /** How long a write may wait until it is sent. */
  readonly waitMs: number;
  /** Begins a group: says of call after call whether it may be part of it. The first one may. */
  readonly startGroup?: () => (call: Call) => boolean;
  /** Commits the calls as one; rejects with what the link or `PortError` says. */
  readonly commit: (calls: readonly Call[]) => Promise<Outcome<Result>[]>;
  /** Says what a failure of `commit` means. */
  readonly toError: (error: unknown) => unknown;
}

interface Waiting<Call, Result> {
  readonly call: Call;
  readonly signal: AbortSignal | undefined;
  /** On `clock.monotonic()`. */
  readonly giveUpAt: number;
  /** What it met when it was tried last. */
  obstacle?: unknown;
  readonly resolve: (value: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/** Creates a queue of writes that are committed group by group. */
export function createGroupCommit<Call, Result>(
  options: GroupOptions<Call, Result>,
): GroupCommit<Call, Result> {
  type Write = Waiting<Call, Result>;
  const { clock, entropy, waitMs, commit, toError } = options;
  const startGroup = options.startGroup ?? (() => () => true);
  let waiting: Write[] = [];
  let draining: Promise<void> | undefined;
  let closed = false;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      await endOfTurn();
      const group = takeGroup();
      if (group.length === 0) continue;
      const busy = await settle(group);
      waiting.unshift(...busy);
      if (busy.length > 0 && busy.length === waiting.length) {
        await clock.sleep(1 + entropy.fraction() * 9);
      }
    }
    draining = undefined;
  }

  function takeGroup(): Write[] {
    const group: Write[] = [];
    const left: Write[] = [];
    const admits = startGroup();
    for (const write of waiting) {
      if (hasEnded(write)) continue;
      const fits = group.length < MAX_GROUP && admits(write.call);
      (fits ? group : left).push(write);
    }
    waiting = left;
    return group;
  }

  function hasEnded(write: Write): boolean {
    const { signal, giveUpAt, obstacle, reject } = write;
    if (signal?.aborted) reject(signal.reason);
    else if (clock.monotonic() > giveUpAt) reject(obstacle ?? tooLate());
    else return false;
    return true;
  }

  /** Commits a group; returns those that met a lock. */
  async function settle(group: readonly Write[]): Promise<Write[]> {
    try {
      const outcomes = await commit(group.map(({ call }) => call));
      return group.filter((write, i) => end(write, outcomes[i]!));
    } catch (error) {
      if (group.length > 1 && isAboutData(error)) {
        return await settleEach(group);
      }
      for (const { reject } of group) reject(toError(error));
      return [];
    }
  }

  /** Finds whose data Postgres refuses: nothing of the group was kept. */
  async function settleEach(group: readonly Write[]): Promise<Write[]> {
    const busy: Write[] = [];
    for (const write of group) busy.push(...await settle([write]));
    return busy;
  }

  /** Tells a caller what came of its write; whether it is to be made again. */
  function end(write: Write, outcome: Outcome<Result>): boolean {
    if ("value" in outcome) write.resolve(outcome.value);
    else if ("error" in outcome) write.reject(outcome.error);
    else {
      write.obstacle = outcome.busy;
      return true;
    }
    return false;
  }

  return {
    write(call, signal) {
      return new Promise<Result>((resolve, reject) => {
        if (closed) throw refusal("closed", "it is closed");
        if (waiting.length >= MAX_WAITING) {
          throw refusal(
            "unavailable",
            `too many writes are waiting: current value is ${waiting.length}`,
          );
        }
        const giveUpAt = clock.monotonic() + waitMs;
        waiting.push({ call, signal, giveUpAt, resolve, reject });
        draining ??= drain();
      });
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      await draining;
    },
  };
}

function tooLate(): PortError {
  return refusal("unavailable", "others have kept it busy for too long");
}

function refusal(code: "closed" | "unavailable", reason: string): PortError {
  return new PortError(code, `Cannot write to the database as ${reason}`);
}

/** After this turn's input and output: by then its writes have come in. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
