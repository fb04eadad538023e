/**
 * What goes wrong on the way to a paper venue and back: by seeded chance, or
 * because a test asks for it.
 *
 * @module
 */
import { chanceOf } from "../../domain/paper/chance.ts";
import type { UserId } from "../../domain/user_id.ts";
import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Fate } from "./dealings.ts";
import type { PaperOptions } from "./options.ts";

/** What can be asked of a venue. */
export type PaperCall = "submit" | "cancel" | "find" | "open" | "positions";

/** What can become of a call, named as in `PaperOptions`. */
export type PaperOutcome =
  | "ok"
  | "unavailable"
  | "lostRequest"
  | "lostAnswer"
  | "late"
  | "nonsense"
  | "reject"
  | "partial";

/** Decides the outcomes of calls to come. */
export interface PaperControl {
  /**
   * The next calls of this kind have these outcomes, in this order, in place
   * of those that chance has for them. `reject` and `partial` are for submits.
   */
  force(call: PaperCall, ...outcomes: readonly PaperOutcome[]): void;
}

/** A call on its way. */
export interface PaperAttempt {
  /** What becomes of it. */
  readonly outcome: PaperOutcome;
  /** What becomes of the order, where it is one. */
  readonly fate: Fate;
  /** How long a late request is on its way, in milliseconds. */
  readonly lateMs: number;
}

/** Faults, and what decides them. */
export interface PaperFaults {
  /** Decides the outcomes of calls to come. */
  readonly control: PaperControl;
  /**
   * Sends a call on its way: waits as long as it takes, and tells what becomes
   * of it.
   *
   * @param name What is sent or asked for, such as an order's id.
   * @throws {PortError} `unavailable` when it does not reach the venue.
   */
  send(
    call: PaperCall,
    user: UserId,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<PaperAttempt>;
}

const WINDOW_MS = 10_000;

/** Calls whose attempts are counted, at most; the oldest are forgotten. */
const MAX_COUNTED = 100_000;

/** Accounts whose calls are counted, at most, before those at rest are forgotten. */
const MAX_ACCOUNTS = 1000;

/** Outcomes that chance decides, each with its share of the calls. */
const BY_CHANCE = [
  "unavailable",
  "lostRequest",
  "lostAnswer",
  "late",
  "nonsense",
] as const satisfies readonly PaperOutcome[];

/** Creates faults; of the same options and calls, the same faults. */
export function createPaperFaults(
  options: PaperOptions,
  clock: Clock,
): PaperFaults {
  const { seed, latencyMs, rateLimit, inFlightMs } = options;
  const forced = new Map<PaperCall, PaperOutcome[]>();
  const attempts = new Map<string, number>();
  const windows = new Map<UserId, { since: number; calls: number }>();
  const hasFaults = BY_CHANCE.some((name) => options[name] > 0);

  /** The name of one attempt, as each of them has a chance of its own. */
  function nextAttempt(name: string): string {
    const count = attempts.get(name) ?? 0;
    attempts.delete(name);
    attempts.set(name, count + 1);
    if (attempts.size > MAX_COUNTED) {
      attempts.delete(attempts.keys().next().value!);
    }
    return `${name} ${count}`;
  }

  function draw(name: string): PaperOutcome {
    let left = chanceOf(seed, name);
    for (const outcome of BY_CHANCE) {
      left -= options[outcome];
      if (left < 0) return outcome;
    }
    return "ok";
  }

  function fateOf(name: string, outcome: PaperOutcome): Fate {
    const isAsked = outcome === "reject";
    if (isAsked || chanceOf(seed, `reject ${name}`) < options.reject) {
      return { parts: 1, refusal: "the paper venue rejects some orders" };
    }
    const isPartial = outcome === "partial" ||
      chanceOf(seed, `partial ${name}`) < options.partial;
    if (!isPartial) return { parts: 1 };
    return { parts: 2 + Math.floor(3 * chanceOf(seed, `parts ${name}`)) };
  }

  /** Counts a call in, or turns it away as one too many. */
  function admitRate(user: UserId): void {
    if (rateLimit === 0) return;
    const now = clock.monotonic();
    let window = windows.get(user);
    if (!window || now - window.since >= WINDOW_MS) {
      window = { since: now, calls: 0 };
      if (windows.size >= MAX_ACCOUNTS) {
        for (const [name, { since }] of windows) {
          if (now - since >= WINDOW_MS) windows.delete(name);
        }
      }
      windows.set(user, window);
    }
    if (window.calls < rateLimit) {
      window.calls++;
      return;
    }
    const retryAfterMs = Math.ceil(window.since + WINDOW_MS - now);
    throw new PortError(
      "unavailable",
      `Cannot ask the paper broker as it takes ${rateLimit} calls in 10 s: try again in ${retryAfterMs} ms`,
      { facts: { retryAfterMs } },
    );
  }

  return {
    control: {
      force(call, ...outcomes) {
        forced.set(call, [...forced.get(call) ?? [], ...outcomes]);
      },
    },

    async send(call, user, name, signal) {
      const said = forced.get(call)?.shift();
      if (latencyMs > 0) await clock.sleep(latencyMs, signal);
      admitRate(user);
      const order = `${user} ${name}`;
      const attempt = hasFaults ? nextAttempt(`${call} ${order}`) : order;
      const outcome = said ?? (hasFaults ? draw(attempt) : "ok");
      if (outcome === "unavailable") {
        throw new PortError(
          "unavailable",
          `Cannot ${call} ${name} as the paper broker cannot be reached`,
        );
      }
      return {
        outcome,
        fate: fateOf(order, outcome),
        lateMs: inFlightMs * (0.1 + 0.8 * chanceOf(seed, `late ${attempt}`)),
      };
    },
  };
}

/** What a call throws whose answer is missing. */
export function lostCall(call: PaperCall, name: string): PortError {
  return new PortError(
    "timeout",
    `Cannot tell what became of ${call} ${name} as the paper broker did not answer`,
  );
}
