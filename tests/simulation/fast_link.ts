/**
 * A fast layer as one instance sees it: over a wire, with deadlines, a breaker
 * and a connection that may come to lead to another server.
 *
 * @module
 */
import type {
  FastServerCalls,
  MemoryFastServer,
} from "../../adapters/memory/fast_server.ts";
import type { FastLayer } from "../../ports/fast_layer.ts";
import { isTransient, PortError } from "../../ports/port_error.ts";
import type { Chance } from "./chance.ts";
import type { Actor, Timeline } from "./timeline.ts";
import type { Wire } from "./wire.ts";

/** Failures in a row that open the breaker. */
const STRIKES = 3;

/** How long a call may take. */
const CALL_MS = 50;

/** How long a step along the log may take. */
const DRAIN_MS = 250;

/** A server that can be stopped. */
export interface FastHost {
  /** A name for people. */
  readonly name: string;
  /** The server. */
  readonly server: MemoryFastServer;
  /** Whether it runs. */
  isRunning: boolean;
}

/** The link of an instance. */
export interface FastLink {
  /** What the instance sees. */
  readonly layer: FastLayer;
  /** Where it leads. */
  readonly host: FastHost;
  /** Breaks the connection; the next one leads to `host`. */
  moveTo(host: FastHost): void;
}

/** Creates a link of `actor` to `host`, connected. */
export function createFastLink(parts: {
  readonly timeline: Timeline;
  readonly actor: Actor;
  readonly wire: Wire;
  readonly chance: Chance;
  readonly host: FastHost;
  readonly trace: (text: () => string) => void;
}): FastLink {
  const { timeline, actor, wire, chance, trace } = parts;
  const listeners = new Set<() => void>();
  let host = parts.host;
  let fault: string | undefined;
  let strikes = 0;
  let isProbing = false;
  let isClosed = false;

  function tell(): void {
    for (const listener of [...listeners]) listener();
  }

  function goDown(why: string): void {
    if (fault !== undefined || isClosed) return;
    trace(() => `link down: ${why}`);
    fault = why;
    strikes = 0;
    tell();
    if (!isProbing) probeSoon();
  }

  function probeSoon(): void {
    isProbing = true;
    timeline.after(10 + chance.around(60), actor, probe);
  }

  async function probe(): Promise<void> {
    if (isClosed) return;
    try {
      await wire.send({
        what: "probe",
        deadlineMs: CALL_MS,
        execute: () => answer(host, "inspect", []),
        isPrompt: true,
      });
    } catch {
      return probeSoon();
    }
    if (isClosed) return;
    isProbing = false;
    fault = undefined;
    trace(() => `link up to ${host.name}`);
    tell();
  }

  async function call<Call extends keyof FastServerCalls>(
    name: Call,
    args: Parameters<FastServerCalls[Call]>,
  ): Promise<ReturnType<FastServerCalls[Call]>> {
    if (isClosed) {
      throw new PortError(
        "closed",
        "Cannot use the fast layer as it is closed",
      );
    }
    if (fault !== undefined) throw unavailable(fault);
    const isStep = name === "drain" || name === "reset";
    const sentTo = host;
    const followsMoves = chance.happens(0.5);
    const what = `${actor.name} ${name}`;
    try {
      const result = await wire.send({
        what,
        deadlineMs: isStep ? DRAIN_MS : CALL_MS,
        execute() {
          const target = followsMoves ? host : sentTo;
          const result = answer(target, name, args);
          trace(() =>
            `${what} at ${target.name} ${brief(args)} -> ${brief(result)}`
          );
          return result;
        },
      });
      strikes = 0;
      return result;
    } catch (error) {
      const isFailure = isTransient(error);
      trace(() =>
        `${what}: ${error instanceof PortError ? error.code : error}`
      );
      if (isFailure && !isStep && ++strikes >= STRIKES) {
        goDown("it does not answer");
      }
      throw error;
    }
  }

  const layer: FastLayer = {
    get isUp() {
      return !isClosed && fault === undefined;
    },
    get fault() {
      return isClosed ? "it is closed" : fault;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    inspect: () => call("inspect", []),
    read: (...args) => call("read", args),
    takeTokens: (...args) => call("takeTokens", args),
    fill: (...args) => call("fill", args),
    drain: (...args) => call("drain", args),
    reset: (...args) => call("reset", args),
    events: (...args) => call("events", args),
    async [Symbol.asyncDispose]() {
      isClosed = true;
      wire.break();
    },
  };

  return {
    layer,
    get host() {
      return host;
    },
    moveTo(next) {
      host = next;
      wire.break();
      timeline.after(
        chance.between(0, 2),
        actor,
        () => goDown("the connection was lost"),
      );
    },
  };
}

function answer<Call extends keyof FastServerCalls>(
  host: FastHost,
  name: Call,
  args: Parameters<FastServerCalls[Call]>,
): ReturnType<FastServerCalls[Call]> {
  if (!host.isRunning) throw unavailable("it does not run");
  const call = host.server.call[name] as (
    ...args: Parameters<FastServerCalls[Call]>
  ) => ReturnType<FastServerCalls[Call]>;
  return call(...args);
}

function unavailable(why: string): PortError {
  return new PortError("unavailable", `Cannot use the fast layer as ${why}`);
}

function brief(value: unknown): string {
  const text = JSON.stringify(value, (name, part) => {
    if (name === "entries") return (part as unknown[]).length;
    if (name === "history" || name === "generation" || name === "epoch") {
      return String(part).slice(-4);
    }
    return part;
  }) ?? "nothing";
  return text.replace(/[0-9a-f]{8}-[0-9a-f-]{23}([0-9a-f]{4})/g, "~$1")
    .replaceAll('"', "").slice(0, 360);
}
