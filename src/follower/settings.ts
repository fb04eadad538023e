/**
 * Settings over a database of record and a fast layer that follows it.
 *
 * @module
 */
import type { SettingsKey } from "../../domain/settings.ts";
import { admit } from "../../ports/arguments.ts";
import type { FastLayer } from "../../ports/fast_layer.ts";
import { PortError } from "../../ports/port_error.ts";
import type { RecordSnapshot } from "../../ports/record_store.ts";
import type {
  SettingsSnapshot,
  SettingsStore,
} from "../../ports/settings_store.ts";
import type { FastFound, FastReads } from "./fast_reads.ts";
import type { Fills } from "./fills.ts";
import type { Gate } from "./gate.ts";
import type { RecordReads } from "./record_reads.ts";
import { isAway, type Safety } from "./safety.ts";

/** What settings are read from and written to. */
export interface SettingsParts {
  /** Reads from the database. */
  readonly recordReads: RecordReads;
  /** Where writes are committed. */
  readonly store: SettingsStore;
  /** Reads from the fast layer. */
  readonly reads: FastReads;
  /** The fast layer, for the time that the database is away. */
  readonly fast: FastLayer;
  /** Whether it is believed. */
  readonly gate: Gate;
  /** Fills it. */
  readonly fills: Fills;
  /** When a value may be given out. */
  readonly safety: Safety;
  /** The epoch of the log as it was seen last. */
  readonly epoch: () => string | undefined;
  /** Whether to fail rather than answer unverified. */
  readonly isStrict: boolean;
}

/**
 * Opens the settings; closing them leaves the parts open.
 *
 * @param from Where reads come from as far as they can. How a write is
 * acknowledged does not depend on it.
 */
export function openFollowedSettings(
  parts: SettingsParts,
  from: "fast layer" | "database",
): SettingsStore {
  const { recordReads, store, reads, fast, gate, fills, safety } = parts;
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("settings store", closed, signal);

  async function readDatabase(
    keys: readonly SettingsKey[],
    found: FastFound | undefined,
  ): Promise<SettingsSnapshot> {
    const missing = found ? keys.filter((_, i) => !found.documents[i]) : [];
    const right = found && await fills.take(found.gate, missing);
    const snapshot = await recordReads(keys);
    await safety.until(newest(snapshot), snapshot);
    right?.fill(snapshot.documents);
    const { documents } = snapshot;
    return { documents, source: "database", verified: true };
  }

  /** What the fast layer has, whether or not it is the newest. */
  async function readUnverified(
    keys: readonly SettingsKey[],
  ): Promise<SettingsSnapshot | undefined> {
    if (!fast.isUp || from === "database" || parts.isStrict) return undefined;
    const answer = await fast.read({ history: undefined, keys })
      .catch(() => undefined);
    if (answer === undefined || answer === "fenced") return undefined;
    const { checkpoint, documents } = answer;
    const isOurs = checkpoint && checkpoint.epoch === parts.epoch();
    if (!isOurs || !documents.every((document) => document)) return undefined;
    return { documents, source: "redis", verified: false };
  }

  async function readSomewhere(
    keys: readonly SettingsKey[],
    found: FastFound | undefined,
  ): Promise<SettingsSnapshot> {
    if (gate.isRecordAway && !gate.open) {
      const unverified = await readUnverified(keys);
      if (unverified) return unverified;
    }
    try {
      return await readDatabase(keys, found);
    } catch (error) {
      if (!isAway(error)) throw error;
      const unverified = await readUnverified(keys);
      if (!unverified) throw error;
      return unverified;
    }
  }

  /**
   * Waits until a committed write is seen everywhere. That it cannot be known
   * does not undo it.
   */
  async function acknowledge(position: number): Promise<void> {
    try {
      await safety.until(position);
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      throw new PortError(
        "timeout",
        `Cannot tell whether every instance sees the write, which is committed as version ${position}: ${error.message}`,
        { cause: error, facts: { version: position } },
      );
    }
  }

  return {
    async read(keys, signal) {
      enter(signal);
      const found = from === "fast layer" && gate.open
        ? await reads.find(keys)
        : undefined;
      if (found?.documents.every((document) => document)) {
        const { documents } = found;
        return { documents, source: "redis", verified: true };
      }
      signal?.throwIfAborted();
      return await readSomewhere(keys, found);
    },

    async write(changes, actor, signal) {
      enter(signal);
      const given = safety.highest();
      const versions = await store.write(changes, actor, signal);
      // The database has gone back in time, and nobody has noticed before.
      if (versions[0]! <= given) await safety.leaveEpoch();
      await acknowledge(Math.max(...versions));
      return versions;
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/** The position from which on the log shows all of `snapshot`; what is absent may have been removed by the newest change. */
function newest({ documents, settingsPosition }: RecordSnapshot): number {
  return documents.every((document) => document)
    ? Math.max(0, ...documents.map((document) => document!.version))
    : settingsPosition;
}
