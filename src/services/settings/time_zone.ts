/**
 * In which time zone a user's day begins and ends.
 *
 * @module
 */
import { settingsAt, valueOf } from "../../../domain/settings/catalogue.ts";
import { settingsKey } from "../../../domain/settings.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { SettingsStore } from "../../../ports/settings_store.ts";
import { DEFAULTS_KEY, readDefaultsDocument } from "./defaults_document.ts";
import { readableJson } from "./stored_json.ts";

/**
 * The time zone that the settings of a user name; that of the stored defaults
 * where he has none, else UTC. It stores nothing, unlike reading settings does.
 *
 * @throws {PortError} As reading settings does.
 */
export type TimeZones = (user: UserId) => Promise<string>;

const [SETTING] = settingsAt("global_trading.timezone");

/** Creates the look into `store`. */
export function createTimeZones(store: SettingsStore): TimeZones {
  const { document: name } = SETTING!;
  return async (user) => {
    const keys = [settingsKey(user, name), DEFAULTS_KEY];
    const { documents: [own, stored] } = await store.read(keys);
    const defaults = stored && readDefaultsDocument(stored);
    const zone = valueOf({ [name]: readableJson(own) }, SETTING!) ??
      valueOf(defaults?.documents ?? {}, SETTING!);
    return typeof zone === "string" ? zone : "UTC";
  };
}
