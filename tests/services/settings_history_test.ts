/**
 * The past of settings, forgotten in time, and read through long stretches.
 *
 * @module
 */
import { parseUserId } from "../../domain/user_id.ts";
import { settingsKey } from "../../domain/settings.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SettingsArchive } from "../../ports/settings_archive.ts";
import { createSettingsServices } from "../../src/services/settings/settings.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import {
  defaultDocument,
  NO_DEFAULTS_FILE,
} from "../support/default_documents.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";

const ANN = parseUserId("ann");
const HOUR_MS = 3_600_000;
const turns = () => new Promise((resolve) => setTimeout(resolve, 0));

function openHistory(wrap = (archive: SettingsArchive) => archive) {
  const world = createMemoryWorld();
  const telemetry = createRecordingTelemetry();
  const services = createSettingsServices({
    store: world.settings(),
    archive: wrap(world.archive()),
    source: NO_DEFAULTS_FILE,
    clock: world.clock,
    telemetry,
    record: "memory",
  });
  const { clock } = world;
  return {
    ...services,
    world,
    clock,
    telemetry,
    /** Lets an hour pass, and what then is due. */
    async hour() {
      await turns();
      await clock.advance(HOUR_MS);
      await turns();
    },
  };
}

Deno.test("what is older than the days given is forgotten, at the start and every hour", async () => {
  const asked: number[] = [];
  const { history, clock, hour } = openHistory((archive) => ({
    ...archive,
    trim(beforeMs) {
      asked.push(beforeMs);
      return Promise.resolve(0);
    },
  }));
  const stop = new AbortController();
  const start = clock.now();
  const done = history.run(30, stop.signal);
  await turns();
  await hour();
  await hour();
  const old = start - 30 * 24 * HOUR_MS;
  deepEqual(asked, [old, old + HOUR_MS, old + 2 * HOUR_MS]);
  stop.abort();
  await done;
});

Deno.test("as long as there is more it goes on", async () => {
  const left = [1000, 1000, 1000, 999, 1];
  const { history, hour } = openHistory((archive) => ({
    ...archive,
    trim: () => Promise.resolve(left.shift() ?? 0),
  }));
  const stop = new AbortController();
  const done = history.run(30, stop.signal);
  await turns();
  deepEqual(left, [1]);
  await hour();
  deepEqual(left, []);
  stop.abort();
  await done;
});

Deno.test("a failure is told, and tried again within the hour's beat", async () => {
  let calls = 0;
  const { history, telemetry, hour } = openHistory((archive) => ({
    ...archive,
    async trim() {
      if (++calls === 1) throw new PortError("unavailable", "Cannot reach it");
      return 0;
    },
  }));
  const stop = new AbortController();
  const done = history.run(30, stop.signal);
  await turns();
  equal(telemetry.logged("warn").length, 1);
  match(telemetry.logged("warn")[0]!.message, /not forgotten/);
  await hour();
  equal(calls, 2);
  equal(telemetry.logged("warn").length, 1);
  stop.abort();
  await done;
});

Deno.test("it ends with the signal, even in the middle, without a word", async () => {
  const stop = new AbortController();
  let calls = 0;
  const { history, telemetry } = openHistory((archive) => ({
    ...archive,
    async trim() {
      if (++calls === 3) stop.abort();
      if (calls > 3) throw new Error("trimmed after the end");
      return 1000;
    },
  }));
  await history.run(30, stop.signal);
  equal(calls, 3);
  deepEqual(telemetry.logged(), []);
});

Deno.test("the newest revision of each document is never forgotten", async () => {
  const { history, documents, world, clock } = openHistory();
  for (let i = 0; i < 3; i++) {
    await documents.change({
      user: ANN,
      actor: "ann",
      documents: ["circuit_breaker"],
      needsAll: false,
      apply: () => ({
        circuit_breaker: {
          ...defaultDocument("circuit_breaker"),
          cooldown_minutes: 10 + i,
        },
      }),
    });
    await clock.advance(24 * HOUR_MS);
  }
  const stop = new AbortController();
  const done = history.run(1, stop.signal);
  await turns();
  stop.abort();
  await done;
  const keys = [settingsKey(ANN, "circuit_breaker")];
  const edits = await world.archive().edits({ keys, after: 0, limit: 9 });
  deepEqual(edits.map(({ version }) => version), [2, 3]);
});

Deno.test("a rare setting is found behind thousands of other changes, page by page", async () => {
  const { history, documents } = openHistory();
  await documents.read(ANN, ["mode:scalp"]);
  const set = (name: string, value: number) =>
    documents.change({
      user: ANN,
      actor: "ann",
      documents: ["mode:scalp"],
      needsAll: false,
      apply: (stored) => {
        const mode = structuredClone(stored["mode:scalp"]) as {
          size: Record<string, number>;
        };
        mode.size[name] = value;
        return { "mode:scalp": mode as never };
      },
    });
  for (let i = 0; i < 2300; i++) await set("max_positions", i % 9 + 1);
  await set("leverage", 2);
  const path = "mode_configs.scalp.size.leverage";
  let calls = 0;
  let entries: readonly { readonly version: number }[] = [];
  for (let after: number | undefined = 9; after !== undefined; calls++) {
    const page = await history.read(ANN, { path, after, limit: 50 });
    entries = [...entries, ...page.entries];
    after = page.next;
  }
  deepEqual(entries.map(({ version }) => version), [2310]);
  // One call looks through 2000 changes, and then says where to go on.
  equal(calls, 2);
});
