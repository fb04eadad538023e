/**
 * What the service does right now, for whoever watches: mode, adapters, log,
 * follower, instances, and what has changed lately.
 *
 * @module
 */
import type { LogHead } from "../../domain/event/event.ts";
import type { Lease } from "../../domain/lease.ts";
import type { Clock } from "../../ports/clock.ts";
import type {
  PortAdapter,
  RedisStatus,
  ServiceMode,
  SystemState,
} from "./system_state.ts";

/** How long one look at the database serves everybody who watches. */
const LOOK_MS = 900;

/** How long whoever has looked counts as looking: watchers look once a second. */
const WATCHED_MS = 3000;

/** How long the database has to answer a look. */
const LOOK_DEADLINE_MS = 500;

/** Most changes that are remembered. */
const MAX_CHANGES = 100;

/** Changes so close to each other are one: ports turn just after the mode. */
const ONE_CHANGE_MS = 500;

/** What the database of record says about itself and those who share it. */
export interface RecordLook {
  /** Where the log is. */
  readonly head: LogHead;
  /** What every instance that follows has put down of itself. */
  readonly instances: readonly Lease[];
}

/** A change of mode or of adapters. */
export interface StatusChange {
  /** When, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** The mode since then. */
  readonly mode: ServiceMode;
  /** Why Redis was not used then. */
  readonly reason: string | undefined;
  /** The adapter of each port since then. */
  readonly adapters: Readonly<Record<string, string>>;
}

/** What the service does at one moment. */
export interface StatusReport {
  /** When, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly mode: ServiceMode;
  readonly redis: RedisStatus;
  /** Why Redis is not used, where it is not. */
  readonly reason: string | undefined;
  readonly adapters: readonly PortAdapter[];
  /** Where the log was when the database answered last. */
  readonly log: LogHead | undefined;
  /** Whether the database has answered this look. */
  readonly isDatabaseUp: boolean;
  /** Up to where Redis is known to show the log; the last known while it is away. */
  readonly checkpoint: number | undefined;
  readonly instances: readonly Lease[];
  /** The oldest first; the first is the start. */
  readonly changes: readonly StatusChange[];
}

/** Tells what the service does, and when that changes. */
export interface StatusService {
  /** Name of the database of record, such as `postgres`. */
  readonly record: string;
  /** Name of this instance for people. */
  readonly instance: string;
  /** Looks now; the database is asked at most once a second, for everybody. */
  look(): Promise<StatusReport>;
  /** Whether somebody has looked within the last seconds. */
  isWatched(): boolean;
  /**
   * Resolves when something changes.
   *
   * @throws The reason of `signal` when it aborts.
   */
  changed(signal: AbortSignal): Promise<void>;
  /** Stops listening. Safe to call twice. */
  [Symbol.dispose](): void;
}

/**
 * Creates the service, which remembers changes from now on.
 *
 * @param parts.look Reads from the database of record.
 * @param parts.checkpoint Up to where Redis showed the log when it was believed last.
 */
export function createStatusService(parts: {
  readonly state: SystemState;
  readonly look: (signal?: AbortSignal) => Promise<RecordLook>;
  readonly checkpoint: () => number | undefined;
  readonly clock: Clock;
  readonly record: string;
  readonly instance: string;
}): StatusService {
  const { state, clock, record, instance } = parts;
  const changes: StatusChange[] = [changeOf(state, clock.now())];
  let waiting = Promise.withResolvers<void>();
  let known: RecordLook | undefined;
  let isDatabaseUp = true;
  let lookedAt = -Infinity;
  let looking: Promise<void> | undefined;

  function note(): void {
    const next = changeOf(state, clock.now());
    const last = changes.at(-1)!;
    if (!isSame(last, next)) {
      const isOne = last.mode === next.mode && changes.length > 1 &&
        next.at - last.at < ONE_CHANGE_MS;
      if (isOne) changes[changes.length - 1] = { ...next, at: last.at };
      else changes.push(next);
      if (changes.length > MAX_CHANGES) changes.shift();
    }
    waiting.resolve();
    waiting = Promise.withResolvers();
  }

  async function lookAtRecord(): Promise<void> {
    const stop = new AbortController();
    const late = clock.sleep(LOOK_DEADLINE_MS, stop.signal)
      .then(() => undefined, () => undefined);
    const answer = parts.look(stop.signal).catch(() => undefined);
    try {
      const found = await Promise.race([answer, late]);
      known = found ?? known;
      isDatabaseUp = found !== undefined;
    } finally {
      lookedAt = clock.monotonic();
      looking = undefined;
      stop.abort();
    }
  }

  const deafen = state.listen(note);

  return {
    record,
    instance,
    async look() {
      if (clock.monotonic() - lookedAt >= LOOK_MS) {
        await (looking ??= lookAtRecord());
      }
      return {
        at: clock.now(),
        mode: state.mode(),
        redis: state.redis(),
        reason: state.fault(),
        adapters: state.adapters(),
        log: known?.head,
        isDatabaseUp,
        checkpoint: parts.checkpoint(),
        instances: known?.instances ?? [],
        changes: [...changes],
      };
    },
    isWatched: () => clock.monotonic() - lookedAt < WATCHED_MS,
    async changed(signal) {
      signal.throwIfAborted();
      const { promise, reject } = Promise.withResolvers<never>();
      const stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop);
      try {
        await Promise.race([waiting.promise, promise]);
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
    [Symbol.dispose]: deafen,
  };
}

function changeOf(state: SystemState, at: number): StatusChange {
  return {
    at,
    mode: state.mode(),
    reason: state.fault(),
    adapters: Object.fromEntries(
      state.adapters().map(({ port, active }) => [port, active]),
    ),
  };
}

function isSame(one: StatusChange, other: StatusChange): boolean {
  return one.mode === other.mode &&
    Object.entries(one.adapters).every(([port, active]) =>
      other.adapters[port] === active
    );
}
