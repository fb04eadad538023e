/**
 * The model registry contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import {
  deepEqual,
  equal,
  notEqual,
  rejects,
  throws,
} from "../support/assert.ts";
import type { ModelRegistry } from "../../ports/model_registry.ts";
import { testLaws, type Waivers } from "./law.ts";

/**
 * What a registry may find: two models over the same features that score every
 * row differently, and four ways for a model not to be there.
 */
export type ModelSource =
  | "first"
  | "second"
  | "absent"
  | "damaged"
  | "other features"
  | "two outputs";

/** A registry over a source without a model, and what a test may do to it. */
export interface ModelRegistrySubject extends AsyncDisposable {
  readonly registry: ModelRegistry;
  /** Number of features that its models ask for. */
  readonly featureCount: number;
  /** Replaces what the source holds. */
  put(source: ModelSource): Promise<void>;
  /** Lets wall time pass. */
  elapse(ms: number): Promise<void>;
}

/** What `reload` throws for a source that cannot be used. */
const REFUSALS = {
  absent: "not_found",
  damaged: "corrupt",
  "other features": "invalid",
  "two outputs": "invalid",
} as const;

type Refused = keyof typeof REFUSALS;

async function keepsTheActive(
  { registry, put }: ModelRegistrySubject,
  source: Refused,
): Promise<void> {
  const refused = { name: "PortError", code: REFUSALS[source] };
  await put(source);
  await rejects(registry.reload(), refused);
  equal(registry.active(), undefined);

  await put("first");
  const { model } = await registry.reload();
  await put(source);
  await rejects(registry.reload(), refused);
  equal(registry.active(), model);

  await put("second");
  const next = await registry.reload();
  equal(next.previous, model);
  equal(registry.active(), next.model);
}

const LAWS = {
  "opening loads nothing": async ({ registry, put }) => {
    equal(registry.active(), undefined);
    await put("first");
    equal(registry.active(), undefined);
  },

  "reload() activates what it finds": async (
    { registry, put, featureCount },
  ) => {
    await put("first");
    const reload = await registry.reload();
    equal(reload.changed, true);
    equal(reload.previous, undefined);
    equal(registry.active(), reload.model);
    equal(reload.model.info.featureCount, featureCount);
    equal(reload.model.info.treeCount >= 1, true);
    equal(Number.isFinite(reload.model.info.activatedAt), true);
    for (const text of ["strategy", "version", "objective"] as const) {
      notEqual(reload.model.info[text], "");
    }
  },

  "an unchanged model stays as it is": async ({ registry, put, elapse }) => {
    await put("first");
    const { model } = await registry.reload();
    const { activatedAt } = model.info;
    await elapse(1000);
    await put("first");
    const again = await registry.reload();
    deepEqual(again, { model, previous: model, changed: false });
    equal(again.model, model);
    equal(again.model.info.activatedAt, activatedAt);
  },

  "another model replaces the one before it whole": async (
    { registry, put, elapse, featureCount },
  ) => {
    const row = new Float64Array(featureCount);
    await put("first");
    const { model: first } = await registry.reload();
    const score = first.predict(row);
    await elapse(1000);
    await put("second");
    const { model: second, previous, changed } = await registry.reload();
    equal(changed, true);
    equal(previous, first);
    notEqual(second.info.version, first.info.version);
    equal(second.info.activatedAt - first.info.activatedAt, 1000);
    notEqual(second.predict(row), score);
    equal(first.predict(row), score);
  },

  "a version stands for the content, not for the load": async (
    { registry, put },
  ) => {
    await put("first");
    const { version } = (await registry.reload()).model.info;
    await put("second");
    await registry.reload();
    await put("first");
    equal((await registry.reload()).model.info.version, version);
  },

  "an absent model is not found, and the active one stays": (subject) =>
    keepsTheActive(subject, "absent"),

  "a damaged model is corrupt, and the active one stays": (subject) =>
    keepsTheActive(subject, "damaged"),

  "other features are invalid, and the active model stays": (subject) =>
    keepsTheActive(subject, "other features"),

  "two outputs are invalid, and the active model stays": (subject) =>
    keepsTheActive(subject, "two outputs"),

  "of concurrent reloads one changes the model": async ({ registry, put }) => {
    await put("first");
    await registry.reload();
    await put("second");
    const reloads = await Promise.all(
      Array.from({ length: 8 }, () => registry.reload()),
    );
    equal(reloads.filter((reload) => reload.changed).length, 1);
    for (const { model } of reloads) equal(model, registry.active());
  },

  "a missing value is a value": async ({ registry, put, featureCount }) => {
    await put("first");
    const { model } = await registry.reload();
    const row = new Float64Array(featureCount).fill(NaN);
    equal(Number.isFinite(model.predict(row)), true);
  },

  "a row of another length is refused": async (
    { registry, put, featureCount },
  ) => {
    await put("first");
    const { model } = await registry.reload();
    for (const length of [0, featureCount - 1, featureCount + 1]) {
      throws(() => model.predict(new Float64Array(length)), {
        name: "PortError",
        code: "invalid",
      });
    }
  },

  "an aborted reload is refused": async ({ registry, put }) => {
    await put("first");
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(registry.reload(gone), { message: "gone" });
    equal(registry.active(), undefined);
    await registry.reload();
  },

  "a closed registry rejects, and closes twice": async ({ registry, put }) => {
    await put("first");
    await registry.reload();
    await registry[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    await rejects(registry.reload(), { name: "PortError", code: "closed" });
    equal(registry.active(), undefined);
  },
} satisfies Record<string, (subject: ModelRegistrySubject) => Promise<void>>;

/** Holds each registry `open` returns to every law, save those waived by name. */
export function testModelRegistry(
  adapter: string,
  open: () => Promise<ModelRegistrySubject>,
  waived: Waivers<typeof LAWS> = {},
): void {
  testLaws(adapter, LAWS, open, waived);
}
