/**
 * The network between one instance and one server: it delays, loses and
 * delivers late.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import type { Chance } from "./chance.ts";
import type { Actor, Timeline } from "./timeline.ts";

/** How well a wire works. */
export interface WireQuality {
  /** Mean time of each way. */
  readonly delayMs: number;
  /** Whether requests that only read are lost, as on a connection of their own. */
  readonly losesReads?: boolean;
  /** How much later requests go out that write, as on a connection of their own. */
  readonly writesLaterMs?: number;
  /** How much later every reply comes. */
  readonly backMs?: number;
  /** How often a request is lost. */
  readonly lossOut: number;
  /** How often a reply is lost. */
  readonly lossBack: number;
  /** How often a request waits somewhere, long after its caller has given up. */
  readonly late: number;
}

/** A wire without faults. */
export const GOOD: WireQuality = {
  delayMs: 0.4,
  lossOut: 0,
  lossBack: 0,
  late: 0,
};

/** Wires with faults, by what is wrong. */
export const BAD_WIRES = {
  slow: { delayMs: 15, lossOut: 0, lossBack: 0, late: 0.02 },
  lossy: { delayMs: 1, lossOut: 0.15, lossBack: 0.15, late: 0.1 },
  late: { delayMs: 2, lossOut: 0, lossBack: 0.05, late: 0.35 },
  sluggish: { delayMs: 150, lossOut: 0, lossBack: 0.02, late: 0 },
  deaf: { delayMs: 0.5, lossOut: 0, lossBack: 1, late: 0.05 },
  cut: { delayMs: 0.5, lossOut: 1, lossBack: 1, late: 0.1 },
} as const satisfies Record<string, WireQuality>;

/** A request. */
export interface Request<T> {
  /** A name for people. */
  readonly what: string;
  /** When the caller gives up, on its own clock. */
  readonly deadlineMs: number;
  /** What the server does with it, at once; called at most once. */
  readonly execute: () => T | Promise<T>;
  /** Gives up earlier. */
  readonly signal?: AbortSignal | undefined;
  /** Whether it only reads; `false` when it writes. */
  readonly isRead?: boolean;
  /** Whether nothing of it may come late. */
  readonly isPrompt?: boolean;
}

/** Sends requests. */
export interface Wire {
  /** How well it works. */
  quality: WireQuality;
  /**
   * Sends `request`.
   *
   * @throws {PortError} `timeout` when no reply has come in time.
   */
  send<T>(request: Request<T>): Promise<T>;
  /** Breaks it: whoever waits for a reply gets none. */
  break(): void;
}

/** Creates a wire of `actor`. */
export function createWire(parts: {
  readonly timeline: Timeline;
  readonly actor: Actor;
  readonly chance: Chance;
  readonly trace: (text: () => string) => void;
}): Wire {
  const { timeline, actor, chance, trace } = parts;
  const waiting = new Set<(error: unknown) => void>();

  function wayMs(quality: WireQuality): number {
    return 0.05 + chance.around(quality.delayMs);
  }

  const wire: Wire = {
    quality: GOOD,
    send: (request) =>
      new Promise((resolve, reject) => {
        const { what, execute, signal } = request;
        if (signal?.aborted) return reject(signal.reason);
        const { quality } = wire;
        const isLate = chance.happens(quality.late) && !request.isPrompt;
        const isLost = chance.happens(quality.lossOut) && !isLate ||
          quality.losesReads && request.isRead;
        const laterMs = request.isRead === false
          ? quality.writesLaterMs ?? 0
          : 0;
        const outMs = wayMs(quality) + laterMs +
          (isLate ? chance.around(600) : 0);
        const callOff = timeline.after(
          request.deadlineMs + chance.between(0, 5),
          actor,
          () => giveUp(timeout(`${what} has not been answered in time`)),
        );
        waiting.add(giveUp);
        signal?.addEventListener("abort", stop);
        if (!isLost) timeline.after(outMs, undefined, arrive);

        function arrive(): void {
          if (isLate) trace(() => `late: ${what}`);
          let done: Promise<unknown>;
          try {
            done = Promise.resolve(execute());
          } catch (error) {
            done = Promise.reject(error);
          }
          done.catch(() => {});
          if (chance.happens(wire.quality.lossBack)) return;
          const backMs = wayMs(wire.quality) + (wire.quality.backMs ?? 0);
          timeline.after(backMs, actor, () => {
            if (!waiting.has(giveUp)) return;
            end();
            resolve(done as never);
          });
        }
        function end(): void {
          waiting.delete(giveUp);
          callOff();
          signal?.removeEventListener("abort", stop);
        }
        function giveUp(error: unknown): void {
          end();
          reject(error);
        }
        function stop(): void {
          giveUp(signal!.reason);
        }
      }),
    break() {
      for (const giveUp of waiting) {
        timeline.after(chance.between(0, 1), actor, () => {
          if (waiting.has(giveUp)) giveUp(timeout("the connection was lost"));
        });
      }
    },
  };
  return wire;
}

function timeout(why: string): PortError {
  return new PortError("timeout", `Cannot tell what became of it as ${why}`);
}
