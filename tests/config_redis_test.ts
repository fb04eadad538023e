/**
 * The configuration of Redis.
 *
 * @module
 */
import { parseConfig } from "../src/config.ts";
import { deepEqual, equal } from "./support/assert.ts";
import { refusals } from "./support/refusals.ts";

Deno.test("Redis is used when it is named, by address or by parts", () => {
  const url = "redis://cache:6380/1";
  deepEqual(parseConfig({ REDIS_URL: url }).redis, { url });
  deepEqual(parseConfig({ REDIS_ENABLED: "true", REDIS_HOST: "cache" }).redis, {
    host: "cache",
    port: 6379,
    db: 0,
    password: undefined,
  });
  deepEqual(
    parseConfig({ REDIS_URL: url, REDIS_ENABLED: "false" }),
    parseConfig(),
  );
});

Deno.test("with Redis every port is on it, save those that are pinned elsewhere", () => {
  const redis = { REDIS_URL: "redis://cache" };
  deepEqual(parseConfig(redis).adapters, {
    featureStore: "redis",
    eventBus: "redis",
    settingsStore: "redis",
    sequence: "redis",
  });
  const { adapters, pinned } = parseConfig({
    ...redis,
    SETTINGS_STORE: "sqlite",
  });
  equal(adapters.settingsStore, "sqlite");
  deepEqual(pinned, ["settingsStore"]);
});

Deno.test("what is said of Redis must fit together", () => {
  const url = { REDIS_URL: "redis://cache" };
  deepEqual(refusals({ REDIS_URL: "http://me:secret@cache" }), [
    "Cannot use REDIS_URL as it must be a URL such as redis://user:password@host:6379/0: current value is not shown",
  ]);
  deepEqual(refusals({ ...url, REDIS_HOST: "h", REDIS_PASSWORD: "secret" }), [
    "Cannot use REDIS_HOST, REDIS_PASSWORD as REDIS_URL says where Redis is: unset one or the other",
  ]);
  deepEqual(refusals({ REDIS_PORT: "6380" }), [
    "Cannot use REDIS_PORT as Redis is not enabled: set REDIS_ENABLED=true",
  ]);
  deepEqual(refusals({ SEQUENCE: "redis" }), [
    "Cannot use SEQUENCE on redis as there is none: set REDIS_URL, such as redis://127.0.0.1:6379",
  ]);
  deepEqual(refusals({ ...url, STORE: "memory" }), [
    "Cannot use Redis with STORE=memory as it follows a database that outlives the process: use sqlite or postgres",
  ]);
});
