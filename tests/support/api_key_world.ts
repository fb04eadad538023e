/**
 * Instances that share API keys, over a database that can be away.
 *
 * @module
 */
import {
  createMemoryApiKeys,
  openMemoryApiKeyStore,
} from "../../adapters/memory/api_key_store.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { ApiKeyStore } from "../../ports/api_key_store.ts";
import { PortError } from "../../ports/port_error.ts";
import {
  createApiKeys,
  type KeyCheck,
  LOOK_MS,
  type WantedKey,
} from "../../src/services/api_keys.ts";
import { createFakeClock, type FakeClock } from "./fake_clock.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** The user of `WANTED`. */
export const ANN = parseUserId("ann");
/** A key that a test wants. */
export const WANTED: WantedKey = { name: "bot", scopes: ["read"], user: ANN };

/** Instances over one store, which can be away and counts what it is asked. */
export function createWorld() {
  const clock = createFakeClock();
  const state = createMemoryApiKeys();
  const lines: string[] = [];
  const asked: string[] = [];
  const world = {
    isAway: false,
    goesAfter: "",
    /** The next call of that name takes effect, and its answer is lost. */
    loses: "",
    /** The next call of that name does nothing, and the database is away. */
    refuses: "",
    /** Answers to reads wait for it. */
    holds: undefined as Promise<void> | undefined,
  };
  let seed = 1;

  function storeOf(): ApiKeyStore {
    const store = openMemoryApiKeyStore(state);
    const guard = (name: string) => {
      asked.push(name);
      world.isAway ||= world.refuses === name;
      if (world.isAway) world.refuses = "";
      if (!world.isAway) return;
      throw new PortError("unavailable", "Cannot reach the database");
    };
    /** Does what `name` says; the database may be away from then on. */
    const then = <T>(name: string, result: T): T => {
      world.isAway ||= world.goesAfter === name;
      if (world.isAway) world.goesAfter = "";
      if (world.loses !== name) return result;
      world.loses = "";
      world.isAway = true;
      throw new PortError("timeout", "Cannot tell what the database did");
    };
    return {
      ...store,
      rotate: async (...given) => then("rotate", await store.rotate(...given)),
      remove: async (...given) => then("remove", await store.remove(...given)),
      read: async (known) => {
        guard("read");
        const list = await store.read(known);
        await world.holds;
        return list;
      },
      add: async (
        key,
        o,
      ) => (guard("add"), then("add", await store.add(key, o))),
      touch: async (uses) => (guard("touch"), await store.touch(uses)),
      pepper: async (text) => (guard("pepper"), await store.pepper(text)),
    };
  }

  /** Opens one more instance; `given.secret` stands for AUTH_SECRET. */
  function open(given: { readonly secret?: string } = {}) {
    const stop = new AbortController();
    const keys = createApiKeys({
      ...given,
      store: storeOf(),
      clock,
      entropy: createSeededEntropy(seed++),
      telemetry: {
        log: (level, message, fields) =>
          void lines.push(
            `${level} ${message} ${JSON.stringify(fields ?? {})}`,
          ),
      },
    });
    let running: Promise<void> | undefined;
    return {
      ...keys,
      /** Has it keep up from now on. */
      start: () =>
        void (running = keys.run(stop.signal).catch((error) => {
          if (!stop.signal.aborted) throw error;
        })),
      async [Symbol.asyncDispose]() {
        stop.abort();
        await running;
      },
    };
  }
  return { clock, state, lines, asked, world, open };
}

/** Lets work that waits for nothing but turns go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

/** Lets time go by, and those who wait for it work. */
export async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= LOOK_MS) {
    await clock.advance(Math.min(left, LOOK_MS));
    await settle();
  }
}

/** The id of a key that is good, else why it is not. */
export function idIn(checked: KeyCheck) {
  return typeof checked === "string" ? checked : checked.id;
}
