/**
 * Several callers at the same settings, on two instances of one database: what
 * is acknowledged happens once, in the order of the log, and is never mixed.
 *
 * @module
 */
import fc from "fast-check";
import type { JsonObject } from "../../domain/json_value.ts";
import { SETTINGS, TREE_SHAPE } from "../../domain/settings/catalogue.ts";
import { merged } from "../../domain/settings/edit.ts";
import { SHAPES } from "../../domain/settings/shape.ts";
import { settingsKey } from "../../domain/settings.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import {
  createSettingsServices,
  type SettingsServices,
} from "../../src/services/settings/settings.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import {
  defaultDocument,
  NO_DEFAULTS_FILE,
} from "../support/default_documents.ts";
import {
  createMemoryWorld,
  type MemoryWorld,
} from "../support/memory_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { flatten, unflatten } from "../support/settings_model.ts";
import { RUNS } from "../support/settings_values.ts";

const ANN = parseUserId("ann");
const KEY = settingsKey(ANN, "mode:scalp");
const RULED = new Set(TREE_SHAPE.rules.flatMap(({ paths }) => paths));

/** Numbers of scalp that no rule speaks of. */
const FIELDS = SETTINGS.filter(({ path, document, field }) =>
  document === "mode:scalp" && field.type.kind === "number" &&
  field.type.whole && !RULED.has(path) && (field.type.max ?? 0) >= 100
).map(({ at }) => at.join("."));

/** A store whose calls take their time, each another one, by `seed`. */
function slowed(store: SettingsStore, seed: number): SettingsStore {
  const entropy = createSeededEntropy(seed);
  const pause = async () => {
    for (let turns = Math.floor(entropy.fraction() * 12); turns > 0; turns--) {
      await Promise.resolve();
    }
  };
  return {
    ...store,
    async read(keys, signal) {
      await pause();
      const snapshot = await store.read(keys, signal);
      await pause();
      return snapshot;
    },
    async write(changes, actor, signal) {
      await pause();
      const versions = await store.write(changes, actor, signal);
      await pause();
      return versions;
    },
  };
}

/** An instance over the state of `world`. */
function servicesOver(
  world: MemoryWorld,
  store: SettingsStore,
): SettingsServices {
  return createSettingsServices({
    store,
    archive: world.archive(),
    source: NO_DEFAULTS_FILE,
    clock: world.clock,
    telemetry: createRecordingTelemetry(),
    record: "memory",
  });
}

/** Two instances over one state. */
function openTwo(seed: number) {
  const world = createMemoryWorld();
  const open = (seed: number) =>
    servicesOver(world, slowed(world.settings(), seed));
  return { world, instances: [open(seed), open(seed + 1)] as const };
}

/** What a caller does to the document. */
interface Writing {
  readonly kind: "patch" | "put" | "reset";
  readonly instance: 0 | 1;
  readonly fields: readonly string[];
  readonly value: number;
  /** How many changes of the document the caller believes there are. */
  readonly condition: number | undefined;
}

const anyWriting = fc.record<Writing>({
  kind: fc.constantFrom("patch", "patch", "patch", "put", "reset"),
  instance: fc.constantFrom(0, 1),
  fields: fc.uniqueArray(fc.constantFrom(...FIELDS), {
    minLength: 1,
    maxLength: 3,
  }),
  value: fc.integer({ min: 1, max: 99 }),
  condition: fc.option(fc.constant(0), { nil: undefined, freq: 3 }),
});

const BASE = defaultDocument("mode:scalp") as JsonObject;

/** What `writing` makes of `document`, told without the program's help. */
function effectOf(writing: Writing, document: JsonObject): JsonObject {
  const { kind, fields, value } = writing;
  const flat = flatten(kind === "put" ? BASE : document);
  const defaults = flatten(BASE);
  for (const field of fields) {
    flat.set(field, kind === "reset" ? defaults.get(field) : value);
  }
  return unflatten(flat);
}

function run(
  writing: Writing,
  services: SettingsServices,
  actor: string,
  first: number,
) {
  const { kind, fields, value, condition } = writing;
  if (kind === "reset") {
    const path = `mode_configs.scalp.${fields[0]}`;
    return services.maintenance.takeOver(ANN, actor, path)
      .then(({ changed }) => changed);
  }
  const patch = unflatten(fields.map((field) => [field, value]));
  return services.documents.change({
    user: ANN,
    actor,
    documents: ["mode:scalp"],
    needsAll: true,
    condition: condition === undefined ? undefined : first,
    apply: (stored) => ({
      "mode:scalp": kind === "put"
        ? effectOf(writing, BASE)
        : merged(SHAPES["mode:scalp"], stored["mode:scalp"]!, patch),
    }),
  });
}

Deno.test("concurrent writers: each is acknowledged in the order of the log or is told 412, and no two are mixed", async () => {
  let conflicts = 0;
  let acknowledged = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyWriting, { minLength: 2, maxLength: 8 }),
      fc.integer({ min: 1, max: 2 ** 20 }),
      async (given, seed) => {
        // A reset of several fields would be several writes.
        const writings = given.map((one) => ({
          ...one,
          fields: one.kind === "reset" ? one.fields.slice(0, 1) : one.fields,
        }));
        const { world, instances } = openTwo(seed);
        const read = await instances[0].documents.read(ANN, ["mode:scalp"]);
        const first = read.documents[0]!.version;
        const outcomes = await Promise.allSettled(
          writings.map((writing, i) =>
            run(writing, instances[writing.instance], `caller${i}`, first)
          ),
        );
        const edits = await world.archive()
          .edits({ keys: [KEY], after: first, limit: 500 });
        let document = JSON.parse(read.documents[0]!.json);
        for (const { actor, json, before, version } of edits) {
          const i = Number(actor.slice("caller".length));
          const writing = writings[i]!;
          document = effectOf(writing, document);
          deepEqual(JSON.parse(json!), document, actor);
          if (writing.kind !== "reset" && writing.condition !== undefined) {
            equal(before!.version, first);
          }
          const outcome = outcomes[i]!;
          ok(outcome.status === "fulfilled", actor);
          equal(outcome.value[0]!.after.version, version);
          acknowledged++;
        }
        const actors = edits.map(({ actor }) => actor);
        equal(new Set(actors).size, actors.length);
        for (const [i, outcome] of outcomes.entries()) {
          if (actors.includes(`caller${i}`)) continue;
          const { kind, condition } = writings[i]!;
          if (outcome.status === "fulfilled") {
            // A reset of what has its default already writes nothing.
            equal(kind, "reset");
            deepEqual(outcome.value, []);
            continue;
          }
          ok(outcome.reason instanceof PortError);
          equal(outcome.reason.code, "version_conflict");
          ok(condition !== undefined, `${kind} without a condition`);
          conflicts++;
        }
      },
    ),
    { ...RUNS, numRuns: 150 },
  );
  ok(conflicts > 20 && acknowledged > 200, `${conflicts} ${acknowledged}`);
});

Deno.test("of several callers with one version exactly one is acknowledged", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { instances } = openTwo(seed);
    const read = await instances[0].documents.read(ANN, ["mode:scalp"]);
    const first = read.documents[0]!.version;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) =>
        run(
          {
            kind: i % 2 ? "put" : "patch",
            instance: i % 2 as 0 | 1,
            fields: [FIELDS[i]!],
            value: 7,
            condition: 0,
          },
          instances[i % 2]!,
          `caller${i}`,
          first,
        )),
    );
    const done = outcomes.filter(({ status }) => status === "fulfilled");
    equal(done.length, 1, String(seed));
  }
});

Deno.test("changes of different fields by several callers are all kept", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { instances } = openTwo(seed);
    const callers = FIELDS.slice(0, 8);
    await Promise.all(
      callers.map(async (field, i) => {
        for (const value of [11, 12, 13]) {
          const instance = ((i + value) % 2) as 0 | 1;
          await run(
            {
              kind: "patch",
              instance,
              fields: [field],
              value: value + i,
              condition: undefined,
            },
            instances[instance],
            field,
            0,
          );
        }
      }),
    );
    const { documents: [scalp] } = await instances[1].documents
      .read(ANN, ["mode:scalp"]);
    const expected = flatten(BASE);
    callers.forEach((field, i) => expected.set(field, 13 + i));
    deepEqual(flatten(JSON.parse(scalp!.json)), expected);
  }
});

Deno.test("callers of one instance never get in each other's way", async () => {
  const { world, instances: [one] } = openTwo(1);
  await one.documents.read(ANN, ["mode:scalp"]);
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      run(
        {
          kind: "patch",
          instance: 0,
          fields: [FIELDS[i % 8]!],
          value: i + 1,
          condition: undefined,
        },
        one,
        "me",
        0,
      )),
  );
  equal(world.log.head().position, 49);
});

Deno.test("a new user who is met by several callers at once gets his documents once", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { world, instances } = openTwo(seed);
    const versions = await Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        const { documents } = await instances[i % 2]!.documents
          .read(ANN, ["mode:scalp", "circuit_breaker"]);
        return documents.map(({ version }) => version);
      }),
    );
    for (const one of versions) deepEqual(one, versions[0]);
    equal(world.log.head().position, 9);
  }
});

Deno.test("a new user whom another instance has met in between has its documents", async () => {
  const { world, instances: [other] } = openTwo(1);
  const store = world.settings();
  const { documents } = servicesOver(world, {
    ...store,
    async write(changes, actor) {
      if (actor === "holdfast:new-user") {
        await other.documents.read(ANN, ["mode:scalp"]);
      }
      return await store.write(changes, actor);
    },
  });
  const read = await documents.read(ANN, ["mode:scalp"]);
  equal(read.documents[0]!.version, 4);
  equal(world.log.head().position, 9);
});

Deno.test("who never gets through is told so, in the end", async () => {
  const { world, instances: [, other] } = openTwo(1);
  await other.documents.read(ANN, ["mode:scalp"]);
  const store = world.settings();
  let tries = 0;
  const services = servicesOver(world, {
    ...store,
    async write(changes, actor) {
      if (actor === "me") {
        tries++;
        // Somebody else is always faster.
        const { key, json } = changes[0]!;
        await store.write([{ key, json }], "faster");
      }
      return await store.write(changes, actor);
    },
  });
  const change = run(
    {
      kind: "patch",
      instance: 0,
      fields: [FIELDS[0]!],
      value: 7,
      condition: undefined,
    },
    services,
    "me",
    0,
  );
  await rejects(change, { name: "PortError", code: "version_conflict" });
  equal(tries, 16);
});
