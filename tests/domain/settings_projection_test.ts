/**
 * Parts of documents under keys of their own.
 *
 * @module
 */
import fc from "fast-check";
import { parseSettingsKey, USER_DOCUMENTS } from "../../domain/settings.ts";
import {
  isProjection,
  projectionsOf,
} from "../../domain/settings_projection.ts";
import { deepEqual, equal, throws } from "../support/assert.ts";

const ALL = parseSettingsKey("user:a.b@c:settings:all");
const DEFAULTS = parseSettingsKey("admin:defaults:all");
const TRADING = "user:a.b@c:settings:trading";
const NOTIFICATIONS = "user:a.b@c:settings:notifications";

Deno.test("members of a user's settings lie under keys of their own", () => {
  const json = '{"trading": {"b": 1.5, "a": [null]}, "other": 1}';
  deepEqual(projectionsOf({ key: ALL, json }), [
    { key: TRADING, json: '{"b":1.5,"a":[null]}' },
    { key: NOTIFICATIONS, json: undefined },
  ]);
});

Deno.test("the hash of the defaults lies under a key of its own", () => {
  deepEqual(projectionsOf({ key: DEFAULTS, json: '{"hash":"9f2c"}' }), [
    { key: "admin:defaults:hash", json: '"9f2c"' },
  ]);
});

Deno.test("a document that is gone, or no object, has no part", () => {
  const nothing = [
    { key: TRADING, json: undefined },
    { key: NOTIFICATIONS, json: undefined },
  ];
  deepEqual(projectionsOf({ key: ALL }), nothing);
  for (const json of ["null", "1", '"trading"', '["trading"]', "{", ""]) {
    deepEqual(projectionsOf({ key: ALL, json }), nothing);
  }
});

Deno.test("any member is read back as it is in the document", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const json = JSON.stringify({ notifications: value });
    const [trading, notifications] = projectionsOf({ key: ALL, json });
    equal(trading!.json, undefined);
    deepEqual(JSON.parse(notifications!.json!), JSON.parse(json).notifications);
  }));
});

Deno.test("other documents have no parts, and no part is a document", () => {
  for (const document of USER_DOCUMENTS.filter((d) => d !== "settings:all")) {
    const key = parseSettingsKey(`user:1:${document}`);
    deepEqual(projectionsOf({ key, json: '{"trading":1,"hash":1}' }), []);
  }
  for (const key of [ALL, DEFAULTS]) {
    equal(isProjection(key), false);
    for (const part of projectionsOf({ key })) {
      equal(isProjection(part.key), true);
      throws(() => parseSettingsKey(part.key), { name: "InvalidInput" });
    }
  }
});
