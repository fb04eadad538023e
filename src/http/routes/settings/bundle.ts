/**
 * The route of user settings, which gives several documents at once when asked.
 *
 * @module
 */
import { z } from "zod";
import { TRADING_MODES } from "../../../../domain/settings/field.ts";
import {
  type SettingsDocument,
  USER_DOCUMENTS,
  type UserDocument,
} from "../../../../domain/settings.ts";
import { InvalidInput } from "../../../../domain/invalid_input.ts";
import type { SettingsPart } from "../../../../domain/settings/shape.ts";
import type { SettingsServices } from "../../../services/settings/settings.ts";
import { isKnown } from "../../etag.ts";
import { subjectOf } from "../../identity.ts";
import { type Route, route } from "../../route.ts";
import { textReadBy } from "../../schemas.ts";
import { textOf } from "./documents.ts";
import {
  headersOf,
  ReadHeaders,
  SettingsHeaders,
  TAGS,
  UserQuery,
  UserSettings,
} from "./schemas.ts";

/** A document, or a part of one. */
interface Item {
  /** What it is called in the bundle. */
  readonly name: string;
  readonly document: UserDocument;
  readonly member?: SettingsPart;
}

const whole = (document: UserDocument): Item => ({ name: document, document });

const part = (member: SettingsPart): Item => ({
  name: member,
  document: "settings:all",
  member,
});

const MODES = TRADING_MODES.map((mode) => whole(`mode:${mode}`));

/** What can be asked for, and what it stands for. */
const INCLUDES: Readonly<Record<string, readonly Item[]>> = {
  all: USER_DOCUMENTS.map(whole),
  settings: [whole("settings:all")],
  trading: [part("trading")],
  notifications: [part("notifications")],
  modes: MODES,
  ...Object.fromEntries(
    TRADING_MODES.map((mode, i) => [mode, [MODES[i]!]]),
  ),
  ultra_fast: [whole("mode:ultra")],
  scalp_reentry: [whole("scalp_reentry")],
  circuit_breaker: [whole("circuit_breaker")],
  capital_allocation: [whole("capital_allocation")],
};

const Bundle = z.object({
  documents: z.record(
    z.string(),
    z.object({
      version: z.int().meta({ description: "Version of the document." }),
      value: z.record(z.string(), z.unknown()).meta({
        description: "The document.",
      }),
    }),
  ),
}).meta({
  id: "SettingsBundle",
  description: "Documents as they stood at one moment, by name.",
  example: {
    documents: {
      circuit_breaker: { version: 7, value: { enabled: true } },
      "mode:scalp": { version: 5, value: { enabled: true } },
    },
  },
});

const Include = textReadBy(parseInclude).optional().meta({
  description:
    `Documents, or parts of them, to be given at once, separated by commas: ${
      Object.keys(INCLUDES).join(", ")
    }.`,
  example: "modes,circuit_breaker",
});

/** The route that reads user settings. */
export function bundleRoute({ documents }: SettingsServices): Route {
  return route({
    method: "GET",
    path: "/api/user/settings",
    id: "getSettings",
    summary: "The user settings, or several documents at once",
    description:
      "With `include` the answer is a bundle: documents as they stood at one " +
      "moment, in one round trip. Its ETag stands for all of them.",
    tags: TAGS,
    request: {
      headers: ReadHeaders,
      query: z.strictObject({ user: UserQuery, include: Include }),
    },
    responses: {
      200: {
        description: "The document, or the bundle.",
        schema: z.union([Bundle, UserSettings]).meta({
          example: z.globalRegistry.get(Bundle)!.example,
        }),
        headers: SettingsHeaders,
      },
      304: { description: "Nothing has changed.", headers: SettingsHeaders },
    },
    errors: [403, 503, 504],
    // The signal is let be: asking for it costs more than the answer.
    handle: async ({ headers, query, caller }) => {
      const user = subjectOf(caller, query.user);
      const { include } = query;
      const items = include ?? SETTINGS;
      const names = [...new Set(items.map(({ document }) => document))];
      const read = await documents.read(user, names);
      const held = items.map(({ document }) =>
        read.documents[names.indexOf(document)]!
      );
      const { tag, text } = include
        ? joinedOf(items, held)
        : { tag: String(held[0]!.version), text: held[0]!.json };
      const about = headersOf(tag, read.source, read.verified);
      return isKnown(headers["If-None-Match"], tag)
        ? { status: 304, empty: true, headers: about }
        : { status: 200, text, headers: about };
    },
  });
}

const SETTINGS: readonly Item[] = INCLUDES["settings"]!;

/** A bundle that has been put together. */
interface Joined {
  readonly items: readonly Item[];
  readonly held: readonly SettingsDocument[];
  readonly tag: string;
  readonly text: string;
}

// Documents near at hand are the same objects from read to read.
const joined = new WeakMap<SettingsDocument, Joined>();

function joinedOf(
  items: readonly Item[],
  held: readonly SettingsDocument[],
): Joined {
  const [first] = held;
  const known = joined.get(first!);
  if (
    known?.held.length === held.length &&
    known.held.every((document, i) => document === held[i]) &&
    known.items.every(({ name }, i) => name === items[i]!.name)
  ) return known;
  const tag = held.map(({ version }) => version).join(".");
  const made = { items, held, tag, text: join(items, held) };
  joined.set(first!, made);
  return made;
}

/** Joins what is printed already; only parts are parsed. */
function join(
  items: readonly Item[],
  held: readonly SettingsDocument[],
): string {
  const parts = items.map((item, i) =>
    `"${item.name}":{"version":${held[i]!.version},"value":${
      textOf(item, held[i]!)
    }}`
  );
  return `{"documents":{${parts.join(",")}}}`;
}

function parseInclude(text: string): readonly Item[] {
  const items = new Map<string, Item>();
  for (const name of text.split(",")) {
    const known = Object.hasOwn(INCLUDES, name) ? INCLUDES[name]! : undefined;
    if (!known) {
      throw new InvalidInput(
        `Cannot include ${JSON.stringify(name.slice(0, 64))} as there are ${
          Object.keys(INCLUDES).join(", ")
        } only`,
      );
    }
    for (const item of known) items.set(item.name, item);
  }
  return [...items.values()];
}
