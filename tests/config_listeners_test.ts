/**
 * The configuration of the listeners, and of TLS.
 *
 * @module
 */
import { parseConfig } from "../src/config.ts";
import { asksNobody } from "../src/least_privilege.ts";
import { readAuthorities, readCertificate } from "../src/tls_files.ts";
import { VARIABLES } from "../src/variables.ts";
import { deepEqual, equal, rejects } from "./support/assert.ts";
import { needs } from "./support/needs.ts";
import { refusals } from "./support/refusals.ts";

Deno.test("the second listener has a port of its own", () => {
  equal(parseConfig({ ADMIN_PORT: "9090" }).adminPort, 9090);
  equal(parseConfig({ PORT: "0", ADMIN_PORT: "0" }).adminPort, 0);
  const same = [
    "Cannot use ADMIN_PORT as PORT is the same: set it to another one",
  ];
  deepEqual(refusals({ PORT: "9090", ADMIN_PORT: "9090" }), same);
  deepEqual(refusals({ ADMIN_PORT: "8080" }), same);
});

Deno.test("a certificate goes with its key", () => {
  deepEqual(refusals({ TLS_CERT_PATH: "/c" }), [
    "Cannot use TLS_CERT_PATH as TLS_KEY_PATH is not set: set both for TLS, or neither",
  ]);
  deepEqual(refusals({ TLS_KEY_PATH: "/k" }), [
    "Cannot use TLS_KEY_PATH as TLS_CERT_PATH is not set: set both for TLS, or neither",
  ]);
});

Deno.test("authorities are named for servers that are asked by TLS", () => {
  const plain = [
    "Cannot use REDIS_CA_PATH as Redis is not asked by TLS: set REDIS_URL to one that begins with rediss://",
  ];
  const REDIS_CA_PATH = "/ca";
  deepEqual(refusals({ REDIS_CA_PATH, REDIS_URL: "redis://h" }), plain);
  deepEqual(refusals({ REDIS_CA_PATH, REDIS_ENABLED: "true" }), plain);
  deepEqual(refusals({ REDIS_CA_PATH }), plain);
  deepEqual(refusals({ DATABASE_CA_PATH: "/ca" }), [
    "Cannot use DATABASE_CA_PATH as DATABASE_URL is not set: set it, or unset both",
  ]);
});

Deno.test("only a service that no variable sends to others gives up the network", () => {
  equal(asksNobody(parseConfig()), true);
  const urls = Object.keys(VARIABLES).filter((name) => /_URL$/.test(name));
  equal(urls.length, 4);
  for (const name of urls) {
    const schemes: Record<string, string> = {
      DATABASE_URL: "postgres",
      REDIS_URL: "redis",
    };
    const url = `${schemes[name] ?? "http"}://elsewhere`;
    equal(asksNobody(parseConfig({ [name]: url })), false, name);
  }
  equal(asksNobody(parseConfig({ REDIS_ENABLED: "true" })), false);
});

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("a file of TLS that cannot be read is told of, by variable and path", async () => {
    const folder = await Deno.makeTempDir({ prefix: "holdfast-tls-" });
    const [empty, gone] = [`${folder}/empty.pem`, `${folder}/gone.pem`];
    await Deno.writeTextFile(empty, "");
    const none = {
      certPath: undefined,
      keyPath: undefined,
      databaseCaPath: undefined,
      redisCaPath: undefined,
    };
    try {
      equal(await readCertificate(none), undefined);
      deepEqual(await readAuthorities(none), {
        database: undefined,
        redis: undefined,
      });
      const without = (reason: RegExp) => ({
        name: "ConfigError",
        message: reason,
      });
      await rejects(
        readCertificate({ ...none, certPath: gone, keyPath: empty }),
        without(/^Cannot read TLS_CERT_PATH \S+gone\.pem: No such file/),
      );
      await rejects(
        readCertificate({ ...none, certPath: empty, keyPath: gone }),
        without(/^Cannot read TLS_KEY_PATH \S+gone\.pem: No such file/),
      );
      await rejects(
        readAuthorities({ ...none, redisCaPath: gone }),
        without(/^Cannot read REDIS_CA_PATH \S+gone\.pem: No such file/),
      );
      await rejects(
        readAuthorities({ ...none, databaseCaPath: empty }),
        without(
          /^Cannot use DATABASE_CA_PATH \S+empty\.pem as it holds no certificate: it must be PEM/,
        ),
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
