/**
 * The routes of settings documents: read whole, replaced whole, merged into.
 *
 * @module
 */
import { z } from "zod";
import {
  checkedDocument,
  InvalidSettings,
} from "../../../../domain/settings/check.ts";
import { merged } from "../../../../domain/settings/edit.ts";
import { TRADING_MODES } from "../../../../domain/settings/field.ts";
import { PARTS, SHAPES } from "../../../../domain/settings/shape.ts";
import {
  isJsonObject,
  type JsonObject,
} from "../../../../domain/json_value.ts";
import type {
  SettingsDocument,
  UserDocument,
} from "../../../../domain/settings.ts";
import { PortError } from "../../../../ports/port_error.ts";
import type { SettingsServices } from "../../../services/settings/settings.ts";
import { parseStored } from "../../../services/settings/stored_json.ts";
import { RequestRefused } from "../../errors.ts";
import { isKnown, writeCondition } from "../../etag.ts";
import { subjectOf } from "../../identity.ts";
import { type Call, type Route, route } from "../../route.ts";
import { type Place, PLACES, type Target, targetOf } from "./places.ts";
import {
  BODY_LIMIT,
  headersOf,
  patchOf,
  ReadHeaders,
  SettingsHeaders,
  TAGS,
  unchecked,
  UserQuery,
  WriteHeaders,
} from "./schemas.ts";

const ModeParams = z.strictObject({
  mode: z.string().meta({
    description: `One of ${TRADING_MODES.join(", ")}; ultra_fast is ultra.`,
    example: "scalp",
  }),
});

/** The routes of every document. */
export function documentRoutes(
  { documents, record }: SettingsServices,
): readonly Route[] {
  /** Replaces what `target` stands for by what `next` makes of it. */
  async function write(
    call: Call,
    target: Target,
    how: { readonly needsAll: boolean; readonly skipsSame?: boolean },
    next: (stored: JsonObject | undefined) => JsonObject,
  ) {
    // The signal is let be: asking for it takes as long as a small answer.
    const { headers, query, caller } = call as Call<{
      headers: typeof WriteHeaders;
      query: z.ZodObject<{ user: typeof UserQuery }>;
    }>;
    const { document, member } = target;
    const [changed] = await documents.change({
      user: subjectOf(caller, query.user),
      actor: caller.actor,
      documents: [document],
      condition: writeCondition(headers["If-Match"], headers["If-None-Match"]),
      ...how,
      apply: (stored) => {
        const value = withinLimit(document, next(stored[document]));
        // Its faults are told by their paths in what was sent.
        if (member) checkedDocument(PARTS[member], value[member]);
        return { [document]: value };
      },
    });
    const { after, asRead = { source: record, verified: true } } = changed!;
    return {
      status: 200 as const,
      text: textOf(target, after),
      headers: headersOf(after.version, asRead.source, asRead.verified),
    };
  }

  function put(call: Call, target: Target) {
    const { document, member } = target;
    const value = call.body;
    if (member === undefined) {
      return write(
        call,
        target,
        { needsAll: false },
        () => objectOf(document, value),
      );
    }
    return write(call, target, { needsAll: true }, (stored) => ({
      ...heldIn(document, stored),
      [member]: objectOf(document, value),
    }));
  }

  function patch(call: Call, target: Target) {
    const { document, member } = target;
    const how = { needsAll: true, skipsSame: true };
    return write(call, target, how, (stored) => {
      const patch = objectOf(document, call.body);
      const whole = member === undefined ? patch : { [member]: patch };
      return merged(SHAPES[document], heldIn(document, stored), whole);
    });
  }

  return PLACES.flatMap((place) => {
    const { path, name, title, schema } = place;
    const answer = {
      200: {
        description: "The document as it stands.",
        schema,
        headers: SettingsHeaders,
      },
    };
    const params = place.target === "mode" ? { params: ModeParams } : {};
    const writing = {
      path,
      tags: TAGS,
      bodyLimit: BODY_LIMIT,
      responses: answer,
      errors: [404, 412, 422, 503, 504, 507],
    } as const;
    const request = {
      ...params,
      headers: WriteHeaders,
      query: z.strictObject({ user: UserQuery }),
    };
    const replacing = {
      ...writing,
      description:
        "Replaces the whole document: a field that is left out is an error " +
        "that names it. PATCH merges.",
      request: { ...request, body: unchecked(schema) },
      handle: (call: Call) => put(call, targetIn(place, call)),
    };
    const isWhole = path === "/api/user/settings";
    return [
      ...(isWhole ? [] : [route({
        method: "GET",
        path,
        id: `get${name}`,
        summary: `The ${title}`,
        description: "Who has no settings yet gets copies of the defaults.",
        tags: TAGS,
        request: {
          ...params,
          headers: ReadHeaders,
          query: z.strictObject({ user: UserQuery }),
        },
        responses: {
          200: answer[200],
          304: { description: "It has not changed.", headers: SettingsHeaders },
        },
        errors: [403, 404, 503, 504],
        handle: async (call) => {
          // Its signal is let be: asking for it costs more than the answer.
          const { headers, query, caller } = call;
          const target = targetIn(place, call as Call);
          const user = subjectOf(caller, query.user);
          const read = await documents.read(user, [target.document]);
          const held = read.documents[0]!;
          const { version } = held;
          const about = headersOf(version, read.source, read.verified);
          return isKnown(headers["If-None-Match"], version)
            ? { status: 304 as const, empty: true as const, headers: about }
            : {
              status: 200 as const,
              text: textOf(target, held),
              headers: about,
            };
        },
      })]),
      route({
        ...replacing,
        method: "PUT",
        id: `put${name}`,
        summary: `Replace the ${title}`,
      }),
      ...(place.hasPost
        ? [route({
          ...replacing,
          method: "POST",
          id: `post${name}`,
          summary: `Replace the ${title}, as PUT does`,
        })]
        : []),
      route({
        ...writing,
        method: "PATCH",
        id: `patch${name}`,
        summary: `Change fields of the ${title}`,
        description:
          "Groups are merged by name, fields replaced whole. Under `custom` of " +
          "the user settings it is a JSON merge patch, in which null removes. " +
          "What changes nothing is not written: the version stays.",
        request: { ...request, body: patchOf(place.patch) },
        handle: (call) => patch(call as Call, targetIn(place, call as Call)),
      }),
    ];
  });
}

function targetIn(place: Place, call: Call): Target {
  const { params } = call as Call<{ params?: typeof ModeParams }>;
  return targetOf(place, (params as { mode?: string } | undefined)?.mode);
}

/**
 * What a client is shown of a stored document.
 *
 * @throws {PortError} `corrupt` when the part that is meant is not there.
 */
export function textOf(
  { member }: Pick<Target, "member">,
  document: SettingsDocument,
): string {
  if (member === undefined) return document.json;
  const part = parseStored(document)[member];
  if (isJsonObject(part)) return JSON.stringify(part);
  throw new PortError(
    "corrupt",
    `Cannot read ${document.key} as it holds no ${member}: PUT it anew`,
  );
}

/** What is stored; every document is there by the time that it is to be changed. */
function heldIn(
  document: UserDocument,
  stored: JsonObject | undefined,
): JsonObject {
  if (stored) return stored;
  throw new PortError(
    "corrupt",
    `Cannot change ${document} as what is stored is not a JSON object: PUT it anew`,
  );
}

/** `value`, unless it has become larger than what a client may send. */
function withinLimit(document: UserDocument, value: JsonObject): JsonObject {
  const { free } = SHAPES[document];
  // Without a free member a document is as large as its fields.
  if (free === undefined || value[free] === undefined) return value;
  const { length } = new TextEncoder().encode(JSON.stringify(value));
  if (length <= BODY_LIMIT) return value;
  throw new RequestRefused(
    "too_large",
    `Cannot accept the change as the document would be larger than ${BODY_LIMIT} bytes: remove something from ${free}`,
  );
}

function objectOf(document: UserDocument, value: unknown): JsonObject {
  if (isJsonObject(value)) return value;
  throw new InvalidSettings(`these settings (${SHAPES[document].title})`, [{
    path: "",
    message: "must be an object",
  }]);
}
