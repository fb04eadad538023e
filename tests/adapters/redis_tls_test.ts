/**
 * Redis by TLS: who is believed to be the server.
 *
 * @module
 */
import { equal, match, ok } from "../support/assert.ts";
import {
  createAuthority,
  type TestCertificate,
} from "../support/certificates.ts";
import { quietPort } from "../support/quiet_port.ts";
import {
  canStartRedis,
  openConnection,
  startRedis,
  until,
} from "../support/redis_world.ts";

/** A server that speaks TLS on a port of its own. */
async function startTls({ cert, key }: TestCertificate) {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "holdfast-redis-tls-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  await Deno.writeTextFile(`${folder}/cert.pem`, cert);
  await Deno.writeTextFile(`${folder}/key.pem`, key);
  const port = quietPort();
  const server = stack.use(
    await startRedis([
      ...["--tls-port", `${port}`, "--tls-auth-clients", "no"],
      ...["--tls-cert-file", `${folder}/cert.pem`],
      ...["--tls-key-file", `${folder}/key.pem`],
    ]),
  );
  const open = stack.move();
  return {
    port,
    cli: server.cli,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

if (await canStartRedis(import.meta.url)) {
  Deno.test("redis: rediss:// is TLS, and the server proves its name or number", async () => {
    const ours = await createAuthority("ours");
    await using server = await startTls(
      await ours.sign("localhost", "127.0.0.1"),
    );
    for (const host of ["localhost", "127.0.0.1"]) {
      const url = `rediss://${host}:${server.port}`;
      await using redis = openConnection({ url, ca: ours.cert });
      await until(redis, () => redis.isUp);
      const long = "x".repeat(100_000);
      await redis.send(["SET", "k", long]);
      equal(await redis.send(["GET", "k"]), long);
      equal(await server.cli("GET", "k"), long);
    }
  });

  Deno.test("redis: a server that cannot prove it is not used, and the fault says what to do", async () => {
    const [ours, others] = [
      await createAuthority("ours"),
      await createAuthority("others"),
    ];
    await using server = await startTls(await ours.sign("localhost"));
    const doubted = [
      { host: "localhost", ca: others.cert },
      { host: "localhost", ca: undefined },
      // A certificate for localhost says nothing of 127.0.0.1.
      { host: "127.0.0.1", ca: ours.cert },
    ];
    for (const { host, ca } of doubted) {
      const url = `rediss://:secret@${host}:${server.port}`;
      await using redis = openConnection({ url, ca });
      await until(redis, () => redis.fault?.includes("certificate") ?? false);
      match(redis.fault!, /its certificate is not believed \(.+REDIS_CA_PATH/);
      ok(!redis.isUp);
      ok(!redis.fault!.includes("secret"));
    }
    await using plain = openConnection({
      url: `redis://localhost:${server.port}`,
    });
    await until(plain, () => /lost|failed/.test(plain.fault ?? ""));
    ok(!plain.isUp);
  });
}
