/**
 * Counting where settings are read from.
 *
 * @module
 */
import type {
  SettingsSnapshot,
  SettingsStore,
} from "../../../ports/settings_store.ts";
import type { Labels, Telemetry } from "../../../ports/telemetry.ts";

type Source = SettingsSnapshot["source"];

/** Labels by source, of what is verified and of what is not. */
const VERIFIED = labelsOf("true");
const UNVERIFIED = labelsOf("false");

/** The same store; its reads are counted by document. */
export function meterReads(
  store: SettingsStore,
  telemetry: Pick<Telemetry, "count">,
): SettingsStore {
  return {
    async read(keys, signal) {
      const snapshot = await store.read(keys, signal);
      const { source, verified } = snapshot;
      const labels = (verified ? VERIFIED : UNVERIFIED)[source];
      telemetry.count("holdfast_settings_reads_total", labels, keys.length);
      return snapshot;
    },
    recall: store.recall,
    write: store.write,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function labelsOf(verified: string): Readonly<Record<Source, Labels>> {
  const of = (source: Source) => Object.freeze({ source, verified });
  return {
    redis: of("redis"),
    database: of("database"),
    memory: of("memory"),
  };
}
