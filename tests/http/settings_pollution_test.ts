/**
 * Names that mean something to JavaScript are nothing but names in settings.
 *
 * @module
 */
import { deepEqual, equal, ok } from "../support/assert.ts";
import { openSettings, PATHS, PLACES } from "./settings_client.ts";

const SETTINGS = PATHS["settings:all"];
const SCALP = PATHS["mode:scalp"];
const NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "__defineGetter__",
  "hasOwnProperty",
];

/** Fails if some object has got what it should not have. */
function holdsNothingPolluted(): void {
  // deno-lint-ignore no-explicit-any
  const plain = {} as any;
  equal(plain.polluted, undefined);
  equal(plain.enabled, undefined);
  equal(Object.getPrototypeOf(plain), Object.prototype);
  deepEqual(Object.keys(Object.prototype), []);
  equal(typeof plain.toString, "function");
}

for (const name of NAMES) {
  const evil = `{"polluted":true,"enabled":false,"prototype":{"polluted":1}}`;

  Deno.test(`${name} is refused as a field, in every document and group`, async () => {
    const { get, harness } = openSettings();
    for (const [, path] of PLACES) {
      const { text, headers } = await get(path);
      const put = `{"${name}":${evil},${text.slice(1)}`;
      const patch = `{"${name}":${evil}}`;
      for (const [method, body] of [["PUT", put], ["PATCH", patch]] as const) {
        const { status, json } = await harness.send(method, path, { body });
        equal(status, 422, `${method} ${path}`);
        deepEqual(json.errors, [{
          path: name,
          message: "is not known here: check its spelling or leave it out",
        }]);
      }
      equal((await get(path)).headers.get("etag"), headers.get("etag"));
    }
    for (
      const [path, body, at] of [
        [SCALP, `{"sltp":{"${name}":${evil}}}`, `sltp.${name}`],
        [SETTINGS, `{"trading":{"${name}":{}}}`, `trading.${name}`],
        [`${SETTINGS}/trading`, `{"${name}":1}`, name],
      ] as const
    ) {
      const { status, json } = await harness.send("PATCH", path, { body });
      equal(status, 422, path);
      equal(json.errors[0].path, at);
    }
    holdsNothingPolluted();
  });

  Deno.test(`${name} is a name like any other under custom`, async () => {
    const { get, patch, put, post } = openSettings();
    const whole = (await get(SETTINGS)).text.slice(0, -1);
    const body = `${whole},"custom":{"${name}":${evil},"a":{"${name}":1}}}`;
    equal((await put(SETTINGS, body)).status, 200);
    equal((await get(SETTINGS)).text, body);

    const change =
      `{"custom":{"${name}":{"more":2},"a":{"${name}":null},"b":1}}`;
    equal((await patch(SETTINGS, change)).status, 200);
    const { text } = await get(SETTINGS);
    ok(
      text.endsWith(
        `,"custom":{"${name}":${evil.slice(0, -1)},"more":2},"a":{},"b":1}}`,
      ),
      text.slice(-200),
    );
    equal((await post("/api/user/settings/load-defaults")).status, 200);
    equal((await get(SETTINGS)).text, text);
    const gone = await patch(SETTINGS, `{"custom":{"${name}":null}}`);
    deepEqual(Object.keys(gone.json.custom), ["a", "b"]);
    holdsNothingPolluted();
  });

  Deno.test(`${name} is refused in the defaults`, async () => {
    const { get, put } = openSettings();
    const { text } = await get("/api/admin/defaults");
    const places: [body: string, path: string][] = [
      [`{"${name}":${evil},${text.slice(1)}`, name],
      [
        text.replace('"mode_configs":{', `$&"${name}":${evil},`),
        `mode_configs.${name}`,
      ],
      [
        text.replace('"sltp":{', `$&"${name}":1,`),
        `mode_configs.ultra.sltp.${name}`,
      ],
    ];
    for (const [body, path] of places) {
      const { status, json } = await put("/api/admin/defaults", body);
      equal(status, 422, path);
      equal(json.errors[0].path, path);
    }
    holdsNothingPolluted();
  });
}
