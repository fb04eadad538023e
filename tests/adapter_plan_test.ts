/**
 * Which adapter each state port starts on, may be on, and is on in each mode.
 *
 * @module
 */
import type { StatePorts } from "../ports/state_ports.ts";
import {
  planAdapters,
  type PortPlan,
  type Technologies,
} from "../src/adapter_plan.ts";
import { parseConfig } from "../src/config.ts";
import type { AdapterName } from "../src/variables.ts";
import { deepEqual, equal } from "./support/assert.ts";

const PORTS = [
  "featureStore",
  "eventBus",
  "settingsStore",
  "sequence",
] as const;
const POSTGRES = { DATABASE_URL: "postgres://db/holdfast" };
const REDIS = { ...POSTGRES, REDIS_URL: "redis://cache" };

/** Technologies that can be told apart, and do nothing. */
function open(...names: AdapterName[]): Technologies {
  const portsOf = (adapter: AdapterName) =>
    Object.fromEntries(PORTS.map((port) => [port, { adapter, port }]));
  return Object.fromEntries(
    names.map((name) => [name, portsOf(name) as unknown as StatePorts]),
  );
}

const ALONE = open("noop", "memory", "sqlite", "postgres");
const FOLLOWED = open("noop", "memory", "sqlite", "postgres", "redis");

const plan = (values: Record<string, string>, technologies: Technologies) =>
  planAdapters(parseConfig(values), technologies);

/** The names in `plan`: where it starts; then normal, degraded, unverified. */
const names = ({ start, byMode, pinned }: PortPlan<unknown>) => [
  start.name,
  [byMode.normal, byMode.degraded, byMode.unverified],
  pinned,
];

const always = (name: string) => [name, [name, name, name], undefined];

Deno.test("without Redis each port is on its own adapter, in every mode", () => {
  const { featureStore, ...held } = plan(POSTGRES, ALONE);
  deepEqual(names(featureStore), always("memory"));
  for (const port of Object.values(held)) {
    deepEqual(names(port), always("postgres"));
  }
  const pinned = plan({ ...POSTGRES, SEQUENCE: "noop" }, ALONE);
  deepEqual(names(pinned.sequence), ["noop", ["noop", "noop", "noop"], "noop"]);
  for (const { choices, start } of Object.values(pinned)) {
    deepEqual(Object.keys(choices), [start.name]);
  }
});

Deno.test("with Redis the database serves until Redis is believed, and whenever it is not", () => {
  const { eventBus, sequence } = plan(REDIS, FOLLOWED);
  for (const port of [eventBus, sequence]) {
    deepEqual(names(port), [
      "postgres",
      ["redis", "postgres", "postgres"],
      undefined,
    ]);
  }
  const onSqlite = plan({ REDIS_URL: "redis://cache" }, FOLLOWED);
  equal(onSqlite.eventBus.start.name, "sqlite");
  equal(onSqlite.eventBus.byMode.degraded, "sqlite");
});

Deno.test("settings alone are answered from Redis while nobody can verify them", () => {
  deepEqual(names(plan(REDIS, FOLLOWED).settingsStore), [
    "postgres",
    ["redis", "postgres", "redis"],
    undefined,
  ]);
});

Deno.test("memory takes the place of Redis's features, which no database holds", () => {
  deepEqual(names(plan(REDIS, FOLLOWED).featureStore), [
    "memory",
    ["redis", "memory", "memory"],
    undefined,
  ]);
});

Deno.test("a port that is pinned starts where it is pinned to, Redis included", () => {
  const { settingsStore, eventBus, featureStore, sequence } = plan({
    ...REDIS,
    SETTINGS_STORE: "postgres",
    EVENT_BUS: "redis",
    FEATURE_STORE: "noop",
  }, FOLLOWED);
  deepEqual(
    [settingsStore, eventBus, featureStore].map(({ start, pinned }) => [
      start.name,
      pinned,
    ]),
    [["postgres", "postgres"], ["redis", "redis"], ["noop", "noop"]],
  );
  // Released, it goes where the others are; they are not pinned by it.
  deepEqual(Object.values(settingsStore.byMode), [
    "redis",
    "postgres",
    "redis",
  ]);
  deepEqual([sequence.start.name, sequence.pinned], ["postgres", undefined]);
});

Deno.test("a port may be on whatever it is on in some mode or pinned to, and on nothing else", () => {
  const { settingsStore, featureStore } = plan({
    ...REDIS,
    FEATURE_STORE: "noop",
  }, FOLLOWED);
  deepEqual(Object.keys(settingsStore.choices), ["redis", "postgres"]);
  deepEqual(Object.keys(featureStore.choices), ["noop", "redis", "memory"]);
});

Deno.test("each name stands for the port of that technology", () => {
  const planned = plan({ ...REDIS, FEATURE_STORE: "noop" }, FOLLOWED);
  for (const port of PORTS) {
    const { start, choices } = planned[port];
    for (const [name, chosen] of Object.entries(choices)) {
      deepEqual<unknown>(chosen, { adapter: name, port });
    }
    equal<unknown>(start.port, choices[start.name]);
  }
});
