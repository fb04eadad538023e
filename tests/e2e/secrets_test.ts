/**
 * Secrets stay secret: in logs, answers, metrics and documents, whatever goes
 * wrong.
 *
 * @module
 */
import { equal, ok, rejects } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { createRedis, findRedis } from "../support/redis_server.ts";
import {
  ServiceEnded,
  type ServiceProcess,
  startService,
} from "../support/service_process.ts";
import { requireService } from "../support/services.ts";

/** A text that nobody makes up twice. */
const draw = (name: string) => `${name}-${crypto.randomUUID()}`;

const SERVICE_KEY = `hf_${"s".repeat(12)}_${"Zz9-".repeat(10)}Zz9`;

/** The part of a key that is a secret; who it is may be told. */
const secretOf = (key: string) => key.slice("hf_".length + 13);

/** The names of the secrets that are in `text`, in any case. */
function leaksIn(
  text: string,
  secrets: Readonly<Record<string, string>>,
): string[] {
  const low = text.toLowerCase();
  return Object.keys(secrets).filter((name) =>
    low.includes(secrets[name]!.toLowerCase())
  );
}

/** Everything that an answer says, its head included. */
async function answerOf(url: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, init);
  const head = [...response.headers].map(([name, value]) =>
    `${name}: ${value}`
  );
  return [response.status, ...head, "", await response.text()].join("\n");
}

/** Requests that have `key` where none belongs; a few are sent with `admin`. */
function oddRequests(
  key: string,
  admin: string,
): readonly [path: string, init?: RequestInit][] {
  const asAdmin = { Authorization: `Bearer ${admin}` };
  const settings = "/api/user/settings";
  const headers = (more: Record<string, string>) => ({ headers: more });
  const post = (body: unknown) => ({
    method: "POST",
    headers: asAdmin,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return [
    [`/${key}`],
    [`/api/${key}`, headers(asAdmin)],
    [`/${"a".repeat(90)}/${key}`],
    [`${settings}?api_key=${key}`],
    [`${settings}?token=${key}`, headers(asAdmin)],
    [`/api/v1/features/${key}/2025-01-16`, headers(asAdmin)],
    [`/api/v1/orders/${key}`, headers(asAdmin)],
    [`/api/v1/events/groups/${key}`, headers(asAdmin)],
    [`/api/v1/events?channel=${key}`, headers(asAdmin)],
    [`/api/v1/events?after=${key}`, headers(asAdmin)],
    [`/api/admin/api-keys/${key}/rotate`, post({})],
    [settings, headers({ Authorization: key })],
    [settings, headers({ Authorization: `Basic ${key}` })],
    [settings, headers({ Authorization: `Bearer ${key}x` })],
    [settings, headers({ Authorization: `Bearer ${key.slice(0, -1)}` })],
    [settings, headers({ "X-Api-Key": `${key.slice(0, -1)}!` })],
    [settings, headers({ Cookie: `key=${key}` })],
    [settings, headers({ ...asAdmin, "X-User-Id": key })],
    [settings, headers({ ...asAdmin, "X-Request-Id": key })],
    [settings, headers({ ...asAdmin, "If-None-Match": key })],
    ["/api/v1/events/stream", headers({ ...asAdmin, "Last-Event-ID": key })],
    [settings, {
      method: "PUT",
      headers: asAdmin,
      body: `{"${key}":"${key}"}`,
    }],
    [settings, { method: "PUT", headers: asAdmin, body: key }],
    ["/api/v1/events", post({ event_type: key, data: {} })],
    ["/api/v1/signals/generate", post({ symbols: [key] })],
    ["/api/orders/sequence", post({ day: key })],
    ["/api/admin/adapters/feature_store", {
      method: "PUT",
      headers: asAdmin,
      body: JSON.stringify({ adapter: key }),
    }],
  ];
}

async function newKey(
  { url }: ServiceProcess,
  path: string,
  admin: string,
  body: unknown,
): Promise<{ id: string; key: string }> {
  const response = await fetch(`${url}/api/admin/api-keys${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${admin}` },
    body: JSON.stringify(body),
  });
  ok(response.ok, `${response.status}`);
  return await response.json();
}

const database = await requireService(import.meta.url, "postgres");
const permissions = ["read", "write", "run", "net", "env"] as const;
const redisServer = await findRedis();

if (
  database !== undefined && redisServer !== undefined &&
  await needs(import.meta.url, permissions)
) {
  Deno.test("e2e: no secret is told, however oddly it is sent and whatever fails", async () => {
    const redisPassword = draw("redis");
    const AUTH_SECRET = draw("auth");
    await using schema = await makeSchema(database);
    await using redis = await createRedis(redisServer, {
      config: ["--requirepass", redisPassword],
    });
    await redis.start();
    await using service = await startService({
      AUTH: "keys",
      AUTH_SECRET,
      SERVICE_KEY,
      DATABASE_URL: schema.url,
      REDIS_URL: `redis://:${redisPassword}@127.0.0.1:${redis.port}`,
      EXECUTION_GATEWAY_URL: "http://127.0.0.1:9",
      LOG_LEVEL: "debug",
      ADMIN_PORT: "0",
    });
    const printed = service.said.join("\n");
    const [first] = /hf_[a-z0-9]{12}_[\w-]{43}/.exec(printed)!;
    const weak = await newKey(service, "", first, {
      name: "weak",
      scopes: ["read"],
      user: "42",
    });
    const rotated = await newKey(service, `/${weak.id}/rotate`, first, {});
    const databasePassword = decodeURIComponent(new URL(database).password);
    const secrets = {
      databasePassword,
      redisPassword,
      AUTH_SECRET,
      SERVICE_KEY: secretOf(SERVICE_KEY),
      first: secretOf(first),
      weak: secretOf(weak.key),
      rotated: secretOf(rotated.key),
    };
    for (const [name, secret] of Object.entries(secrets)) {
      ok(secret.length > 20, name);
    }
    // What is looked for is found where it does stand.
    equal(`${leaksIn(printed.toUpperCase(), secrets)}`, "first");

    const answers: string[] = [];
    const ask = async (path: string, init?: RequestInit) => {
      const answer = await answerOf(service.url + path, init);
      answers.push(answer);
      const leaks = leaksIn(answer, secrets);
      equal(leaks.length, 0, `${path} tells ${leaks}: ${answer}`);
    };
    for (const key of [first, weak.key, rotated.key, SERVICE_KEY]) {
      for (const [path, init] of oddRequests(key, first)) await ask(path, init);
    }
    const withKey = (key: string) => ({
      headers: { Authorization: `Bearer ${key}` },
    });
    await ask("/api/admin/api-keys", withKey(first));
    await ask("/api/admin/api-keys", withKey(rotated.key));
    await ask("/api/user/settings", withKey(weak.key));
    await redis.stop();
    for (const path of ["/openapi.json", "/asyncapi.json", "/docs"]) {
      await ask(path);
    }
    for (const path of ["/health", "/health/ready", "/metrics"]) {
      await ask(path, withKey(first));
      const admin = await answerOf(service.adminUrl! + path);
      equal(leaksIn(admin, secrets).length, 0, path);
    }
    const statuses = new Set(answers.map((answer) => answer.slice(0, 3)));
    for (const status of ["200", "400", "401", "403", "404"]) {
      ok(statuses.has(status), `no answer was ${status}`);
    }
    await service.end("SIGTERM");
    ok(service.log.length > 100);
    for (const line of service.log) {
      equal(`${leaksIn(line, secrets)}`, "", line);
    }
  });

  Deno.test("e2e: passwords that servers refuse are not told", async () => {
    const secrets = { database: draw("database"), redis: draw("redis") };
    const wrong = new URL(database);
    wrong.password = secrets.database;
    await using redis = await createRedis(redisServer, {
      config: ["--requirepass", draw("right")],
    });
    await redis.start();
    await using service = await startService({
      DATABASE_URL: wrong.href,
      REDIS_URL: `redis://ann:${secrets.redis}@127.0.0.1:${redis.port}`,
      LOG_LEVEL: "debug",
    });
    let health = "";
    while (!/password/.test(health)) {
      health = await answerOf(`${service.url}/health`);
    }
    const settings = await answerOf(`${service.url}/api/user/settings`);
    for (const text of [health, settings]) {
      equal(`${leaksIn(text, secrets)}`, "", text);
    }
    await service.end("SIGTERM");
    ok(service.log.some((line) => /refuses the password/.test(line)));
    equal(`${leaksIn(service.log.join("\n"), secrets)}`, "");
  });

  Deno.test("e2e: a configuration that is refused is not repeated where it may hold a secret", async () => {
    const secret = draw("x");
    const refused: [Record<string, string>, ...string[]][] = [
      [{ DATABASE_URL: `postgres:/u:${secret}@h/d` }],
      [{ DATABASE_URL: `postgres://u:${secret}@h:port/d` }],
      [{ DATABASE_URL: `postgres://u:${secret}@h/d?sslmode=none` }],
      [{ REDIS_URL: `http://u:${secret}@h` }],
      [{ REDIS_URL: `redis://u:${secret}@h/x` }],
      [{ REDIS_PASSWORD: secret }],
      [{ AUTH: "keys", AUTH_SECRET: secret.slice(0, 30) }],
      [{ SERVICE_KEY: secret }],
      [{ SIGNAL_SERVICE_URL: `http://u:${secret}@h` }],
      [{}, `--database-url=postgres:/u:${secret}@h`],
      [{}, `--databse-url=postgres://u:${secret}@h/d`],
      [{}, "serve", `postgres://u:${secret}@h/d`],
      [{ ADMIN_PORT: "many" }, "--auth-secret", secret],
    ];
    const folder = await Deno.makeTempDir({ prefix: "holdfast-secrets-" });
    try {
      await Promise.all(refused.map(async ([env, ...args]) => {
        const how = JSON.stringify([env, args]);
        const start = startService({ DATA_DIR: folder, ...env }, args);
        await rejects(start, (error: Error) => {
          ok(error instanceof ServiceEnded, how);
          ok(!error.message.includes(secret.slice(0, 30)), error.message);
          return true;
        });
      }));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
