/**
 * A user's settings as one tree, and the requests that change it.
 *
 * @module
 */
import { InvalidInput } from "../../domain/invalid_input.ts";
import type { JsonObject } from "../../domain/json_value.ts";
import type { UserDocument } from "../../domain/settings.ts";
import {
  CUSTOM,
  type Documents,
  documentsWith,
  keptAt,
  treeOfDocuments,
  valueAt,
  valueOf,
  withValue,
} from "../../domain/settings/catalogue.ts";
import { UsageError } from "./failures.ts";
import { didYouMean } from "./nearest.ts";

/** Where documents are changed; those of modes go by their names. */
const ROUTES: Readonly<Partial<Record<UserDocument, string>>> = {
  "settings:all": "/api/user/settings",
  scalp_reentry: "/api/futures/ginie/scalp-reentry-config",
  circuit_breaker: "/api/user/global-circuit-breaker",
  capital_allocation: "/api/futures/ginie/capital-allocation",
};

/** What is at or beneath a path. */
export interface Shown {
  /** As JSON: the value of a setting, an object of a group. */
  readonly value: unknown;
  /** Each setting with its value, printed. */
  readonly rows: readonly (readonly [path: string, value: string])[];
}

/** The settings as one tree. */
export interface SettingsTree {
  /**
   * What `documents` hold at or beneath `path`; all when it is absent.
   *
   * @throws {UsageError} When there is no such path.
   */
  show(documents: Documents, path: string | undefined): Shown;

  /**
   * The request that changes what is at `path`.
   *
   * @throws {UsageError} When there is no such path, or `value` is not what can
   * be there.
   */
  patch(
    path: string,
    value: unknown,
  ): { readonly route: string; readonly patch: JsonObject };
}

/** The settings of this release. */
export const settingsTree: SettingsTree = {
  show: settingsIn,
  patch: patchOf,
};

function settingsIn(
  documents: Documents,
  path: string | undefined,
): Shown {
  const kept = known(path);
  const rows = kept.map((setting) =>
    [
      setting.path,
      JSON.stringify(valueOf(documents, setting) ?? null),
    ] as const
  );
  const tree = {
    ...treeOfDocuments(documents),
    [CUSTOM.path]: valueOf(documents, CUSTOM),
  };
  // As the table names it, which takes some other names as well.
  const [first] = kept;
  const steps = path === undefined
    ? []
    : first!.path.split(".").slice(0, path.split(".").length);
  return { value: valueAt(tree, steps) ?? null, rows };
}

function patchOf(
  path: string,
  value: unknown,
): { readonly route: string; readonly patch: JsonObject } {
  const kept = known(path);
  const [document, other] = documentsWith(kept);
  if (other !== undefined) {
    throw new UsageError(
      `Cannot change ${path} at once as it is kept in several documents: name what is beneath it`,
    );
  }
  const [first] = kept;
  const depth = path.split(".").length;
  const beneath = first!.path.split(".").length - depth;
  const at = first!.at.slice(0, first!.at.length - beneath);
  const isObject = typeof value === "object" && value !== null &&
    !Array.isArray(value);
  if (at.length === 0 && !isObject) {
    throw new UsageError(
      `Cannot change ${path} as it is a group: give a JSON object of what changes`,
    );
  }
  const mode = /^mode:(.+)$/.exec(document!)?.[1];
  return {
    route: mode === undefined
      ? ROUTES[document!]!
      : `/api/futures/ginie/modes/${mode}`,
    patch: withValue({}, at, value),
  };
}

function known(path: string | undefined): ReturnType<typeof keptAt> {
  try {
    return keptAt(path);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const meant = didYouMean(path!, keptAt(undefined).flatMap(namesOf));
    throw new UsageError(`${error.message}${meant}`, { cause: error });
  }
}

/** The path of a setting, and of each group that it is in. */
function namesOf({ path }: { readonly path: string }): readonly string[] {
  const steps = path.split(".");
  return steps.map((_, i) => steps.slice(0, i + 1).join("."));
}
