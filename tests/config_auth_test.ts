/**
 * Who may call: what configuration says of it.
 *
 * @module
 */
import { parseConfig } from "../src/config.ts";
import { deepEqual, equal } from "./support/assert.ts";
import { refusals } from "./support/refusals.ts";

Deno.test("callers need keys unless only this machine can reach the service", () => {
  for (const HOST of ["127.0.0.1", "127.9.9.9", "localhost", "::1"]) {
    equal(parseConfig({ HOST }).auth, "off");
    equal(parseConfig({ HOST, AUTH: "off" }).auth, "off");
    equal(parseConfig({ HOST, AUTH: "keys" }).auth, "keys");
  }
  for (const HOST of ["0.0.0.0", "::", "10.0.0.7", "trade.example"]) {
    equal(parseConfig({ HOST }).auth, "keys");
    deepEqual(refusals({ HOST, AUTH: "off" }), [
      `Cannot use AUTH=off as other machines can reach HOST ${HOST}: unset AUTH, so that callers need API keys, or set HOST=127.0.0.1`,
    ]);
  }
});

Deno.test("a secret that is wrong is not shown", () => {
  deepEqual(refusals({ AUTH_SECRET: "hunter2", SERVICE_KEY: "hf_hunter2" }), [
    "Cannot use AUTH_SECRET as it must have 32 characters or more: current value is not shown",
    "Cannot use SERVICE_KEY as it must be an API key such as hf_<id>_<secret>: current value is not shown",
  ]);
});
