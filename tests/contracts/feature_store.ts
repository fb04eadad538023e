/**
 * The feature store contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import type {
  FeatureKey,
  FeatureScope,
  FeatureVector,
} from "../../domain/feature.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import type { FeatureStore, FillToken } from "../../ports/feature_store.ts";
import { testLaws, type Waivers } from "./law.ts";

/** An empty store, and what a test may do to its world. */
export interface FeatureStoreSubject extends AsyncDisposable {
  readonly store: FeatureStore;
  /** Lets wall time pass. */
  elapse(ms: number): Promise<void>;
}

const [A, B] = [parseSymbol("AAA"), parseSymbol("BRK.B")];
const [MON, TUE] = ["2026-01-05", "2026-01-06"].map(parseTradingDate);
const at = (symbol = A, date = MON!): FeatureKey => ({ symbol, date });
const EVERY = [at(A, MON), at(A, TUE), at(B, MON), at(B, TUE)];

function vector(key: FeatureKey, json = '{"KMID":0.1,"ROC5":null}') {
  const stamp = {
    set: "alpha158/1",
    window: "00ff",
    computedAt: 1_767_323_045,
  };
  return { ...key, json, stamp } satisfies FeatureVector;
}

/** Fills as the service does: reads first. A store may decline, for instance after a swap. */
async function put(
  store: FeatureStore,
  vectors: FeatureVector[],
  ttlS = 60,
): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const { token } = await store.read(vectors);
    const kept = await store.fill(token, vectors, vectors.map(() => ttlS));
    if (kept === vectors.length) return;
  }
  throw new Error("the store never keeps what it is filled with");
}

async function held(store: FeatureStore, keys = EVERY): Promise<FeatureKey[]> {
  const { vectors } = await store.read(keys);
  return keys.filter((_, i) => vectors[i] !== undefined);
}

const LAWS = {
  "an empty store misses": async ({ store }) => {
    deepEqual((await store.read(EVERY)).vectors, EVERY.map(() => undefined));
    equal(await store.size(), 0);
  },

  "a filled vector is read back whole": async ({ store }) => {
    await put(store, [vector(at())]);
    deepEqual((await store.read([at()])).vectors, [vector(at())]);
    equal(await store.size(), 1);
  },

  "hits and misses come in the order asked for": async ({ store }) => {
    await put(store, [vector(at(B, TUE)), vector(at(A, MON))]);
    const keys = [at(B, MON), at(A, MON), at(B, TUE), at(A, MON)];
    const { vectors } = await store.read(keys);
    deepEqual(vectors.map((v) => v && `${v.symbol} ${v.date}`), [
      undefined,
      "AAA 2026-01-05",
      "BRK.B 2026-01-06",
      "AAA 2026-01-05",
    ]);
    deepEqual((await store.read([])).vectors, []);
  },

  "a vector without features is a hit": async ({ store }) => {
    await put(store, [vector(at(), "{}")]);
    equal((await store.read([at()])).vectors[0]?.json, "{}");
  },

  "a fill replaces what is held": async ({ store }) => {
    await put(store, [vector(at(), '{"n":1}')]);
    await put(store, [vector(at(), '{"n":2}')]);
    equal((await store.read([at()])).vectors[0]?.json, '{"n":2}');
    equal(await store.size(), 1);
  },

  "a vector is forgotten when its time is up, not before": async (
    { store, elapse },
  ) => {
    await put(store, [vector(at(A))], 60);
    await put(store, [vector(at(B))], 120);
    await elapse(59_000);
    deepEqual(await held(store), [at(A), at(B)]);
    await elapse(2_000);
    deepEqual(await held(store), [at(B)]);
    await elapse(60_000);
    deepEqual(await held(store), []);
  },

  "invalidating forgets exactly the scope": async ({ store }) => {
    const cases: [FeatureScope, FeatureKey[]][] = [
      [{ symbol: A, date: MON! }, [at(A, TUE), at(B, MON), at(B, TUE)]],
      [{ symbol: A }, [at(B, MON), at(B, TUE)]],
      [{ date: MON! }, [at(A, TUE), at(B, TUE)]],
      [{}, []],
    ];
    for (const [scope, left] of cases) {
      await put(store, EVERY.map((key) => vector(key)));
      await store.invalidate(scope);
      deepEqual(await held(store), left);
    }
  },

  "a fill whose read came before an invalidation of it keeps nothing": async (
    { store },
  ) => {
    for (const scope of [{ symbol: A, date: MON! }, { symbol: A }, {}]) {
      const { token } = await store.read([at()]);
      await store.invalidate(scope);
      equal(await store.fill(token, [vector(at())], [60]), 0);
      deepEqual(await held(store), []);
    }
    await put(store, [vector(at())]);
    deepEqual(await held(store), [at()]);
  },

  "an invalidation of other vectors does not stop a fill for good": async (
    { store },
  ) => {
    const { token } = await store.read([at(A)]);
    await store.invalidate({ symbol: B });
    ok(await store.fill(token, [vector(at(A))], [60]) <= 1);
    await put(store, [vector(at(A))]);
    deepEqual(await held(store), [at(A)]);
  },

  "a token that this store never gave keeps nothing": async ({ store }) => {
    for (const token of ["", "x", "-1", "0.5", "0x0", "0/x", "999999999"]) {
      equal(await store.fill(token as FillToken, [vector(at())], [60]), 0);
    }
    deepEqual(await held(store), []);
  },

  "many invalidations do not let an old fill through": async ({ store }) => {
    const { token } = await store.read([at()]);
    await store.invalidate({ symbol: A });
    await Promise.all(
      Array.from({ length: 1500 }, () => store.invalidate({ symbol: B })),
    );
    equal(await store.fill(token, [vector(at())], [60]), 0);
  },

  "an aborted call is refused": async ({ store }) => {
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(store.read([at()], gone), { message: "gone" });
  },

  "a closed store rejects, and closes twice": async ({ store }) => {
    const { token } = await store.read([at()]);
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await rejects(store.read([at()]), { code: "closed" });
    await rejects(store.fill(token, [], []), { code: "closed" });
    await rejects(store.invalidate({}), { code: "closed" });
    await rejects(store.size(), { code: "closed" });
  },
} satisfies Record<string, (subject: FeatureStoreSubject) => Promise<void>>;

/** Holds each store `open` returns to every law, save those waived by name. */
export function testFeatureStore(
  adapter: string,
  open: () => Promise<FeatureStoreSubject>,
  waived: Waivers<typeof LAWS> = {},
): void {
  testLaws(adapter, LAWS, open, waived);
}
