/**
 * The settings of a user as the autopilot reads them.
 *
 * @module
 */
import type { SettingsView } from "../../domain/autopilot/decision.ts";
import {
  type AutopilotSettings,
  readCapital,
  readGlobalBreaker,
  readMode,
  readTrading,
  type Unusable,
} from "../../domain/autopilot/settings.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import {
  type SettingsDocument,
  type SettingsSource,
  USER_DOCUMENTS,
  type UserDocument,
} from "../../domain/settings.ts";
import type { UserId } from "../../domain/user_id.ts";

/** What the autopilot asks of settings: one snapshot of several documents. */
export interface SettingsSnapshots {
  /**
   * The documents of a user as they stood at one moment, in the order asked
   * for; a document that nobody has stored is there with its defaults.
   *
   * @throws {PortError} When settings cannot be read.
   */
  read(
    user: UserId,
    documents: readonly UserDocument[],
    signal?: AbortSignal,
  ): Promise<{
    readonly documents: readonly SettingsDocument[];
    readonly source: SettingsSource;
    readonly verified: boolean;
  }>;
}

/** Reads settings for decisions. */
export interface SettingsViews {
  /** One snapshot of all that a decision needs, in one call of `settings`. */
  of(user: UserId, signal?: AbortSignal): Promise<SettingsView>;
}

/**
 * Creates the reader. What a document says is kept with the very object, which
 * near caches return again for as long as the document has not changed.
 */
export function createSettingsViews(
  settings: SettingsSnapshots,
): SettingsViews {
  const kept = new WeakMap<SettingsDocument, unknown>();

  function meaningOf<T>(
    document: SettingsDocument,
    read: (value: unknown) => T,
  ): T | Unusable {
    let meaning = kept.get(document) as T | Unusable | undefined;
    if (meaning === undefined) {
      meaning = readJson(document, read);
      kept.set(document, meaning);
    }
    return meaning;
  }

  function settingsOf(
    of: (name: UserDocument) => SettingsDocument | undefined,
  ): AutopilotSettings | Unusable {
    const use = <T>(name: UserDocument, read: (value: unknown) => T) => {
      const document = of(name);
      return document ? meaningOf(document, read) : missing(name);
    };
    const trading = use("settings:all", readTrading);
    const breaker = use("circuit_breaker", readGlobalBreaker);
    const capital = use("capital_allocation", readCapital);
    if ("fault" in trading) return trading;
    if ("fault" in breaker) return breaker;
    if ("fault" in capital) return capital;
    return {
      trading,
      breaker,
      capital,
      modes: {
        ultra: use("mode:ultra", READ_MODE.ultra),
        scalp: use("mode:scalp", READ_MODE.scalp),
        swing: use("mode:swing", READ_MODE.swing),
        position: use("mode:position", READ_MODE.position),
      },
    };
  }

  return {
    async of(user, signal) {
      const { documents, source, verified } = await settings.read(
        user,
        USER_DOCUMENTS,
        signal,
      );
      const names: readonly UserDocument[] = USER_DOCUMENTS;
      return {
        versions: Object.fromEntries(
          names.map((name, i) => [name, documents[i]?.version ?? 0]),
        ),
        source,
        verified,
        settings: settingsOf((name) => documents[names.indexOf(name)]),
      };
    },
  };
}

const READ_MODE = {
  ultra: (value: unknown) => readMode("ultra", value),
  scalp: (value: unknown) => readMode("scalp", value),
  swing: (value: unknown) => readMode("swing", value),
  position: (value: unknown) => readMode("position", value),
} as const;

function readJson<T>(
  { key, json }: SettingsDocument,
  read: (value: unknown) => T,
): T | Unusable {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { fault: `Cannot use ${key} as it is no JSON` };
  }
  try {
    return read(value);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { fault: error.message };
  }
}

function missing(name: UserDocument): Unusable {
  return { fault: `Cannot use ${name} as it is not stored` };
}
