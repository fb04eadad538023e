/**
 * Order numbers and client order ids, each given out once.
 *
 * @module
 */
import type { IdempotencyKey } from "../../domain/idempotency_key.ts";
import type { SequenceDay } from "../../domain/sequence.ts";
import type { UserId } from "../../domain/user_id.ts";
import type { Clock } from "../../ports/clock.ts";
import {
  MAX_INTENT_TRIM,
  type OrderIntents,
} from "../../ports/order_intents.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { forgetHourly } from "./forget_hourly.ts";
import {
  createChains,
  type OrderId,
  type OrderIdWish,
} from "./order_ids/chains.ts";
import { createOnce, type Given } from "./order_ids/once.ts";
import { createToday, type IssuedNumbers } from "./order_ids/today.ts";
import type { TimeZones } from "./settings/time_zone.ts";

/** Gives out numbers and ids. */
export interface OrderIds {
  /**
   * Takes `count` numbers (1) of `day`, today in the time zone of `user` when
   * absent. With a key they are kept before they are given: a repeat gets the
   * same, also from another instance, for 72 hours.
   *
   * @throws {PortError} `conflict` when the key came with another request.
   */
  issue(
    user: UserId,
    wish: {
      readonly day?: SequenceDay | undefined;
      readonly count?: number | undefined;
    },
    key?: IdempotencyKey,
  ): Promise<Given<IssuedNumbers>>;

  /**
   * The id of an order: the first of a new chain, which takes the next number
   * of today, or one more of a chain that `user` has had for at most
   * `CHAIN_DAYS`. It is kept with what it is for before it is given. The same
   * order of a chain always has the same id; a repeat with the same key too.
   *
   * @throws {PortError} `not_found` when the user has no such chain, `conflict`
   * when chain, order or key stand for something else; facts: `field`.
   */
  make(
    user: UserId,
    wish: OrderIdWish,
    key?: IdempotencyKey,
  ): Promise<Given<OrderId>>;

  /** Forgets what is not to be kept any more, every hour until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the service. */
export function createOrderIds(parts: {
  readonly sequence: SequencePort;
  readonly intents: OrderIntents;
  readonly timeZone: TimeZones;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}): OrderIds {
  const { sequence, intents, clock, telemetry } = parts;
  const once = createOnce(intents, clock);
  const today = createToday(parts);
  const chains = createChains({ ...parts, today });

  function count(operation: string, result: string): void {
    telemetry.count("holdfast_order_requests_total", { operation, result });
  }

  async function take(
    user: UserId,
    day: SequenceDay | undefined,
    most: number,
  ): Promise<IssuedNumbers> {
    if (day === undefined) return await today.take(user, most);
    return { day, ...await sequence.next(user, day, most) };
  }

  return {
    async issue(user, { day, count: most = 1 }, key) {
      const request = JSON.stringify(["sequence", day ?? null, most]);
      const given = await once.answer({ user, key, request }, async () => {
        return { answer: await take(user, day, most), intents: [] };
      });
      count("sequence", given.isRepeat ? "repeated" : "new");
      return given;
    },

    async make(user, wish, key) {
      const { type, of, symbol = null } = wish;
      const isNew = typeof of === "string";
      const request = JSON.stringify([
        "client-order-id",
        isNew ? of : of.chain,
        type,
        symbol,
      ]);
      const given = await once.answer(
        { user, key, request },
        isNew ? chains.begin(user, of, wish) : chains.extend(user, of, wish),
      );
      const { isRepeat, answer } = given;
      const result = isRepeat ? "repeated" : answer.isKnown ? "known" : "new";
      count("client_order_id", result);
      return given;
    },

    run: (signal) =>
      forgetHourly(
        {
          what: "order intents",
          trim: () => intents.trim(clock.now(), signal),
          most: MAX_INTENT_TRIM,
        },
        parts,
        signal,
      ),
  };
}
