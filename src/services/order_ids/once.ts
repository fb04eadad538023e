/**
 * Answers that are kept before they are given, so that a repeat gets the same.
 *
 * @module
 */
import type { IdempotencyKey } from "../../../domain/idempotency_key.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { Clock } from "../../../ports/clock.ts";
import type {
  OrderIntent,
  OrderIntents,
} from "../../../ports/order_intents.ts";
import { PortError } from "../../../ports/port_error.ts";

/** How long an answer is kept for repeats: 72 hours. */
export const KEY_KEPT_MS = 72 * 3_600_000;

/** Times that an answer is worked out anew, as others were first. */
const ATTEMPTS = 5;

/** Who asks for what. */
export interface Asked {
  /** Who. */
  readonly user: UserId;
  /** Names the request for repeats; without one each request is new. */
  readonly key: IdempotencyKey | undefined;
  /** What is asked for: the same for the same request, for no other. */
  readonly request: string;
}

/** An answer that has not been given yet. */
export interface Draft<Answer> {
  /** The answer: what JSON can say. */
  readonly answer: Answer;
  /** What has to be kept with it. */
  readonly intents: readonly OrderIntent[];
}

/** An answer that is kept. */
export interface Given<Answer> {
  /** The answer. */
  readonly answer: Answer;
  /** Whether it was given before, to a request with the same key. */
  readonly isRepeat: boolean;
}

/** Answers requests. */
export interface Once {
  /**
   * The answer that was given to `asked` before; else what `draft` makes, once
   * it is kept with its intents. Where another request was first, `draft` makes
   * another answer. A request without a key and without intents keeps nothing.
   *
   * @throws {PortError} `conflict` when the key came with another request
   * before (facts: `field`); what keeping throws: nobody has been told then,
   * and a repeat with the key gets what was kept, if it was.
   */
  answer<Answer>(
    asked: Asked,
    draft: () => Promise<Draft<Answer>>,
  ): Promise<Given<Answer>>;
}

/** Creates it over `intents`. */
export function createOnce(
  intents: OrderIntents,
  clock: Pick<Clock, "now">,
): Once {
  return {
    async answer<Answer>(
      { user, key, request }: Asked,
      draft: () => Promise<Draft<Answer>>,
    ): Promise<Given<Answer>> {
      const name = `key:${key}`;
      if (key !== undefined) {
        const [held] = await intents.find(user, [name]);
        if (held) return repeat(held, request);
      }
      for (let i = 0; i < ATTEMPTS; i++) {
        const { answer, intents: kept } = await draft();
        const all = key === undefined
          ? kept
          : [...kept, intentOf(name, request, answer, clock.now())];
        if (all.length === 0) return { answer, isRepeat: false };
        const inTheWay = await intents.keep(user, all);
        if (inTheWay.length === 0) return { answer, isRepeat: false };
        const held = inTheWay.find((one) => one.name === name);
        if (held) return repeat(held, request);
      }
      throw new PortError(
        "unavailable",
        "Cannot answer as others were first each time: try again",
      );
    },
  };
}

function intentOf(
  name: string,
  request: string,
  answer: unknown,
  now: number,
): OrderIntent {
  return {
    name,
    json: JSON.stringify({ request, answer }),
    keptUntil: Math.ceil(now + KEY_KEPT_MS),
  };
}

function repeat<Answer>(held: OrderIntent, request: string): Given<Answer> {
  const before = JSON.parse(held.json) as { request: string; answer: Answer };
  if (before.request === request) {
    return { answer: before.answer, isRepeat: true };
  }
  throw new PortError(
    "conflict",
    "Cannot use the idempotency key as it came with another request before: take a new one",
    { facts: { field: "key" } },
  );
}
