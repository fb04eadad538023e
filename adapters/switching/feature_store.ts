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
 * been told of every invalidation made while it was not. A fill whose read
 * went to another store is dropped, since its token says nothing here.
 */
export function openSwitchingFeatureStore(
  name: string,
  store: FeatureStore,
): FeatureStore & Switchable<FeatureStore> {
  const turnout = createSwitch("feature store", name, store);
  /** The invalidations numbered `serial - scopes.length` to `serial - 1`. */
  const scopes: FeatureScope[] = [];
  let serial = 0;
  /** How many invalidations a store has been told of. */
  const told = new WeakMap<FeatureStore, number>();
  let tenures = 0;

  async function tell(store: FeatureStore): Promise<void> {
    const known = told.get(store) ?? 0;
    const missed = serial - known > scopes.length
      ? [{}]
      : scopes.slice(scopes.length - (serial - known));
    const upTo = serial;
    for (const scope of missed) await store.invalidate(scope);
    told.set(store, upTo);
  }

  return {
    get active() {
      return turnout.active;
    },

    async swapTo(name, next) {
      told.set(turnout.port, serial);
      while ((told.get(next) ?? 0) < serial) await tell(next);
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
        const [tenure, inner] = token.split("/", 2);
        if (Number(tenure) !== tenures) return 0;
        return await store.fill(inner as FillToken, vectors, ttlS, signal);
      }, signal),

    invalidate: (scope, signal) =>
      turnout.use(async (store) => {
        serial++;
        if (scopes.push(scope) > MAX_REMEMBERED) scopes.shift();
        await store.invalidate(scope, signal);
      }, signal),

    size: (signal) => turnout.use((store) => store.size(signal), signal),
    [Symbol.asyncDispose]: turnout[Symbol.asyncDispose],
  };
}
