/**
 * API keys, for who administers.
 *
 * @module
 */
import { z } from "zod";
import {
  API_KEY_ID_PATTERN,
  API_KEY_SCOPES,
  type ApiKey,
  MAX_KEY_NAME_CHARS,
  parseApiKeyId,
} from "../../../domain/api_key.ts";
import { parseUserId, USER_ID_PATTERN } from "../../../domain/user_id.ts";
import type { Clock } from "../../../ports/clock.ts";
import { type ApiKeys, MAX_GRACE_S } from "../../services/api_keys.ts";
import { RequestRefused } from "../errors.ts";
import { type Route, route } from "../route.ts";
import { Instant, instantOf } from "../schemas.ts";

const TAGS = ["Administration"];
const PATH = "/api/admin/api-keys";

/** Longest life of a key that is given as a duration, in seconds. */
const MAX_LIFE_S = 10 * 366 * 24 * 3600;

const EXAMPLE = {
  id: "k3u9x0a7b2qd",
  name: "scalp bot",
  scopes: ["read", "trade"],
  user: "42",
  created_at: "2026-01-02T03:04:05.000Z",
  created_by: "m1p8s4v6y0zc",
  expires_at: null,
  former_until: null,
  last_used_at: "2026-01-02T09:30:00.000Z",
} as const;

const example = { ...EXAMPLE, scopes: [...EXAMPLE.scopes] };
const TEXT = "hf_k3u9x0a7b2qd_an-example-good-for-nothing-nobody-holds-it";

const Scope = z.enum(API_KEY_SCOPES);

const FIELDS = {
  id: z.string().meta({ description: "Names the key; no secret." }),
  name: z.string().meta({ description: "What people call it." }),
  scopes: z.array(Scope).meta({
    description: "What it may be used for; `admin` holds the others.",
  }),
  user: z.string().nullable().meta({
    description: "Whose it is; null: nobody's in particular.",
  }),
  created_at: Instant,
  created_by: z.string().meta({ description: "The key or user that made it." }),
  expires_at: Instant.nullable(),
  former_until: Instant.nullable().meta({
    description: "Until when the secret before the last rotation is good.",
  }),
  last_used_at: Instant.nullable().meta({
    description: "To a minute or so; null: never.",
  }),
};

const Key = z.object(FIELDS).meta({ id: "ApiKey", example });

const Keys = z.object({ api_keys: z.array(Key) })
  .meta({ id: "ApiKeys", example: { api_keys: [example] } });

const KeyWithSecret = z.object({
  ...FIELDS,
  key: z.string().meta({
    description: "The whole key. It is not kept, and shown this once.",
  }),
}).meta({ id: "NewApiKey", example: { ...example, key: TEXT } });

const Wanted = z.strictObject({
  name: z.string().min(1).max(MAX_KEY_NAME_CHARS)
    .regex(/^\P{Cc}*$/u, "must have no control characters").meta({
      description: "What people call it.",
    }),
  scopes: z.array(Scope).min(1).max(API_KEY_SCOPES.length).meta({
    description: "What it may be used for; `admin` holds the others.",
  }),
  user: z.string().regex(
    new RegExp(USER_ID_PATTERN),
    "must be 1 to 128 letters, digits or _ . @ -",
  ).optional().meta({
    description: "Whose it is; required without `admin`.",
  }),
  expires_in_s: z.int().min(1).max(MAX_LIFE_S).optional().meta({
    description: "Seconds that it is good for; it does not expire when absent.",
  }),
}).meta({
  id: "WantedApiKey",
  example: { name: "scalp bot", scopes: ["read", "trade"], user: "42" },
});

const Rotation = z.strictObject({
  grace_s: z.int().min(0).max(MAX_GRACE_S).default(0).meta({
    description: "Seconds that the present secret stays good; 0: it ends now.",
  }),
}).optional().meta({ id: "ApiKeyRotation", example: { grace_s: 3600 } });

const params = z.strictObject({
  id: z.string().regex(
    new RegExp(API_KEY_ID_PATTERN),
    "must be 12 letters a to z or digits",
  ),
});

/** The routes of keys. */
export function apiKeyRoutes(
  services: { readonly apiKeys: ApiKeys; readonly clock: Clock },
): readonly Route[] {
  return [
    route({
      method: "GET",
      path: PATH,
      id: "listApiKeys",
      summary: "Every API key",
      description: "Those that have expired too, until they are revoked. " +
        "Secrets are not kept, and cannot be read.",
      tags: TAGS,
      responses: { 200: { description: "The keys, by id.", schema: Keys } },
      errors: [501, 504],
      handle: async ({ signal }) => {
        const keys = await services.apiKeys.list(signal);
        return { status: 200, json: { api_keys: keys.map(shown) } };
      },
    }),

    route({
      method: "POST",
      path: PATH,
      id: "createApiKey",
      summary: "Make an API key",
      description: "A key without the scope `admin` belongs to a user, and " +
        "reaches what is his. One with it may name any in `X-User-Id`, and " +
        "then does what that user could; nobody's in particular, it is the " +
        "operator's, user `default`. Good at once, on every instance. Sent " +
        "again it makes another key.",
      tags: TAGS,
      request: { body: Wanted },
      responses: {
        201: { description: "The key.", schema: KeyWithSecret },
      },
      errors: [409, 501, 504, 507],
      handle: async ({ body, caller }) => {
        const { name, scopes, user, expires_in_s: lifeS } = body;
        if (user === undefined && !scopes.includes("admin")) {
          throw refusal(
            "user",
            "must be given where scopes does not have admin",
          );
        }
        const { key, text } = await services.apiKeys.create({
          name,
          scopes: [...new Set(scopes)],
          user: user === undefined ? undefined : parseUserId(user),
          expiresAt: lifeS === undefined
            ? undefined
            : Math.floor(services.clock.now()) + lifeS * 1000,
        }, caller.actor);
        return { status: 201, json: { ...shown(key), key: text } };
      },
    }),

    route({
      method: "POST",
      path: `${PATH}/{id}/rotate`,
      id: "rotateApiKey",
      summary: "Give an API key another secret",
      description:
        "The present one ends at once, or after `grace_s`; the one " +
        "before it in any case. Streams that were opened with it end then.",
      tags: TAGS,
      request: { params, body: Rotation },
      responses: {
        200: { description: "The key.", schema: KeyWithSecret },
      },
      errors: [404, 504],
      handle: async ({ params, body, caller }) => {
        const id = parseApiKeyId(params.id);
        const graceS = body?.grace_s ?? 0;
        const { key, text } = await services.apiKeys
          .rotate(id, graceS, caller.actor);
        return { status: 200, json: { ...shown(key), key: text } };
      },
    }),

    route({
      method: "DELETE",
      path: `${PATH}/{id}`,
      id: "revokeApiKey",
      summary: "Revoke an API key",
      description:
        "It is good for nothing any more, here at once and on other " +
        "instances within 5 s; its streams end. It is not listed any more.",
      tags: TAGS,
      request: { params },
      responses: { 204: { description: "It is revoked." } },
      errors: [404, 504],
      handle: async ({ params, caller }) => {
        await services.apiKeys.revoke(parseApiKeyId(params.id), caller.actor);
        return { status: 204, empty: true };
      },
    }),
  ];
}

function shown(key: ApiKey): z.output<typeof Key> {
  const instant = (at: number | undefined) =>
    at === undefined ? null : instantOf(at);
  return {
    id: key.id,
    name: key.name,
    scopes: [...key.scopes],
    user: key.user ?? null,
    created_at: instantOf(key.createdAt),
    created_by: key.createdBy,
    expires_at: instant(key.expiresAt),
    former_until: instant(key.formerUntil),
    last_used_at: instant(key.lastUsedAt),
  };
}

function refusal(field: string, what: string): RequestRefused {
  const path = `body.${field}`;
  return new RequestRefused(
    "invalid",
    `Cannot accept the request as ${path} ${what}`,
    { errors: [{ path, message: what }] },
  );
}
