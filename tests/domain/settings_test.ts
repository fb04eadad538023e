/**
 * Whose documents there are, and what tells of their change.
 *
 * @module
 */
import fc from "fast-check";
import { CHANNELS } from "../../domain/event/registry.ts";
import {
  parseSettingsKey,
  settingsKey,
  USER_DOCUMENTS,
} from "../../domain/settings.ts";
import { settingsUpdated } from "../../domain/settings_event.ts";
import { parseUserId, USER_ID_PATTERN } from "../../domain/user_id.ts";
import { deepEqual, equal, throws } from "../support/assert.ts";

const anyUser = fc.stringMatching(new RegExp(USER_ID_PATTERN)).map(parseUserId);

Deno.test("a user id is taken as it is", () => {
  for (
    const text of ["42", "default", "A.b_c-d@example.com", "x".repeat(128)]
  ) {
    equal(parseUserId(text), text);
  }
});

Deno.test("a user id that could leave its part of a key is refused", () => {
  const texts = [
    "",
    "a:b",
    "a b",
    "a/b",
    "a*",
    "ä",
    "a\n",
    "x".repeat(129),
    "{a}",
  ];
  for (const text of texts) {
    throws(() => parseUserId(text), {
      name: "InvalidInput",
      message: /^Cannot use user id ".*" as it must be 1 to 128 letters/,
    });
  }
});

Deno.test("a user has the documents that existing tools read", () => {
  deepEqual(
    USER_DOCUMENTS.map((document) => settingsKey(parseUserId("42"), document)),
    [
      "user:42:settings:all",
      "user:42:mode:ultra",
      "user:42:mode:scalp",
      "user:42:mode:swing",
      "user:42:mode:position",
      "user:42:scalp_reentry",
      "user:42:circuit_breaker",
      "user:42:capital_allocation",
    ],
  );
});

Deno.test("every key that is made is read back", () => {
  const anyDocument = fc.constantFrom(...USER_DOCUMENTS);
  fc.assert(fc.property(anyUser, anyDocument, (user, document) => {
    const key = settingsKey(user, document);
    equal(parseSettingsKey(key), key);
  }));
  equal(parseSettingsKey("admin:defaults:all"), "admin:defaults:all");
});

Deno.test("what names no document is refused", () => {
  const texts = [
    "",
    "user:42",
    "user:42:",
    "user:42:mode",
    "user:42:mode:fast",
    "user::mode:ultra",
    "user:4 2:mode:ultra",
    "user:42:mode:ultra\n",
    " user:42:mode:ultra",
    "xuser:42:mode:ultra",
    "user:42:mode:ultra:x",
    "user:42:sequence:20260102",
    "user:42:settings:trading",
    "user:42:settings:notifications",
    "admin:defaults:hash",
    "admin:defaults:all:x",
  ];
  for (const text of texts) {
    throws(() => parseSettingsKey(text), {
      name: "InvalidInput",
      message: /^Cannot use settings key ".*" as it names no document/s,
    });
  }
});

const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";
const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

Deno.test("a change is told without values, under the key of the document", () => {
  const key = parseSettingsKey("user:42:mode:scalp");
  deepEqual(settingsUpdated({ key, version: 7, actor: "admin" }, ID, AT), {
    id: ID,
    channel: "settings.updated",
    key: "user:42:mode:scalp",
    json: '{"key":"user:42:mode:scalp","version":7,"actor":"admin"}',
    meta: {
      timestamp: "2026-01-02T03:04:05.000Z",
      source: "settings",
      user: "42",
    },
  });
});

Deno.test("the fields that changed are told after the rest", () => {
  const key = parseSettingsKey("user:42:mode:scalp");
  const paths = ["sltp.stop_loss_percent", "name"];
  const { json } = settingsUpdated(
    { paths, actor: "a", version: 7, key },
    ID,
    AT,
  );
  equal(
    json,
    '{"key":"user:42:mode:scalp","version":7,"actor":"a","paths":["sltp.stop_loss_percent","name"]}',
  );
});

Deno.test("a change of the defaults concerns no user", () => {
  const key = parseSettingsKey("admin:defaults:all");
  const event = settingsUpdated({ key, version: 1, actor: "a" }, ID, AT);
  equal("user" in event.meta, false);
});

Deno.test("what is told is what the channel's schema asks for", () => {
  const { schema } = CHANNELS.find("settings.updated")!;
  const anyVersion = fc.integer({ min: 1, max: 2 ** 40 });
  const anyDocument = fc.constantFrom(...USER_DOCUMENTS);
  fc.assert(
    fc.property(anyUser, anyDocument, anyVersion, (user, document, version) => {
      const key = settingsKey(user, document);
      const event = settingsUpdated({ key, version, actor: user }, ID, AT);
      deepEqual(schema.parse(JSON.parse(event.json)), {
        key,
        version,
        actor: user,
      });
      equal(event.meta.user, user);
      const told = { key, version, actor: user, paths: ["a.b", ""] };
      const { json } = settingsUpdated(told, ID, AT);
      deepEqual(schema.parse(JSON.parse(json)), told);
    }),
  );
});
