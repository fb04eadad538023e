/**
 * What is an excuse, and what is none.
 *
 * @module
 */
import { equal } from "../support/assert.ts";
import { createOutages, type Loss } from "./outages.ts";

/** Outages of "ann", from 10 s to 12 s unless said otherwise. */
function createWorld(...losses: Loss[]) {
  let now = 0;
  const outages = createOutages(() => now);
  for (const loss of losses) outages.note("ann", loss, 10_000, 12_000);
  const excuse = (kind: "read" | "write", start: number, end: number) =>
    outages.excuse("ann", kind, start, end);
  return { outages, excuse, at: (ms: number) => void (now = ms) };
}

Deno.test("outages: that Postgres is away excuses a write, and no read", () => {
  const { excuse } = createWorld("postgres");
  equal(excuse("write", 11_000, 11_500), "postgres");
  equal(excuse("read", 11_000, 11_500), undefined);
});

Deno.test("outages: that Redis is away alone excuses nothing", () => {
  const { excuse } = createWorld("redis");
  equal(excuse("write", 11_000, 11_500), undefined);
  equal(excuse("read", 11_000, 11_500), undefined);
});

Deno.test("outages: a read is excused while both are away, and soon after", () => {
  const { outages, excuse } = createWorld("postgres");
  outages.note("ann", "redis", 7000, 9000);
  outages.note("ann", "answers", 11_000, 11_100);
  equal(excuse("read", 10_200, 10_400), "postgres and redis");
  equal(excuse("read", 10_600, 10_700), undefined);
  equal(excuse("read", 11_500, 11_700), "postgres and answers of redis");
  equal(excuse("read", 11_700, 11_800), undefined);
  equal(outages.excuse("bob", "read", 10_200, 10_400), undefined);
});

Deno.test("outages: a process that began while Postgres was away knows nothing yet", () => {
  const { outages, excuse, at } = createWorld("postgres");
  at(11_000);
  outages.began("ann");
  equal(excuse("read", 11_500, 11_600), "postgres in a new process");
  equal(outages.excuse("bob", "read", 11_500, 11_600), undefined);
});

Deno.test("outages: lost connections excuse writes, a process that stands still everything", () => {
  const lost = createWorld("connections");
  equal(lost.excuse("write", 11_000, 11_500), "connections");
  equal(lost.excuse("read", 11_000, 11_500), undefined);
  const paused = createWorld("process");
  equal(paused.excuse("write", 11_000, 11_500), "process");
  equal(paused.excuse("read", 11_000, 11_500), "process");
  equal(paused.excuse("read", 13_500, 13_600), undefined);
});

Deno.test("outages: one that lasts is noted from its beginning", () => {
  const { outages, excuse, at } = createWorld();
  at(3000);
  const end = outages.begin("ann", "postgres");
  equal(excuse("write", 2000, 2500), undefined);
  equal(excuse("write", 2000, 3500), "postgres");
  equal(excuse("write", 60_000, 60_100), "postgres");
  at(4000);
  end();
  equal(excuse("write", 60_000, 60_100), undefined);
});
