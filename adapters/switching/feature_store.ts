/**
 * A feature store whose adapter can be exchanged while it is in use.
 *
 * @module
 */
import type { FeatureScope } from "../../domain/feature.ts";
import type { FeatureStore, FillToken } from "../../ports/feature_store.ts";
import type { Switchable } from "../../ports/switchable.ts";
import { createSwitch } from "./switch.ts";

/** Invalidations kept for stores that are not active; beyond, all is dropped. */
const MAX_REMEMBERED = 256;

/**
 * Opens a switching store that starts on `store`.
 *
 * The stores need not hold the same: a store that becomes active has first
 * been told of every invalidation made while it was not, and again of those
 * that failed on it. A fill whose read went to another store is dropped, since
 * its token says nothing here.
 */
export function openSwitchingFeatureStore(
  name: string,
  store: FeatureStore,
): FeatureStore & Switchable<FeatureStore> {
  const turnout = createSwitch("feature store", name, store);
  /** The invalidations numbered `serial - scopes.length` to `serial - 1`. */
  const scopes: FeatureScope[] = [];
  let serial = 0;
  /** How many invalidations have been put to a store that is not active. */
  const told = new WeakMap<FeatureStore, number>();
  /** Of those put to a store, the ones that failed and may not be done. */
  const failed = new WeakMap<FeatureStore, FeatureScope[]>();
  let tenures = 0;

  const isBehind = (store: FeatureStore) =>
    missedBy(store).length > 0 || failed.has(store);

  function missedBy(store: FeatureStore): FeatureScope[] {
    if (store === turnout.port) return [];
    const count = serial - (told.get(store) ?? 0);
    return count > scopes.length ? [{}] : scopes.slice(scopes.length - count);
  }

  async function catchUp(store: FeatureStore): Promise<void> {
    const missed = missedBy(store);
    const again = failed.get(store) ?? [];
    const upTo = serial;
    for (const scope of [...again, ...missed]) await store.invalidate(scope);
    told.set(store, upTo);
    const left = failed.get(store)?.filter((scope) => !again.includes(scope));
    if (left?.length) failed.set(store, left);
    else failed.delete(store);
  }

  function remember(store: FeatureStore, scope: FeatureScope): void {
    const known = failed.get(store) ?? [];
    failed.set(
      store,
      known.length < MAX_REMEMBERED ? [...known, { ...scope }] : [{}],
    );
  }

  return {
    get active() {
      return turnout.active;
    },

    async swapTo(name, next) {
      while (isBehind(next)) await catchUp(next);
      told.set(turnout.port, serial);
      tenures++;
      return turnout.swapTo(name, next);
    },

    read: (keys, signal) =>
      turnout.use(async (store) => {
        const tenure = tenures;
        const { vectors, token } = await store.read(keys, signal);
        return { vectors, token: `${tenure}/${token}` as FillToken };
      }, signal),

    fill: (token, vectors, ttlS, signal) =>
      turnout.use(async (store) => {
        // The rest is the store's, which may have slashes of its own.
        const cut = token.indexOf("/");
        if (token.slice(0, Math.max(0, cut)) !== `${tenures}`) return 0;
        const inner = token.slice(cut + 1) as FillToken;
        return await store.fill(inner, vectors, ttlS, signal);
      }, signal),

    invalidate: (scope, signal) =>
      turnout.use(async (store) => {
        serial++;
        if (scopes.push(scope) > MAX_REMEMBERED) scopes.shift();
        try {
          await store.invalidate(scope, signal);
        } catch (error) {
          remember(store, scope);
          throw error;
        }
      }, signal),

    size: (signal) => turnout.use((store) => store.size(signal), signal),
    [Symbol.asyncDispose]: turnout[Symbol.asyncDispose],
  };
}
