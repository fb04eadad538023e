/**
 * The connection to a Redis server that may come and go.
 *
 * @module
 */
import { createBreaker } from "../../domain/breaker.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { parseRedisAddress, type RedisLocation } from "./address.ts";
import { createCallMeter } from "./call_meter.ts";
import { createDeadlines } from "./deadlines.ts";
import {
  codeOf,
  connectionFaultOf,
  DeadlineExceeded,
  faultOf,
  firstLine,
  type RedisFault,
  serverName,
} from "./errors.ts";
import { type Link, openLink } from "./link.ts";
import { createOutage } from "./outage.ts";
import type { CallOptions } from "./patience.ts";
import { inspectServer } from "./preflight.ts";
import { runScript, runTransaction } from "./run.ts";
import type { Command, RedisReply, ScriptCall } from "./script.ts";

/** How long things may take, in milliseconds. */
export interface RedisDeadlines {
  /** A call where nothing else is said. */
  readonly callMs: number;
  /** Connecting, and looking at the server after that. */
  readonly connectMs: number;
}

/** The deadlines where nothing else is said. */
export const DEFAULT_DEADLINES: RedisDeadlines = { callMs: 50, connectMs: 500 };

/**
 * A connection that makes itself anew.
 *
 * Calls fail with `timeout` (it may still run), `unavailable`, `unsupported`
 * (the server must be set up otherwise), `full` or `closed`; nothing is tried
 * again. After three that were late in a row, calls fail at once until a probe
 * has found the server fit.
 */
export interface RedisConnection extends AsyncDisposable {
  /** Whether there is a server to ask. */
  readonly isUp: boolean;

  /** Why there is none, one sentence; `undefined` while there is one. */
  readonly fault: string | undefined;

  /**
   * Calls `listener` whenever `isUp` or `fault` has changed, until the result
   * is called.
   */
  listen(listener: () => void): () => void;

  /** Sends one command. */
  send(command: Command, options?: CallOptions): Promise<RedisReply>;

  /** Calls a script, which the server need not know. */
  run(call: ScriptCall, options?: CallOptions): Promise<RedisReply>;

  /**
   * Runs commands and scripts as one transaction.
   *
   * @returns Their answers; if one is an error that is thrown.
   */
  transact(
    steps: readonly (Command | ScriptCall)[],
    options?: CallOptions,
  ): Promise<readonly RedisReply[]>;

  /** Disconnects; calls under way fail. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a connection is opened with. */
export interface RedisOptions extends RedisLocation {
  /** Measures deadlines and pauses. */
  readonly clock: Clock;
  /** Draws jitter. */
  readonly entropy: Entropy;
  /** Hears of outages, once each. */
  readonly telemetry?: Telemetry;
  /** Those of `DEFAULT_DEADLINES` where absent. */
  readonly deadlines?: Partial<RedisDeadlines>;
}

/** Between two attempts to connect: at first, and at most. */
const PAUSE_MS = { first: 10, most: 400 };

/** Between two looks at a server that somebody has to set up otherwise. */
const SETUP_PAUSE_MS = 2000;

/** A connection that has lasted so long was a good one. */
const STABLE_MS = 1000;

/**
 * Begins to connect and returns at once; the server may come later.
 *
 * @throws {PortError} `invalid` when the address is malformed.
 */
export function openRedisConnection(options: RedisOptions): RedisConnection {
  const { clock, entropy, telemetry } = options;
  const { callMs, connectMs } = { ...DEFAULT_DEADLINES, ...options.deadlines };
  const address = parseRedisAddress(options);
  const server = serverName(address);
  const closing = new AbortController();
  const deadlines = createDeadlines(clock);
  const breaker = createBreaker();
  const outage = createOutage(server, telemetry);
  const meter = createCallMeter(clock, telemetry);
  let link: Link | undefined;

  const dueIn = (ms: number) => clock.monotonic() + ms;

  async function connect(): Promise<Link> {
    const limits = { connectMs, dueAt: dueIn(connectMs) };
    const made = await openLink(address, deadlines, limits);
    const stop = () => made.close();
    closing.signal.addEventListener("abort", stop, { once: true });
    try {
      await inspectServer(made, dueIn(connectMs), () => dueIn(callMs));
      closing.signal.throwIfAborted();
      return made;
    } catch (error) {
      made.close();
      throw error;
    } finally {
      closing.signal.removeEventListener("abort", stop);
    }
  }

  function rise(made: Link): void {
    link = made;
    breaker.probed(true);
    outage.end();
  }

  /** Gives a link up, unless that has been done before. */
  function fall(
    from: Link,
    fault: RedisFault,
    reason: "late" | "lost" = "lost",
  ): void {
    if (link !== from) return;
    link = undefined;
    breaker.open();
    from.close();
    if (closing.signal.aborted) return;
    meter.tripped(reason);
    outage.note(fault);
  }

  /** Connects again and again. */
  async function keep(): Promise<void> {
    for (let tries = 0; !closing.signal.aborted;) {
      breaker.probe();
      let fault: RedisFault | undefined;
      try {
        const made = await connect();
        const upAt = clock.monotonic();
        rise(made);
        fall(made, connectionFaultOf(await aborted(made.lost)));
        if (clock.monotonic() >= upAt + STABLE_MS) tries = 0;
      } catch (error) {
        breaker.probed(false);
        fault = connectionFaultOf(error);
        if (!closing.signal.aborted) outage.note(fault);
      }
      const pauseMs = fault?.kind === "setup"
        ? SETUP_PAUSE_MS
        : Math.min(PAUSE_MS.first * 2 ** tries++, PAUSE_MS.most);
      const jitter = 0.75 + entropy.fraction() / 4;
      await clock.sleep(pauseMs * jitter, closing.signal).catch(() => {});
    }
  }
  const kept = keep();

  async function call<T>(
    kind: string,
    { deadlineMs = callMs, strikes = true }: CallOptions = {},
    work: (link: Link, dueAt: number) => Promise<T>,
  ): Promise<T> {
    const generation = breaker.admit();
    const by = link;
    if (generation === undefined || !by) throw meter.failed(kind, whyNot());
    const beganAt = clock.monotonic();
    try {
      const result = await work(by, beganAt + deadlineMs);
      breaker.succeeded(generation);
      meter.answered(kind, beganAt);
      return result;
    } catch (error) {
      if (closing.signal.aborted) throw whyNot();
      if (error instanceof DeadlineExceeded) {
        const isLast = strikes && breaker.failed(generation);
        if (isLast) fall(by, faultOf(error)!, "late");
        throw meter.failed(kind, late(deadlineMs, error));
      }
      throw meter.failed(kind, explain(error, by, generation));
    }
  }

  function explain(error: unknown, by: Link, generation: number): PortError {
    const fault = faultOf(error);
    if (fault) {
      fall(by, fault);
      return new PortError(portCode(fault), outage.sentence(fault), {
        cause: error,
      });
    }
    breaker.succeeded(generation);
    const said = firstLine(error as Error);
    return codeOf(error) === "OOM"
      ? new PortError(
        "full",
        `Cannot keep it in ${server} as it has no memory left`,
        { cause: error },
      )
      : new PortError(
        "unavailable",
        `Cannot use ${server} as it says: ${said}`,
        { cause: error },
      );
  }

  function late(deadlineMs: number, cause: unknown): PortError {
    return new PortError(
      "timeout",
      `Cannot tell what ${server} has done as it has not answered within ${deadlineMs} ms`,
      { cause },
    );
  }

  function whyNot(): PortError {
    return closing.signal.aborted
      ? new PortError("closed", `Cannot use ${server} as it is closed`)
      : new PortError(portCode(outage.fault!), outage.sentence(outage.fault!));
  }

  async function close(): Promise<void> {
    closing.abort();
    unwatch();
    link?.close();
    deadlines.stop();
    await kept;
  }
  let closed: Promise<void> | undefined;

  const isUp = () => link !== undefined && !closing.signal.aborted;
  const unwatch = meter.watch(() => ({
    isUp: isUp(),
    isBreakerOpen: breaker.isOpen,
    needsSetup: outage.fault?.kind === "setup",
  }));

  return {
    get isUp() {
      return isUp();
    },
    get fault() {
      if (closing.signal.aborted) return `Cannot use ${server} as it is closed`;
      return outage.fault && outage.sentence(outage.fault);
    },
    listen: outage.listen,
    send: (command, options) =>
      call(command[0]!, options, (link, dueAt) => link.send(command, dueAt)),
    run: (script, options) =>
      call(
        script.script.name,
        options,
        (link, dueAt) => runScript(link, script, dueAt),
      ),
    transact: (steps, options) =>
      call(
        "transaction",
        options,
        (link, dueAt) => runTransaction(link, steps, dueAt),
      ),
    [Symbol.asyncDispose]: () => closed ??= close(),
  };
}

function portCode({ kind }: RedisFault): "unsupported" | "unavailable" {
  return kind === "setup" ? "unsupported" : "unavailable";
}

/** The reason of `signal`, once it aborts. */
function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    const done = () => resolve(signal.reason);
    signal.aborted ? done() : signal.addEventListener("abort", done);
  });
}
