/**
 * A change is made on top of what is remembered, where there is something: it
 * saves a read, and never decides anything.
 *
 * @module
 */
import type { JsonObject } from "../../domain/json_value.ts";
import { type SettingsDocument, settingsKey } from "../../domain/settings.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import { createUserDocuments } from "../../src/services/settings/documents.ts";
import { createDefaultSettings } from "../../src/services/settings/defaults.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import {
  defaultDocument,
  NO_DEFAULTS_FILE,
} from "../support/default_documents.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";

const ANN = parseUserId("ann");
const SCALP = settingsKey(ANN, "mode:scalp");

/** Documents over a store that remembers what a test tells it to. */
async function createWorld() {
  const store = createMemoryWorld().settings();
  let remembered: SettingsDocument | undefined;
  let reads = 0;
  const remembering: SettingsStore = {
    ...store,
    read(keys, signal) {
      reads++;
      return store.read(keys, signal);
    },
    recall: () => remembered,
  };
  const defaults = createDefaultSettings({
    store,
    source: NO_DEFAULTS_FILE,
    telemetry: createRecordingTelemetry(),
  });
  const documents = createUserDocuments({ store: remembering, defaults });
  const stored = async () => (await store.read([SCALP])).documents[0]!;

  /** Sets the member `priority` of what is stored; `apply` sees the value before. */
  async function change(
    value: unknown,
    options: {
      readonly condition?: number;
      readonly skipsSame?: boolean;
      readonly apply?: (before: JsonObject) => void;
    } = {},
  ) {
    const { apply, ...rest } = options;
    return await documents.change({
      user: ANN,
      actor: "ann",
      documents: ["mode:scalp"],
      needsAll: false,
      ...rest,
      apply(said) {
        const before = said["mode:scalp"] ?? defaultDocument("mode:scalp");
        apply?.(before);
        return { "mode:scalp": { ...before, enabled: value } };
      },
    });
  }
  await change(true);
  reads = 0;
  return {
    documents,
    change,
    stored,
    remember: (document: SettingsDocument) => void (remembered = document),
    reads: () => reads,
    enabled: async () => JSON.parse((await stored()).json).enabled as unknown,
  };
}

Deno.test("a change on top of what is remembered reads nothing", async () => {
  const { change, remember, stored, reads, enabled } = await createWorld();
  remember(await stored());
  await change(false);
  deepEqual([await enabled(), reads()], [false, 0]);
});

Deno.test("a change on top of what is old is made anew on top of what is stored", async () => {
  const { change, remember, stored, reads } = await createWorld();
  const old = await stored();
  await change(false);
  const newest = await stored();
  remember(old);
  const seen: unknown[] = [];
  await change(true, { apply: (before) => seen.push(before["enabled"]) });
  deepEqual(seen, [true, false]);
  equal((await stored()).version > newest.version, true);
  equal(reads() > 0, true);
});

Deno.test("a condition is held against what is stored, whatever is remembered", async () => {
  const { change, remember, stored } = await createWorld();
  const old = await stored();
  await change(false);
  const { version } = await stored();
  remember(old);
  await rejects(change(true, { condition: old.version }), {
    code: "version_conflict",
    facts: { key: SCALP, version },
  });
  await change(true, { condition: version });
});

Deno.test("what is refused on top of what is old may be right on top of what is stored", async () => {
  const { change, remember, stored, enabled } = await createWorld();
  const old = await stored();
  await change(false);
  remember(old);
  const refuse = (before: JsonObject) => {
    if (before["enabled"] === true) throw new Error("already so");
  };
  await change(true, { apply: refuse });
  equal(await enabled(), true);
});

Deno.test("that nothing is to be done is never said by memory", async () => {
  const { change, remember, stored, reads, enabled } = await createWorld();
  const old = await stored();
  await change(false);
  remember(old);
  await change(true, { skipsSame: true });
  equal(await enabled(), true);
  const before = reads();
  remember(await stored());
  const [same] = await change(true, { skipsSame: true });
  deepEqual([same!.asRead?.verified, reads() > before], [true, true]);
});

Deno.test("a change that looks at several documents looks at what is stored", async () => {
  const { documents, remember, stored, reads } = await createWorld();
  remember(await stored());
  await documents.change({
    user: ANN,
    actor: "ann",
    documents: ["mode:scalp", "mode:swing"],
    needsAll: false,
    apply: (said) => ({
      "mode:scalp": { ...said["mode:scalp"], enabled: false },
    }),
  });
  equal(reads() > 0, true);
});
