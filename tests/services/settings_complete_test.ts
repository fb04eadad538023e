/**
 * Documents of an older program, as the autopilot reads them.
 *
 * @module
 */
import {
  type SettingsKey,
  settingsKey,
  USER_DOCUMENTS,
} from "../../domain/settings.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { createSettingsServices } from "../../src/services/settings/settings.ts";
import { deepEqual, equal } from "../support/assert.ts";
import {
  defaultDocument,
  NO_DEFAULTS_FILE,
} from "../support/default_documents.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";

const ANN = parseUserId("ann");

Deno.test("what an older program has stored is read without a gap, by its own version", async () => {
  const world = createMemoryWorld();
  const store = world.settings();
  const calls: (readonly SettingsKey[])[] = [];
  const { complete, documents } = createSettingsServices({
    store: {
      ...store,
      read(keys, signal) {
        calls.push(keys);
        return store.read(keys, signal);
      },
    },
    archive: world.archive(),
    source: NO_DEFAULTS_FILE,
    clock: world.clock,
    telemetry: createRecordingTelemetry(),
    record: "memory",
  });
  const first = await complete.read(ANN, USER_DOCUMENTS);
  calls.length = 0;
  deepEqual(await complete.read(ANN, USER_DOCUMENTS), first);
  // The defaults are not asked for where nothing is missing.
  equal(calls.length, 1);

  const { sltp: _, ...rest } = defaultDocument("mode:scalp");
  const old = JSON.stringify({ ...rest, enabled: false });
  const key = settingsKey(ANN, "mode:scalp");
  const [version] = await store.write([{ key, json: old }], "hand");
  await store.write(
    [{ key: settingsKey(ANN, "mode:swing"), json: "[1]" }],
    "hand",
  );
  const names = ["mode:swing", "mode:scalp", "circuit_breaker"] as const;
  const { documents: [damaged, scalp], verified } = await complete.read(
    ANN,
    names,
  );
  equal(verified, true);
  equal(damaged!.json, "[1]");
  equal(scalp!.version, version);
  deepEqual(JSON.parse(scalp!.json), {
    ...defaultDocument("mode:scalp"),
    enabled: false,
  });
  equal((await documents.read(ANN, ["mode:scalp"])).documents[0]!.json, old);
});
