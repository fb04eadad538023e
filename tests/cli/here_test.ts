/**
 * Where commands look for the service of their machine.
 *
 * @module
 */
import { urlHere } from "../../src/cli/here.ts";
import { equal } from "../support/assert.ts";

const PLACES: readonly [
  variables: Readonly<Record<string, string>>,
  url: string | undefined,
][] = [
  [{}, undefined],
  [{ HOST: "", PORT: "", TLS_CERT_PATH: "" }, undefined],
  [{ PORT: "9000" }, "http://127.0.0.1:9000"],
  [{ HOST: "0.0.0.0", PORT: "9000" }, "http://127.0.0.1:9000"],
  [{ HOST: "::", PORT: "9000" }, "http://127.0.0.1:9000"],
  [{ HOST: "10.0.0.7" }, "http://10.0.0.7:8080"],
  [{ HOST: "::1", PORT: "9000" }, "http://[::1]:9000"],
  [{ TLS_CERT_PATH: "cert.pem" }, "https://127.0.0.1:8080"],
  // Any free one: only the service knows which.
  [{ PORT: "0" }, undefined],
  [{ PORT: "http" }, undefined],
];

for (const [variables, url] of PLACES) {
  Deno.test(`cli: with ${JSON.stringify(variables)} the service is at ${url}`, () => {
    equal(urlHere((name) => variables[name]), url);
  });
}
