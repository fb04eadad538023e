/**
 * What is said of an outage of Redis: each kind of it once, and its end.
 *
 * @module
 */
import type { RedisFault } from "../../adapters/redis/errors.ts";
import { createOutage } from "../../adapters/redis/outage.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";

const away = (reason: string): RedisFault => ({ kind: "away", reason });
const REFUSED = away("nothing listens there");
const LOST = away("the connection was lost");
const LOADING: RedisFault = { kind: "state", reason: "it is loading its data" };
const REPLICA: RedisFault = { kind: "state", reason: "it is a replica" };
const PASSWORD: RedisFault = {
  kind: "setup",
  reason: "it asks for a password",
};

/** An outage that has just begun, what it logs, and how often it was heard. */
function createWorld() {
  const telemetry = createRecordingTelemetry();
  const outage = createOutage("Redis at cache:6379/0", telemetry);
  const world = { heard: 0 };
  const deafen = outage.listen(() => world.heard++);
  return Object.assign(world, {
    outage,
    deafen,
    said: () =>
      telemetry.logged().map(({ level, fields }) => [level, fields.reason]),
  });
}

const sentence = (reason: string) =>
  `Cannot use Redis at cache:6379/0 as ${reason}`;

Deno.test("outage: each kind is logged once, however often it is noted", () => {
  const { outage, said } = createWorld();
  for (const fault of [REFUSED, LOST, LOADING, REPLICA, PASSWORD, LOADING]) {
    outage.note(fault);
  }
  deepEqual(said(), [
    ["warn", sentence(REFUSED.reason)],
    ["debug", sentence(LOADING.reason)],
    ["debug", sentence(REPLICA.reason)],
    ["error", sentence(PASSWORD.reason)],
  ]);
});

Deno.test("outage: of a server that was there its user tells, unless somebody has to set it up", () => {
  const { outage, said } = createWorld();
  outage.end();
  for (let i = 0; i < 2; i++) {
    outage.note(LOST);
    outage.note(LOADING);
    outage.end();
    equal(outage.fault, undefined);
  }
  outage.note(PASSWORD);
  const lost = [
    ["debug", sentence(LOST.reason)],
    ["debug", sentence(LOADING.reason)],
    ["debug", undefined],
  ];
  deepEqual(said(), [...lost, ...lost, ["error", sentence(PASSWORD.reason)]]);
});

Deno.test("outage: a server that is there from the start is no news", () => {
  const { outage, said } = createWorld();
  equal(outage.fault?.kind, "away");
  outage.end();
  deepEqual(said(), []);
});

Deno.test("outage: listeners hear of each change, and of nothing else", () => {
  const world = createWorld();
  const { outage } = world;
  outage.note(LOST);
  outage.note(LOST);
  deepEqual([world.heard, outage.fault], [1, LOST]);
  outage.note(REFUSED);
  deepEqual([world.heard, outage.fault], [2, REFUSED]);
  outage.end();
  equal(world.heard, 3);
  world.deafen();
  outage.note(LOST);
  equal(world.heard, 3);
});
