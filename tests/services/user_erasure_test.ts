/**
 * Erasing a user whom other instances let in for a moment longer.
 *
 * @module
 */
import { type SettingsKey, settingsKey } from "../../domain/settings.ts";
import { parseUserId } from "../../domain/user_id.ts";
import {
  createUserErasure,
  OTHERS_TAKE_MS,
} from "../../src/services/user_erasure.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { settle } from "../support/turns.ts";

const ANN = parseUserId("ann");
const SCALP = settingsKey(ANN, "mode:scalp");

function createWorld(hasOthers: boolean, keys = 1) {
  const clock = createFakeClock();
  const held = new Set<SettingsKey>([SCALP]);
  let version = 0;
  const erasure = createUserErasure({
    store: {
      read: (all) =>
        Promise.resolve({
          documents: all.map((key) =>
            held.has(key) ? { key, json: "{}", version: 1 } : undefined
          ),
          source: "database",
          isVerified: true,
        } as never),
      write(changes) {
        for (const { key } of changes) held.delete(key as SettingsKey);
        return Promise.resolve(changes.map(() => ++version));
      },
    },
    archive: { forget: () => Promise.resolve(0) },
    bus: { head: () => Promise.resolve({ position: 0 } as never) },
    intents: { forget: () => Promise.resolve(0) },
    caches: [],
    keys: { revokeAllOf: () => Promise.resolve(keys) },
    hasOthers,
    clock,
    openTrades: () => Promise.resolve({ orders: 0, positions: 0 }),
    telemetry: { log() {} },
  });
  return { clock, held, erasure };
}

const WISH = { actor: "root", force: false };

Deno.test("what a user changes elsewhere until his keys have ended there goes with the rest", async () => {
  const { clock, held, erasure } = createWorld(true);
  let isOver = false;
  const erased = erasure.erase(ANN, WISH).finally(() => isOver = true);
  await settle();
  await clock.advance(OTHERS_TAKE_MS - 1);
  await settle();
  equal(isOver, false);
  held.add(settingsKey(ANN, "circuit_breaker"));
  await clock.advance(1);
  equal((await erased).documents, 2);
  deepEqual([...held], []);
});

Deno.test("nobody is waited for where there is one instance, or the user had no keys", async () => {
  for (const world of [createWorld(false), createWorld(true, 0)]) {
    equal((await world.erasure.erase(ANN, WISH)).documents, 1);
  }
});
