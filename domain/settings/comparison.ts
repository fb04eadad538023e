/**
 * Comparing settings with the defaults, setting by setting.
 *
 * @module
 */
import { isSameValue } from "../json_value.ts";
import {
  type Documents,
  GROUP_TITLES,
  type Setting,
  SETTINGS,
  valueOf,
} from "./catalogue.ts";
import type { Risk } from "./field.ts";

/** One setting beside its default. */
export interface ComparedSetting {
  /** Which setting. */
  readonly setting: Setting;
  /** Its value; `undefined` when none is stored. */
  readonly current: unknown;
  /** Its default. */
  readonly default: unknown;
  /** Whether the two are the same. */
  readonly isMatch: boolean;
}

/** The settings of one group that differ. */
export interface ComparedGroup {
  /** The name of the group. */
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  /** The settings that differ, in the order of the tree. */
  readonly differences: readonly ComparedSetting[];
}

/** Compares every setting, in the order of the tree. */
export function compareSettings(
  documents: Documents,
  defaults: Documents,
  settings: readonly Setting[] = SETTINGS,
): readonly ComparedSetting[] {
  return settings.map((setting) => {
    const current = valueOf(documents, setting);
    const wanted = valueOf(defaults, setting);
    const isMatch = isSameValue(current, wanted);
    return { setting, current, default: wanted, isMatch };
  });
}

/** The groups that differ, in the order of the tree. */
export function groupDifferences(
  compared: readonly ComparedSetting[],
): readonly ComparedGroup[] {
  return Object.entries(GROUP_TITLES)
    .map(([name, title]) => ({
      name,
      title,
      differences: compared.filter(({ setting, isMatch }) =>
        setting.group === name && !isMatch
      ),
    }))
    .filter(({ differences }) => differences.length > 0);
}

/** How many of the settings that differ are of `risk`. */
export function countRisk(
  compared: readonly ComparedSetting[],
  risk: Risk,
): number {
  return compared.filter(({ setting, isMatch }) =>
    !isMatch && setting.field.risk === risk
  ).length;
}
