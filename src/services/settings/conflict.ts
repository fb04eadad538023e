/**
 * Writes that met others.
 *
 * @module
 */
import type {
  SettingsDocument,
  SettingsKey,
} from "../../../domain/settings.ts";
import { PortError } from "../../../ports/port_error.ts";

/** Times that a change is tried while others change the same documents. */
export const ATTEMPTS = 16;

/**
 * Checks that what is stored under `key` is what a change asks for: of the
 * version `condition`; 0: nothing; `stored`: anything.
 *
 * @throws {PortError} `version_conflict` when it is not, with the version.
 */
export function checkCondition(
  key: SettingsKey,
  stored: SettingsDocument | undefined,
  condition: number | "stored" | undefined,
): void {
  const version = stored?.version ?? 0;
  const holds = condition === undefined ||
    (condition === "stored" ? version > 0 : version === condition);
  if (holds) return;
  throw new PortError(
    "version_conflict",
    version === 0
      ? `Cannot write ${key} as nothing is stored: PUT it without If-Match first`
      : `Cannot write ${key} as its version is ${version}: read it again and apply the change to that`,
    { facts: { key, version } },
  );
}
