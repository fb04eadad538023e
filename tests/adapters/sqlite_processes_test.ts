/**
 * Several processes on one SQLite file, and processes that are killed.
 *
 * @module
 */
import { deepEqual, equal, ok } from "../support/assert.ts";
import { LOCK_DEADLINE_MS } from "../../adapters/sqlite/busy.ts";
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteSequencePort } from "../../adapters/sqlite/sequence_port.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { anEvent } from "../support/events.ts";
import { needs } from "../support/needs.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { startPublisher } from "../support/sqlite_process.ts";
import { makeFolder, openDatabase } from "../support/sqlite_world.ts";

const EVENTS = 1000;
const KILLS = 6;

/** Reads the whole log and holds it to be dense. */
async function readDense(bus: EventBus): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (let after = 0;;) {
    const page = await bus.read({ after, limit: 1000 });
    if (page.events.length === 0) {
      equal(page.head.position, events.length);
      break;
    }
    events.push(...page.events);
    after = page.scannedTo;
  }
  deepEqual(
    events.map((event) => event.position),
    events.map((_, i) => i + 1),
  );
  equal(new Set(events.map((event) => event.id)).size, events.length);
  return events;
}

/** Reads a line of the publisher: position and id. */
function parseLine(line: string): [position: number, id: string] {
  const [position, id] = line.split(" ");
  return [Number(position), id!];
}

if (await needs(import.meta.url, ["read", "write", "run"])) {
  Deno.test("sqlite: a process that is killed loses nothing that it acknowledged", async () => {
    await using folder = await makeFolder();
    const entropy = createSeededEntropy(Date.now());
    const acknowledged = new Map<number, string>();
    let cutShort = 0;
    for (let seed = 1; seed <= KILLS; seed++) {
      const child = startPublisher(folder.path, {
        count: EVENTS,
        publishers: 16,
        seed,
      });
      const killAt = 1 + Math.floor(entropy.fraction() * EVENTS * 0.9);
      let heard = 0;
      for await (const line of child.lines) {
        const [position, id] = parseLine(line);
        ok(!acknowledged.has(position), `${position} was given twice`);
        acknowledged.set(position, id);
        if (++heard === killAt) child.kill();
      }
      await child.status;
      if (heard < EVENTS) cutShort++;
    }
    // Whatever the pipe held back, the kills must have hit the writing.
    ok(cutShort > 0, "no kill came in time");

    await using db = await openDatabase(folder.path, { seed: 99 });
    await using bus = openSqliteEventBus(db);
    const events = await readDense(bus);
    for (const [position, id] of acknowledged) {
      equal(events[position - 1]?.id, id);
    }
    const [receipt] = await bus.publish([anEvent()]);
    equal(receipt!.position, events.length + 1);
  });

  Deno.test("sqlite: processes that write at once get dense positions, and none is refused", async () => {
    await using folder = await makeFolder();
    await using db = await openDatabase(folder.path, { seed: 99 });
    await using bus = openSqliteEventBus(db);
    const child = startPublisher(folder.path, {
      count: EVENTS,
      publishers: 8,
      seed: 1,
    });
    const ours: [number, string][] = [];
    const theirs: [number, string][] = [];
    let slowest = 0;
    let begun: Promise<void[]> | undefined;
    let isOver = false;
    const begin = () =>
      Promise.all(Array.from({ length: 8 }, async () => {
        while (!isOver) {
          const start = performance.now();
          const [receipt] = await bus.publish([anEvent()]);
          slowest = Math.max(slowest, performance.now() - start);
          ours.push([receipt!.position, receipt!.id]);
        }
      }));
    for await (const line of child.lines) {
      theirs.push(parseLine(line));
      begun ??= begin();
    }
    isOver = true;
    await begun;
    equal((await child.status).code, 0);
    equal(theirs.length, EVENTS);

    const events = await readDense(bus);
    equal(events.length, ours.length + theirs.length);
    for (const [position, id] of [...ours, ...theirs]) {
      equal(events[position - 1]!.id, id);
    }
    // They did stand in each other's way.
    const [first, last] = [ours[0]![0], theirs.at(-1)![0]];
    ok(first < last, `${first} came after ${last}`);
    ok(slowest < LOCK_DEADLINE_MS, `one waited ${slowest} ms`);
  });

  Deno.test("sqlite: a wait hears of another process's event", async () => {
    await using folder = await makeFolder();
    await using db = await openDatabase(folder.path, { seed: 99 });
    await using bus = openSqliteEventBus(db);
    const wait = bus.wait(0);
    const child = startPublisher(folder.path, {
      count: 1,
      publishers: 1,
      seed: 1,
    });
    await wait;
    const page = await bus.read({ after: 0, limit: 10 });
    const lines = await Array.fromAsync(child.lines);
    await child.status;
    deepEqual(page.events.map((event) => `1 ${event.id}`), lines);
  });

  Deno.test("sqlite: two connections never issue a number twice", async () => {
    await using folder = await makeFolder();
    await using one = await openDatabase(folder.path, { seed: 1 });
    await using two = await openDatabase(folder.path, { seed: 2 });
    const ports = [one, two].map(openSqliteSequencePort);
    const user = parseUserId("ann");
    const day = parseSequenceDay("20260105");
    const numbers = await Promise.all(
      Array.from(
        { length: 400 },
        async (_, i) => (await ports[i % 2]!.next(user, day)).first,
      ),
    );
    deepEqual(
      numbers.toSorted((a, b) => a - b),
      numbers.map((_, i) => i + 1),
    );
  });
}
