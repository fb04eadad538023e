/**
 * Settings read from the database of record, in a fleet where instances may
 * serve them from a fast layer.
 *
 * @module
 */
import type { SettingsKey } from "../../domain/settings.ts";
import { admit } from "../../ports/arguments.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import { PortError } from "../../ports/port_error.ts";
import type {
  RecordCommit,
  RecordSnapshot,
  RecordStore,
} from "../../ports/record_store.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import type { Gate } from "./gate.ts";
import { CLOSED, createOwnLease } from "./lease.ts";
import { createPeers } from "./peers.ts";
import { createRecordReads, type RecordReads } from "./record_reads.ts";
import { createSafety, type Safety } from "./safety.ts";

/** How often an instance without a fast layer tells that it is there. */
const ANNOUNCE_MS = 1000;

/** What settings are read from and written to. */
export interface DatabaseSettingsParts {
  /** Reads from the database. */
  readonly recordReads: RecordReads;
  /** Where writes are committed. */
  readonly record: Pick<RecordStore, "write">;
  /** When a value may be given out. */
  readonly safety: Safety;
}

/** Opens the settings; closing them leaves the parts open. */
export function openDatabaseSettings(
  parts: DatabaseSettingsParts,
): SettingsStore {
  const { record, safety } = parts;
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("settings store", closed, signal);

  return {
    async read(keys, signal) {
      enter(signal);
      const { documents } = await readSafely(parts, keys);
      return { documents, source: "database", verified: true };
    },

    recall: () => undefined,

    async write(changes, actor, signal) {
      enter(signal);
      const given = safety.highest();
      const commit = await record.write(changes, actor, signal);
      await acknowledge(commit, given, safety);
      return commit.versions;
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/**
 * Opens the settings of an instance that has no fast layer, while others over
 * the same database may have one.
 */
export function openBystanderSettings(parts: {
  readonly record: RecordStore;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly label: string;
}): SettingsStore {
  const { record, clock, entropy, label } = parts;
  const bootId = entropy.bytes(16).toHex();
  const peers = createPeers(bootId, clock);
  const safety = createSafety({ record, peers, clock, gate: () => NO_GATE });
  const lease = createOwnLease({ record, peers, clock, bootId, label });
  const recordReads = createRecordReads(record, safety);
  const settings = openDatabaseSettings({ recordReads, record, safety });
  let announcedAt = -Infinity;

  /** Lets the others see, where there are any, that somebody may wait for them. */
  async function announce(): Promise<void> {
    const now = clock.monotonic();
    if (!peers.any || now - announcedAt < ANNOUNCE_MS) return;
    announcedAt = now;
    await lease.claim(CLOSED)
      .catch(() => {});
  }

  return {
    async read(keys, signal) {
      await announce();
      return await settings.read(keys, signal);
    },
    recall: () => undefined,

    async write(changes, actor, signal) {
      await announce();
      return await settings.write(changes, actor, signal);
    },
    async [Symbol.asyncDispose]() {
      await settings[Symbol.asyncDispose]();
      await lease.settled();
      if (announcedAt >= 0) await record.leave(bootId).catch(() => {});
    },
  };
}

const NO_GATE: Pick<Gate, "open" | "close" | "demand" | "tellApplied"> = {
  open: undefined,
  close() {},
  demand() {},
  tellApplied() {},
};

/** Reads documents that nobody serves older ones of. */
export async function readSafely(
  { recordReads, safety }: Pick<
    DatabaseSettingsParts,
    "recordReads" | "safety"
  >,
  keys: readonly SettingsKey[],
): Promise<RecordSnapshot> {
  const snapshot = await recordReads(keys);
  await safety.until(newest(snapshot), { view: snapshot });
  return snapshot;
}

/**
 * The position from which on the log shows all of `snapshot`; what is absent
 * may have been removed by the newest change.
 */
function newest({ documents, settingsPosition }: RecordSnapshot): number {
  return documents.every((document) => document)
    ? Math.max(0, ...documents.map((document) => document!.version))
    : settingsPosition;
}

/**
 * Waits until a committed write is seen everywhere. That it cannot be known
 * does not undo it.
 *
 * @param given The highest position that was known before the write.
 */
async function acknowledge(
  { versions, appended }: RecordCommit,
  given: number,
  safety: Safety,
): Promise<void> {
  const position = Math.max(...versions);
  try {
    if (versions[0]! > given) await safety.until(position, { appended });
    else {
      // The database has gone back in time, and nobody has noticed before.
      await safety.leaveEpoch();
      await safety.until(position);
    }
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    throw new PortError(
      "timeout",
      `Cannot tell whether every instance sees the write, which is committed as version ${position}: ${error.message}`,
      { cause: error, facts: { version: position } },
    );
  }
}
