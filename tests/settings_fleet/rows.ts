/**
 * Every way to change settings, and the documents that each of them changes.
 *
 * @module
 */
import { BUILT_IN_DOCUMENTS } from "../../domain/settings/catalogue.ts";
import { isJsonObject, type JsonObject } from "../../domain/json_value.ts";
import { USER_DOCUMENTS, type UserDocument } from "../../domain/settings.ts";
import type { Psql } from "../support/postgres_world.ts";
import type { Ask, Reply } from "./fleet.ts";

/** Whose settings are changed. */
export const OWNER = "ann";

/** What a row is given. */
export interface Hands {
  /** Asks the writer. */
  readonly ask: Ask;
  readonly psql: Psql;
  /** Somebody who has no settings yet. */
  readonly newcomer: string;
  /** What `prepare` has given. */
  readonly prepared: unknown;
}

/** One way to change settings. */
export interface Row {
  readonly name: string;
  /** Makes the change possible. */
  readonly prepare?: (hands: Hands) => Promise<unknown>;
  /** Makes it. */
  readonly change: (hands: Hands) => Promise<Reply | void>;
  /** The documents of the owner that change. */
  readonly owner?: readonly UserDocument[];
  /** The documents of the newcomer that change. */
  readonly newcomer?: readonly UserDocument[];
  /** Whether the defaults change. */
  readonly defaults?: true;
  /** Where the owner reads what the change has answered. */
  readonly back?: string;
  /** Whether nobody acknowledges it: it is seen a little later. */
  readonly isByHand?: true;
}

/** A path of a document, and fields with values other than their defaults. */
interface Place {
  readonly path: string;
  readonly document: UserDocument;
  /** The part that the path stands for. */
  readonly member?: "trading" | "notifications";
  readonly other: JsonObject;
  readonly hasPost?: true;
}

const DEFAULTS = BUILT_IN_DOCUMENTS;
const MODES = ["ultra", "scalp", "swing", "position"] as const;
const ALLOCATION = {
  document: "capital_allocation",
  other: { scalp_percent: 35, position_percent: 10 },
} as const;

const PLACES: readonly Place[] = [
  {
    path: "/api/user/settings",
    document: "settings:all",
    other: { trading: { global_trading: { timezone: "Europe/Berlin" } } },
  },
  {
    path: "/api/user/settings/trading",
    document: "settings:all",
    member: "trading",
    other: { global_trading: { timezone: "Europe/Berlin" } },
  },
  {
    path: "/api/user/settings/notifications",
    document: "settings:all",
    member: "notifications",
    other: flipped(DEFAULTS["settings:all"]["notifications"] as JsonObject),
  },
  {
    path: "/api/user/global-circuit-breaker",
    document: "circuit_breaker",
    other: { max_daily_loss: 400 },
  },
  ...[...MODES, "ultra_fast"].map((mode): Place => {
    const document = `mode:${mode === "ultra_fast" ? "ultra" : mode}` as const;
    return {
      path: `/api/futures/ginie/modes/${mode}`,
      document: document as UserDocument,
      other: flipped(DEFAULTS[document as UserDocument]),
    };
  }),
  {
    path: "/api/futures/ginie/scalp-reentry-config",
    document: "scalp_reentry",
    other: flipped(DEFAULTS.scalp_reentry),
    hasPost: true,
  },
  { path: "/api/futures/ginie/capital-allocation", ...ALLOCATION },
  { path: "/api/futures/modes/allocations", ...ALLOCATION },
];

const SCALP = "/api/futures/ginie/modes/scalp";
const owner = { user: OWNER };

/** The table. */
export const ROWS: readonly Row[] = [
  ...PLACES.flatMap(documentRows),
  {
    name: "PATCH by the operator for the owner",
    change: async ({ ask }) => {
      const body = await nextPatch(ask, placeAt(SCALP));
      return await ask("PATCH", `${SCALP}?user=${OWNER}`, { body });
    },
    owner: ["mode:scalp"],
    back: SCALP,
  },
  ...Object.entries(
    {
      "mode_configs.scalp.enabled": ["mode:scalp"],
      "mode_configs.ultra_fast.enabled": ["mode:ultra"],
      "mode_configs.swing": ["mode:swing"],
      "mode_configs": MODES.map((mode) => `mode:${mode}` as const),
      "scalp_reentry.enabled": ["scalp_reentry"],
      "scalp_reentry": ["scalp_reentry"],
      "circuit_breaker.global.max_daily_loss": ["circuit_breaker"],
      "circuit_breaker": ["circuit_breaker"],
      "capital_allocation": ["capital_allocation"],
      "global_trading.timezone": ["settings:all"],
      "notifications": ["settings:all"],
    } as const,
  ).map(([path, documents]): Row => ({
    name: `reset of ${path}`,
    prepare: ({ ask }) => leaveDefaults(ask, OWNER),
    change: ({ ask }) => reset(ask, path),
    owner: documents,
  })),
  {
    name: "reset of what is as by default",
    prepare: ({ ask }) => reset(ask, "mode_configs"),
    change: ({ ask }) => reset(ask, "mode_configs"),
  },
  {
    name: "load-defaults",
    prepare: ({ ask }) => leaveDefaults(ask, OWNER),
    change: ({ ask }) => ask("POST", "/api/user/settings/load-defaults", owner),
    owner: USER_DOCUMENTS,
  },
  {
    name: "load-defaults, as a preview",
    prepare: ({ ask }) => leaveDefaults(ask, OWNER),
    change: ({ ask }) =>
      ask("POST", "/api/user/settings/load-defaults?preview=true", owner),
  },
  {
    name: "revert of all",
    prepare: changeTwo,
    change: ({ ask, prepared }) =>
      ask("POST", "/api/user/settings/revert", {
        ...owner,
        body: { version: prepared },
      }),
    owner: ["mode:scalp", "circuit_breaker"],
  },
  {
    name: "revert of a path",
    prepare: changeTwo,
    change: ({ ask, prepared }) =>
      ask("POST", "/api/user/settings/revert", {
        ...owner,
        body: { version: prepared, path: "mode_configs" },
      }),
    owner: ["mode:scalp"],
  },
  {
    name: "first read of one document",
    change: ({ ask, newcomer }) => ask("GET", SCALP, { user: newcomer }),
    newcomer: USER_DOCUMENTS,
  },
  {
    name: "first read of all documents",
    change: async ({ ask, newcomer }) => {
      await ask("GET", "/api/user/settings?include=all", { user: newcomer });
    },
    newcomer: USER_DOCUMENTS,
  },
  {
    name: "first PATCH",
    change: ({ ask, newcomer }) =>
      ask("PATCH", SCALP, { user: newcomer, body: placeAt(SCALP).other }),
    newcomer: USER_DOCUMENTS,
  },
  {
    name: "first PUT",
    change: ({ ask, newcomer }) =>
      ask("PUT", SCALP, { user: newcomer, body: DEFAULTS["mode:scalp"] }),
    newcomer: ["mode:scalp"],
  },
  {
    name: "PUT /api/admin/defaults",
    prepare: ({ ask }) => changedDefaults(ask),
    change: async ({ ask, prepared }) => {
      await ask("PUT", "/api/admin/defaults", { body: prepared });
    },
    defaults: true,
  },
  {
    name: "sync-defaults",
    prepare: async ({ ask }) => {
      await ask("POST", "/api/admin/sync-defaults");
      const body = await changedDefaults(ask);
      await ask("PUT", "/api/admin/defaults", { body });
    },
    change: async ({ ask }) => {
      await ask("POST", "/api/admin/sync-defaults");
    },
    defaults: true,
  },
  {
    name: "sync-defaults when nothing has changed",
    prepare: ({ ask }) => ask("POST", "/api/admin/sync-defaults"),
    change: async ({ ask }) => {
      await ask("POST", "/api/admin/sync-defaults");
    },
  },
  {
    name: "a row changed by hand",
    prepare: ({ ask }) => ask("GET", SCALP, owner),
    change: async ({ psql, prepared }) => {
      const value = changedBy((prepared as Reply).json, placeAt(SCALP));
      await psql`UPDATE settings SET value = ${JSON.stringify(value)}
        WHERE key = ${`user:${OWNER}:mode:scalp`}`;
    },
    owner: ["mode:scalp"],
    isByHand: true,
  },
  {
    name: "a row with parts changed by hand",
    prepare: ({ ask }) => ask("GET", "/api/user/settings", owner),
    change: async ({ psql, prepared }) => {
      const place = placeAt("/api/user/settings");
      const value = changedBy((prepared as Reply).json, place);
      await psql`UPDATE settings SET value = ${JSON.stringify(value)}
        WHERE key = ${`user:${OWNER}:settings:all`}`;
    },
    owner: ["settings:all"],
    isByHand: true,
  },
  {
    name: "a row removed by hand",
    prepare: ({ ask, newcomer }) => ask("GET", SCALP, { user: newcomer }),
    change: async ({ psql, newcomer }) => {
      await psql`DELETE FROM settings
        WHERE key = ${`user:${newcomer}:mode:swing`}`;
    },
    newcomer: ["mode:swing"],
    isByHand: true,
  },
];

function documentRows(place: Place): Row[] {
  const { path, document, hasPost } = place;
  const row = (method: string, bodyOf: typeof nextPatch): Row => ({
    name: `${method} ${path}`,
    change: async ({ ask }) =>
      await ask(method, path, { ...owner, body: await bodyOf(ask, place) }),
    owner: [document],
    back: path,
  });
  const whole = async (ask: Ask) =>
    changedBy((await ask("GET", path, owner)).json, place);
  return [
    row("PUT", whole),
    row("PATCH", nextPatch),
    ...(hasPost ? [row("POST", whole)] : []),
  ];
}

/** A change that makes a difference. */
async function nextPatch(ask: Ask, place: Place): Promise<JsonObject> {
  const { json } = await ask("GET", place.path, owner);
  return holds(json, place.other) ? defaultOf(place) : place.other;
}

/** `value` with the fields of `place` other than they are. */
function changedBy(value: JsonObject, place: Place): JsonObject {
  const { other } = place;
  return merged(value, holds(value, other) ? defaultOf(place) : other);
}

/** What the fields of `place` are by default. */
function defaultOf({ document, member, other }: Place): JsonObject {
  const whole = DEFAULTS[document];
  const part = member === undefined ? whole : whole[member] as JsonObject;
  return picked(part, other);
}

/** Gives every document of `user` a field that is not as by default. */
async function leaveDefaults(ask: Ask, user: string): Promise<void> {
  for (const { path, other } of PLACES) {
    await ask("PATCH", path, { user, body: other });
  }
}

/** Changes two documents, and tells the version that all had before. */
async function changeTwo({ ask }: Hands): Promise<number> {
  const { json } = await ask("GET", "/api/user/settings?include=all", owner);
  const documents: { version: number }[] = Object.values(json.documents);
  for (const path of [SCALP, "/api/user/global-circuit-breaker"]) {
    const body = await nextPatch(ask, placeAt(path));
    await ask("PATCH", path, { ...owner, body });
  }
  return Math.max(...documents.map(({ version }) => version));
}

async function changedDefaults(ask: Ask): Promise<JsonObject> {
  const { json } = await ask("GET", "/api/admin/defaults");
  const { max_daily_loss: most } = json.circuit_breaker.global;
  json.circuit_breaker.global.max_daily_loss = most === 450 ? 440 : 450;
  return json;
}

const reset = (ask: Ask, path: string) =>
  ask("POST", "/api/user/settings/reset", { ...owner, body: { path } });

function placeAt(path: string): Place {
  return PLACES.find((place) => place.path === path)!;
}

function flipped({ enabled }: JsonObject): JsonObject {
  return { enabled: !enabled };
}

function merged(value: JsonObject, patch: JsonObject): JsonObject {
  const entries = Object.entries(patch).map(([name, one]) => [
    name,
    isJsonObject(one) ? merged(value[name] as JsonObject, one) : one,
  ]);
  return { ...value, ...Object.fromEntries(entries) };
}

function picked(value: JsonObject, like: JsonObject): JsonObject {
  const entries = Object.entries(like).map(([name, one]) => [
    name,
    isJsonObject(one) ? picked(value[name] as JsonObject, one) : value[name],
  ]);
  return Object.fromEntries(entries);
}

function holds(value: JsonObject, part: JsonObject): boolean {
  return JSON.stringify(picked(value, part)) === JSON.stringify(part);
}
