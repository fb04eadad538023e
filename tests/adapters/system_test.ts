/**
 * What the machine gives: time, chance, and a quarantine list in a file.
 *
 * @module
 */
import { createSystemClock } from "../../adapters/system/clock.ts";
import { createSystemEntropy } from "../../adapters/system/entropy.ts";
import {
  createNoQuarantine,
  openQuarantineFile,
} from "../../adapters/system/quarantine_file.ts";
import {
  deepEqual,
  equal,
  match,
  notEqual,
  ok,
  rejects,
  throws,
} from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";

Deno.test("clock: wall time is that of the machine", () => {
  const clock = createSystemClock();
  const [before, now, after] = [Date.now(), clock.now(), Date.now()];
  ok(before <= now && now <= after);
});

Deno.test("clock: monotonic time never goes back", () => {
  const clock = createSystemClock();
  let before = clock.monotonic();
  for (let i = 0; i < 10_000; i++) {
    const now = clock.monotonic();
    ok(now >= before);
    before = now;
  }
});

/** A signal that knows how many listen to it. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const [add, remove] = [signal.addEventListener, signal.removeEventListener];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove.apply(signal, args);
  };
  return { controller, listeners: () => listeners };
}

Deno.test("clock: a sleep ends, and leaves no listener behind", async () => {
  const clock = createSystemClock();
  const { controller, listeners } = countedSignal();
  const asleep = clock.sleep(0, controller.signal);
  equal(listeners(), 1);
  await asleep;
  equal(listeners(), 0);
  await clock.sleep(0);
});

Deno.test("clock: an aborted sleep ends at once with the reason, and leaves no timer", async () => {
  const clock = createSystemClock();
  const controller = new AbortController();
  const day = clock.sleep(86_400_000, controller.signal);
  controller.abort(new Error("enough"));
  await rejects(day, { message: "enough" });
  await rejects(clock.sleep(86_400_000, controller.signal), {
    message: "enough",
  });
});

Deno.test("entropy: no two draws are alike, across many refills", () => {
  const entropy = createSystemEntropy();
  const draws = new Set<string>();
  for (let i = 0; i < 5000; i++) draws.add(entropy.bytes(10).toHex());
  equal(draws.size, 5000);
});

Deno.test("entropy: a draw has the length asked for, however large", () => {
  const entropy = createSystemEntropy();
  for (const count of [0, 1, 16, 4000, 97, 4096, 4096, 1]) {
    equal(entropy.bytes(count).length, count);
  }
  throws(() => entropy.bytes(4097), {
    name: "RangeError",
    message: "Cannot draw 4097 bytes as 4096 is the most",
  });
});

Deno.test("entropy: a draw is the caller's own", () => {
  const entropy = createSystemEntropy();
  const drawn = entropy.bytes(32);
  const copy = drawn.slice();
  for (let i = 0; i < 1000; i++) entropy.bytes(32);
  deepEqual(drawn, copy);
  notEqual(entropy.bytes(32).buffer, drawn.buffer);
});

Deno.test("entropy: all bytes and all parts of 0 to 1 come up", () => {
  const entropy = createSystemEntropy();
  const bytes = new Set<number>();
  const tenths = new Set<number>();
  for (let i = 0; i < 20_000; i++) {
    bytes.add(entropy.bytes(1)[0]!);
    const fraction = entropy.fraction();
    ok(fraction >= 0 && fraction < 1);
    tenths.add(Math.floor(fraction * 10));
  }
  deepEqual([bytes.size, tenths.size], [256, 10]);
});

Deno.test("quarantine: who has no list has an empty one", async () => {
  const list = createNoQuarantine();
  deepEqual(await list.load(), { revision: "none", list: [] });
});

const ENTRY = { symbol: "AAA", from: "2024-01-02", to: "2024-01-05" };

/** A folder with a path for a list, and ways to write it. */
async function createFolder() {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/quarantine.json`;
  const telemetry = createRecordingTelemetry();
  return {
    path,
    telemetry,
    source: openQuarantineFile(path, telemetry),
    write: (list: unknown) =>
      Deno.writeTextFile(
        path,
        typeof list === "string" ? list : JSON.stringify(list),
      ),
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
    },
  };
}

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("quarantine: a file that is not there is an empty list, until it is", async () => {
    await using folder = await createFolder();
    const { source, write, telemetry } = folder;
    const none = await source.load();
    deepEqual(none.list, []);
    deepEqual(await source.load(), none);
    equal(telemetry.logged("warn").length, 1);
    await write([ENTRY]);
    const some = await source.load();
    deepEqual(some.list, [ENTRY]);
    notEqual(some.revision, none.revision);
  });

  Deno.test("quarantine: a list that vanishes lifts nothing", async () => {
    await using folder = await createFolder();
    const { source, write, path } = folder;
    await write([ENTRY]);
    await source.load();
    await Deno.remove(path);
    await rejects(source.load(), { code: "unavailable" });
    await write([]);
    deepEqual((await source.load()).list, []);
  });

  Deno.test("quarantine: a file that has not changed is not read again", async () => {
    await using folder = await createFolder();
    const { source, write } = folder;
    await write([ENTRY]);
    const first = await source.load();
    equal(await source.load(), first);
  });

  Deno.test("quarantine: a changed file has another revision, whatever changed", async () => {
    await using folder = await createFolder();
    const { source, write, path } = folder;
    const revisions = new Set<string>();
    const symbols = async () => {
      const { revision, list } = await source.load();
      revisions.add(revision);
      return list.map(({ symbol }) => symbol).join(" ");
    };
    const [day, nextDay] = [new Date(0), new Date(86_400_000)];
    const named = (symbol: string) => ({ ...ENTRY, symbol });

    await write([ENTRY]);
    await Deno.utime(path, day, day);
    equal(await symbols(), "AAA");

    await write([ENTRY, named("BBB")]);
    await Deno.utime(path, day, day);
    equal(await symbols(), "AAA BBB", "only its size");

    await write([ENTRY, named("CCC")]);
    await Deno.utime(path, nextDay, nextDay);
    equal(await symbols(), "AAA CCC", "only its time");

    await Deno.rename(path, `${path}.old`);
    await write([ENTRY, named("DDD")]);
    await Deno.utime(path, nextDay, nextDay);
    equal(await symbols(), "AAA DDD", "only its identity");
    equal(revisions.size, 4);
  });

  Deno.test("quarantine: a malformed list is corrupt, and says where", async () => {
    await using folder = await createFolder();
    const { source, write, path } = folder;
    const cases: [unknown, RegExp][] = [
      ["[{", /JSON/],
      ["", /JSON/],
      [{}, /must be a JSON array/],
      [[ENTRY, { ...ENTRY, to: "2024-13-01" }], /entry 1 .*"2024-13-01"/],
    ];
    for (const [list, why] of cases) {
      await write(list);
      for (let times = 0; times < 2; times++) {
        await rejects(source.load(), (error: Error & { code?: string }) => {
          deepEqual([error.name, error.code], ["PortError", "corrupt"]);
          ok(
            error.message.startsWith(
              `Cannot read the quarantine list ${path} as `,
            ),
          );
          match(error.message, why);
          return true;
        });
      }
    }
    await write([ENTRY]);
    deepEqual((await source.load()).list, [ENTRY]);
  });

  Deno.test("quarantine: what cannot be read is unavailable", async () => {
    await using folder = await createFolder();
    const { source, path } = folder;
    await Deno.mkdir(path);
    await rejects(source.load(), { name: "PortError", code: "unavailable" });
    const below = openQuarantineFile(
      `${import.meta.filename}/below.json`,
      createRecordingTelemetry(),
    );
    await rejects(below.load(), { name: "PortError", code: "unavailable" });
  });

  Deno.test("quarantine: an aborted load ends with the reason", async () => {
    await using folder = await createFolder();
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(folder.source.load(gone), { message: "gone" });
  });
}
