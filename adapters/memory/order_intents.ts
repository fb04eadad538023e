/**
 * Order intents in this process's memory; nothing survives a restart.
 *
 * @module
 */
import type { UserId } from "../../domain/user_id.ts";
import { admit } from "../../ports/arguments.ts";
import { checkIntentNames, checkIntents } from "../../ports/intent_rules.ts";
import {
  MAX_INTENT_TRIM,
  type OrderIntent,
  type OrderIntents,
} from "../../ports/order_intents.ts";
import { PortError } from "../../ports/port_error.ts";

/** Intents held, at most. */
export const DEFAULT_INTENT_CAPACITY = 500_000;

/** Intents by user and name. */
export type MemoryIntents = Map<string, OrderIntent>;

/** Opens the port over `held`; when that is full, more are refused. */
export function openMemoryOrderIntents(
  held: MemoryIntents = new Map(),
  capacity: number = DEFAULT_INTENT_CAPACITY,
): OrderIntents {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("order intents", closed, signal);

  return {
    async keep(user, intents, signal) {
      enter(signal);
      checkIntents(intents);
      const inTheWay = intents.flatMap(({ name }) =>
        held.get(keyOf(user, name)) ?? []
      );
      if (inTheWay.length > 0) return inTheWay;
      if (held.size + intents.length > capacity) {
        throw new PortError(
          "full",
          `Cannot keep intents as memory holds ${held.size} of them: use a database`,
        );
      }
      for (const intent of intents) {
        held.set(keyOf(user, intent.name), { ...intent });
      }
      return [];
    },

    async find(user, names, signal) {
      enter(signal);
      checkIntentNames(names);
      return names.map((name) => held.get(keyOf(user, name)));
    },

    async trim(nowMs, signal) {
      enter(signal);
      let gone = 0;
      for (const [key, { keptUntil }] of held) {
        if (gone === MAX_INTENT_TRIM) break;
        if (keptUntil <= nowMs && held.delete(key)) gone++;
      }
      return gone;
    },

    async forget(user, signal) {
      enter(signal);
      let gone = 0;
      for (const key of held.keys()) {
        if (gone === MAX_INTENT_TRIM) break;
        if (key.startsWith(keyOf(user, "")) && held.delete(key)) gone++;
      }
      return gone;
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function keyOf(user: UserId, name: string): string {
  return `${user} ${name}`;
}
