/**
 * The command line that needs no service, as processes beside real ones.
 *
 * @module
 */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createAuthority } from "../support/certificates.ts";
import { runHoldfast } from "../support/cli_process.ts";
import { needs } from "../support/needs.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { quietPort } from "../support/quiet_port.ts";
import { canStartRedis, startRedis } from "../support/redis_world.ts";
import { requireService } from "../support/services.ts";
import { startService } from "../support/service_process.ts";
import { openTcpProxy } from "../support/tcp_proxy.ts";

interface Found {
  readonly check: string;
  readonly level: string;
  readonly says: string;
  readonly mend?: string;
}

/** What the doctor finds, by what it looked at; the worst of each. */
async function examined(env: Record<string, string>, ...args: string[]) {
  const { code, out, err } = await runHoldfast(
    ["doctor", "--json", ...args],
    { PORT: "0", ...env },
  );
  equal(err, "");
  const { ok, findings } = JSON.parse(out) as {
    ok: boolean;
    findings: Found[];
  };
  equal(ok, code === 0);
  const failed = findings.filter(({ level }) => level === "fail");
  const of = (check: string) => findings.find((one) => one.check === check);
  return { code, out, findings, failed, of };
}

if (await needs(import.meta.url, ["read", "write", "run", "env", "net"])) {
  Deno.test("holdfast doctor: all is well with the defaults, and beside a running service", async () => {
    const dir = await Deno.makeTempDir();
    const fresh = await examined({ DATA_DIR: `${dir}/new` });
    equal(fresh.code, 0, fresh.out);
    match(fresh.of("disk")!.says, /MiB are free$/);

    const port = `${quietPort()}`;
    const env = { DATA_DIR: dir, PORT: port };
    await using service = await startService(env);
    const beside = await examined(env);
    equal(beside.code, 0, beside.out);
    match(beside.of("port")!.says, /^a running Holdfast listens at/);
    match(beside.of("database")!.says, /opens: SQLite/);
    await (await fetch(`${service.url}/health/ready`)).json();
    await Deno.remove(dir, { recursive: true });
  });

  Deno.test("holdfast doctor: whatever is wrong is told, each with what mends it", async () => {
    const dir = await Deno.makeTempDir();
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const taken = (async () => {
      for await (const connection of listener) connection.close();
    })();
    await Deno.writeTextFile(`${dir}/holdfast.db`, "no database".repeat(500));
    const { port } = listener.addr as Deno.NetAddr;
    const { code, failed, of } = await examined({
      DATA_DIR: dir,
      PORT: `${port}`,
      MODEL_PATH: `${dir}/no_model`,
      MARKET_DATA_DIR: `${dir}/no_bars`,
    });
    listener.close();
    await taken;
    equal(code, 1);
    for (const check of ["port", "database"]) {
      ok(failed.some((one) => one.check === check && one.mend), check);
    }
    for (const check of ["model", "market data"]) {
      equal(of(check)!.level, "warn", check);
    }
    await Deno.remove(dir, { recursive: true });
  });

  Deno.test("holdfast doctor: a certificate that a service could not use is told", async () => {
    const dir = await Deno.makeTempDir();
    const [TLS_CERT_PATH, TLS_KEY_PATH] = [`${dir}/cert.pem`, `${dir}/key.pem`];
    const { cert, key } = await (await createAuthority("ours")).sign("here");
    await Deno.writeTextFile(TLS_CERT_PATH, cert);
    await Deno.writeTextFile(TLS_KEY_PATH, key);
    const env = { DATA_DIR: `${dir}/data`, TLS_CERT_PATH, TLS_KEY_PATH };
    equal((await examined(env)).of("tls")!.level, "ok");
    await Deno.writeTextFile(TLS_KEY_PATH, cert);
    const { code, of } = await examined(env);
    equal(code, 1);
    match(of("tls")!.says, /TLS_KEY_PATH holds no private key/);
    ok(of("tls")!.mend);
    await Deno.remove(dir, { recursive: true });
  });

  Deno.test("holdfast doctor: a wrong configuration ends with 2 and a finding a variable", async () => {
    const { code, failed } = await examined({ PORT: "x", STORE: "sqllite" });
    equal(code, 2);
    equal(failed.length, 2);
    for (const name of ["PORT", "STORE"]) {
      ok(failed.some(({ says }) => says.startsWith(`Cannot use ${name} as`)));
    }
  });

  Deno.test("holdfast backup and restore: beside a service, and not under one", async () => {
    const dir = await Deno.makeTempDir();
    const env = { DATA_DIR: dir };
    const file = `${dir}/backup`;
    const number = async (url: string) => {
      const answer = await fetch(`${url}/api/orders/sequence`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: '{"day":"20260102","count":1}',
      });
      return (await answer.json()).first as number;
    };
    let last: number;
    {
      await using service = await startService(env);
      await number(service.url);
      const written = await runHoldfast(["backup", file], env);
      equal(written.code, 0, written.err);
      last = await number(service.url);
      const refused = await runHoldfast(["restore", file, "--yes"], env);
      equal(refused.code, 1);
      match(refused.err, /as a service has it open: stop it first$/m);
      equal(await number(service.url), ++last, "it has noticed nothing");
    }
    const unsure = await runHoldfast(["restore", file], env);
    equal(unsure.code, 2);
    const restored = await runHoldfast(["restore", file, "--yes"], env);
    equal(restored.code, 0, restored.err);
    const { epoch } = JSON.parse(restored.out);
    const nowhere = { DATA_DIR: `${dir}/typo` };
    const epochOf = ["restore", "--new-epoch", "--yes"];
    const mistaken = await runHoldfast(epochOf, nowhere);
    equal(mistaken.code, 1);
    match(mistaken.err, /typo\/holdfast.db is not there/);
    await Deno.mkdir(nowhere.DATA_DIR);
    equal((await runHoldfast(epochOf, nowhere)).code, 1);
    deepEqual(await Array.fromAsync(Deno.readDir(nowhere.DATA_DIR)), []);

    await using service = await startService(env);
    const page = await (await fetch(`${service.url}/api/v1/events`)).json();
    equal(page.epoch, epoch);
    ok(await number(service.url) > last, "never twice");
    await Deno.remove(dir, { recursive: true });
  });
}

const url = await requireService(import.meta.url, "postgres");

if (url && await canStartRedis(import.meta.url)) {
  Deno.test("holdfast doctor: servers that hang cost two seconds at most, and are named", async () => {
    await using redis = await startRedis();
    const { hostname, port } = new URL(url);
    await using proxy = await openTcpProxy({
      hostname,
      port: Number(port || 5432),
    });
    const through = new URL(url);
    through.port = `${proxy.port}`;
    proxy.toClient.blackhole();
    redis.signal("SIGSTOP");
    const began = performance.now();
    const { code, failed, out } = await examined({
      DATABASE_URL: through.href,
      REDIS_URL: redis.url,
    });
    const tookMs = performance.now() - began;
    redis.signal("SIGCONT");
    equal(code, 1);
    for (const check of ["database", "redis"]) {
      ok(failed.some((one) => one.check === check), out);
    }
    // Starting the program is in it, on whatever machine this is.
    ok(tookMs < 15_000, `${tookMs} ms`);
  });

  Deno.test("holdfast migrate: an empty schema is made, a newer one refused", async () => {
    await using schema = await makeSchema(url);
    const env = { DATABASE_URL: schema.url };
    const status = async () =>
      JSON.parse((await runHoldfast(["migrate", "status"], env)).out).state;
    equal(await status(), "absent");
    const { code, out } = await runHoldfast(["migrate", "up"], env);
    equal(code, 0);
    equal(JSON.parse(out).applied[0], "0001_state");
    equal(await status(), "current");
    await schema.psql`INSERT INTO schema_migration VALUES (99, 'x', 'y', 0)`;
    const newer = await runHoldfast(["migrate", "up"], env);
    equal(newer.code, 1);
    match(newer.err, /as a newer program made it/);
    ok(!newer.err.includes("\n    at "), "a sentence, and no stack");
  });

  Deno.test("holdfast doctor --take-over: the Redis of one database serves another, and the first goes on without", async () => {
    await using redis = await startRedis();
    await using one = await makeSchema(url);
    await using two = await makeSchema(url);
    const envOf = (database: string) => ({
      DATABASE_URL: database,
      REDIS_URL: redis.url,
    });
    const modeOf = async (service: string) =>
      (await (await fetch(`${service}/health`)).json()).mode;
    const untilMode = async (service: string, wanted: string) => {
      const over = performance.now() + 15_000;
      while (await modeOf(service) !== wanted) {
        ok(performance.now() < over, `it is not ${wanted}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const stopLoss = "/api/futures/ginie/modes/scalp";
    {
      await using service = await startService(envOf(one.url));
      await untilMode(service.url, "normal");
      await (await fetch(service.url + stopLoss)).body?.cancel();
    }
    equal((await runHoldfast(["migrate", "up"], envOf(two.url))).code, 0);
    const before = await examined(envOf(two.url));
    equal(before.code, 1);
    equal(before.of("redis follows")!.says, "another database");
    match(before.of("redis follows")!.mend!, /--take-over$/);

    const args = ["doctor", "--take-over"];
    equal((await runHoldfast(args, envOf(two.url))).code, 2, "not unasked");
    const taken = await runHoldfast([...args, "--yes"], envOf(two.url));
    equal(taken.code, 0, taken.err);
    equal(JSON.parse(taken.out).taken_over, true);
    const after = await examined(envOf(two.url));
    equal(after.of("redis follows")!.says, "this database");

    await using service = await startService(envOf(two.url));
    await untilMode(service.url, "normal");
    await using other = await startService(envOf(one.url));
    equal(await modeOf(other.url), "degraded");
    const served = await fetch(other.url + stopLoss);
    equal(served.status, 200, await served.text());
    equal(await modeOf(service.url), "normal");
  });
}
