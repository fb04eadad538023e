/**
 * The defaults that new users get: one document for everybody.
 *
 * @module
 */
import {
  BUILT_IN_TREE,
  documentsOfTree,
} from "../../../domain/settings/catalogue.ts";
import {
  type ComparedSetting,
  compareSettings,
} from "../../../domain/settings/comparison.ts";
import { InvalidSettings } from "../../../domain/settings/check.ts";
import {
  readDefaults,
  readDefaultsFile,
} from "../../../domain/settings/defaults.ts";
import type { JsonObject } from "../../../domain/json_value.ts";
import type { SettingsDocument } from "../../../domain/settings.ts";
import type { DefaultsSource } from "../../../ports/defaults_source.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";
import type {
  SettingsSource,
  SettingsStore,
} from "../../../ports/settings_store.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { errorFields } from "../error_fields.ts";
import { ATTEMPTS, checkCondition } from "./conflict.ts";
import {
  DEFAULTS_KEY,
  hashOf,
  printDefaults,
  readDefaultsDocument,
  type StoredDefaults,
} from "./defaults_document.ts";
import { createLanes } from "./lanes.ts";

export { DEFAULTS_KEY };
export type { StoredDefaults };

/** Who writes the first defaults. */
const FIRST_START_ACTOR = "holdfast:first-start";

/** The defaults as they were read. */
export interface ReadDefaults extends StoredDefaults {
  /** Where the answer came from. */
  readonly source: SettingsSource;
  /** Whether the answer is known to be the newest. */
  readonly verified: boolean;
}

/** What taking over the file has done. */
export interface DefaultsSync {
  /** The defaults now. */
  readonly defaults: StoredDefaults;
  /** The settings that are others now: all of them, where those before were damaged. */
  readonly changes: readonly ComparedSetting[];
  /** Where the defaults before are kept; `undefined` when nothing has changed. */
  readonly backup: string | undefined;
  /** The file; `undefined` when the program's own defaults were taken. */
  readonly path: string | undefined;
}

/** Reads and replaces the defaults. */
export interface DefaultSettings {
  /** The defaults. Where none are stored yet, stores those of the file first. */
  current(signal?: AbortSignal): Promise<ReadDefaults>;

  /**
   * Replaces the defaults, even damaged ones; keeps a copy of those before.
   *
   * @param ifVersion Only if they have this version; 0: only if none are stored
   * yet. When absent they are replaced whatever others write meanwhile.
   * @throws {InvalidSettings} With every fault of `tree`.
   * @throws {PortError} `version_conflict` when they have not `ifVersion`.
   */
  replace(
    tree: unknown,
    actor: string,
    ifVersion?: number,
  ): Promise<StoredDefaults>;

  /**
   * Takes over the file as it is now, or the program's own defaults where
   * there is none; keeps a copy of those before, even of damaged ones.
   *
   * @throws {InvalidSettings} With every fault of the file.
   */
  sync(actor: string): Promise<DefaultsSync>;

  /**
   * Reads the file without taking it over, so that a bad one is found out.
   * One that cannot be read is no harm where defaults are stored already: the
   * log tells of it.
   *
   * @throws {PortError} `corrupt` with every fault of the file, a line each;
   * `not_found`, `unavailable` when it cannot be read and is needed.
   */
  check(): Promise<void>;
}

/** Creates the defaults over `store`. */
export function createDefaultSettings(ports: {
  readonly store: SettingsStore;
  readonly source: DefaultsSource;
  readonly telemetry: Telemetry;
}): DefaultSettings {
  const { store, source, telemetry } = ports;
  const lanes = createLanes<"defaults">();

  async function fromSource(): Promise<JsonObject> {
    const value = await source.load();
    return value === undefined ? BUILT_IN_TREE : readDefaultsFile(value);
  }

  function stored(document: SettingsDocument): StoredDefaults {
    const said = readDefaultsDocument(document);
    if (said) return said;
    throw new PortError(
      "corrupt",
      `Cannot read ${document.key} as it holds no defaults: PUT /api/admin/defaults or POST /api/admin/sync-defaults`,
    );
  }

  async function write(
    tree: JsonObject,
    actor: string,
    ifVersion: number | undefined,
    changes: readonly ComparedSetting[] | undefined,
  ): Promise<StoredDefaults> {
    const json = await printDefaults(tree);
    const groups = changes?.map(({ setting }) => setting.group);
    const [version] = await store.write([{
      key: DEFAULTS_KEY,
      json,
      ...(ifVersion === undefined ? {} : { ifVersion }),
      ...(groups === undefined ? {} : { paths: [...new Set(groups)] }),
    }], actor);
    return stored({ key: DEFAULTS_KEY, version: version!, json });
  }

  async function storeFirst(): Promise<void> {
    try {
      await write(await fromSource(), FIRST_START_ACTOR, 0, undefined);
    } catch (error) {
      // Another instance, or another caller of this one, was first.
      if (!hasCode(error, "version_conflict")) throw error;
    }
  }

  /** What is stored now; that of the file is stored first where there is nothing. */
  async function stand(signal?: AbortSignal) {
    for (;;) {
      const { documents, ...from } = await store.read([DEFAULTS_KEY], signal);
      const [document] = documents;
      if (document) return { document, ...from };
      await storeFirst();
    }
  }

  /** Replaces what is stored in `before`, which is kept as a file when it differs. */
  async function replaceFrom(
    before: SettingsDocument,
    tree: JsonObject,
    actor: string,
  ) {
    const { version, json } = before;
    const said = readDefaultsDocument(before);
    const changes = compareSettings(
      documentsOfTree(tree),
      said?.documents ?? {},
    ).filter(({ isMatch }) => !isMatch);
    const name = `admin-defaults-${version}`;
    const backup = said && changes.length === 0
      ? undefined
      : await source.backup(
        name,
        said ? JSON.stringify(said.tree, null, 2) : json,
      );
    const told = said && changes;
    const defaults = await write(tree, actor, version, told);
    return { defaults, changes, backup };
  }

  async function replaceAlways(
    tree: JsonObject,
    actor: string,
  ): Promise<StoredDefaults> {
    for (let attempt = 1;; attempt++) {
      try {
        const { document } = await stand();
        return (await replaceFrom(document, tree, actor)).defaults;
      } catch (error) {
        if (!hasCode(error, "version_conflict") || attempt === ATTEMPTS) {
          throw error;
        }
      }
    }
  }

  async function replaceOnly(
    tree: JsonObject,
    actor: string,
    ifVersion: number,
  ): Promise<StoredDefaults> {
    // Nothing to compare with or to keep, if it is to be the first.
    if (ifVersion === 0) return await write(tree, actor, 0, undefined);
    const { document } = await stand();
    checkCondition(DEFAULTS_KEY, document, ifVersion);
    return (await replaceFrom(document, tree, actor)).defaults;
  }

  /** Whether the file could not be read, and is not needed. */
  async function isNoHarm(error: unknown): Promise<boolean> {
    if (!hasCode(error, "not_found", "unavailable")) return false;
    return (await store.read([DEFAULTS_KEY])).documents[0] !== undefined;
  }

  return {
    async current(signal) {
      const { document, ...from } = await stand(signal);
      return { ...stored(document), ...from };
    },

    replace: (value, actor, ifVersion) =>
      lanes.run("defaults", () => {
        const tree = readDefaults(value);
        return ifVersion === undefined
          ? replaceAlways(tree, actor)
          : replaceOnly(tree, actor, ifVersion);
      }),

    sync: (actor) =>
      lanes.run("defaults", async () => {
        const { path } = source;
        const tree = await fromSource();
        const { document: before } = await stand();
        const said = readDefaultsDocument(before);
        if (said?.hash === await hashOf(tree)) {
          return { defaults: said, changes: [], backup: undefined, path };
        }
        return { ...await replaceFrom(before, tree, actor), path };
      }),

    async check() {
      try {
        await fromSource();
      } catch (error) {
        if (await isNoHarm(error)) {
          telemetry.log(
            "warn",
            "the defaults file is not read: those stored stay",
            {
              path: source.path,
              ...errorFields(error),
            },
          );
          return;
        }
        if (!(error instanceof InvalidSettings)) throw error;
        const faults = error.errors
          .map(({ path, message }) => `\n  ${path} ${message}`);
        throw new PortError(
          "corrupt",
          `Cannot use the default settings ${source.path} as they are not acceptable:${
            faults.join("")
          }`,
          { cause: error },
        );
      }
    },
  };
}
