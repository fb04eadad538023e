/**
 * API keys as their users meet them: the service as a process, asked over the
 * network, by the command line, and by its other roles.
 *
 * @module
 */
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import {
  ServiceEnded,
  type ServiceProcess,
  startService,
} from "../support/service_process.ts";

const SETTINGS = "/api/user/settings";
const KEYS = "/api/admin/api-keys";
const FIRST =
  /^holdfast first API key, shown this once, scope admin: (hf_[a-z0-9]{12}_[\w-]{43})$/;

/** How soon other instances must hear that a key is revoked. */
const WITHIN_MS = 5000;

const canRun = await needs(import.meta.url, [
  "read",
  "write",
  "run",
  "net",
  "env",
]);

function test(name: string, work: (dir: string) => Promise<void>): void {
  if (!canRun) return;
  Deno.test(name, async () => {
    const dir = await Deno.makeTempDir({ prefix: "holdfast-keys-" });
    try {
      await work(dir);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

test("on all addresses the first key is told once, and everybody needs one", async (dir) => {
  const env = { HOST: "0.0.0.0", DATA_DIR: dir, LOG_LEVEL: "debug" };
  let root: string;
  let ann: string;
  {
    await using service = await startService(env);
    root = firstKeyOf(service)!;
    equal((await ask(service, undefined, "GET", SETTINGS)).status, 401);
    equal((await ask(service, undefined, "GET", "/metrics")).status, 401);
    equal((await ask(service, undefined, "GET", "/health")).status, 200);
    equal((await ask(service, root, "GET", "/metrics")).status, 200);

    const created = await holdfast(service, root, [
      ...["keys", "create", "ann's bot", "--scopes", "read,write"],
      ...["--of", "ann"],
    ]);
    equal(created.code, 0, created.err);
    ann = JSON.parse(created.out).key;
    equal((await ask(service, ann, "GET", SETTINGS)).status, 200);
    const list = await holdfast(service, root, ["keys", "list", "--json"]);
    const keys = list.out.trim().split("\n").map((line) => JSON.parse(line));
    deepEqual(keys.map(({ name }) => name).sort(), ["ann's bot", "first key"]);

    const refused = await holdfast(service, ann, ["keys", "list"]);
    equal(refused.code, 1);
    match(refused.err, /lacks the scope admin/);
    for (const key of [root, ann]) {
      const secret = key.slice(16);
      ok(!service.log.join("\n").includes(secret));
    }
  }
  await using service = await startService({ ...env, LOG_LEVEL: "warn" });
  equal(firstKeyOf(service), undefined);
  equal((await ask(service, ann, "GET", SETTINGS)).status, 200);

  // What was opened with a key ends with it.
  const id = ann.slice(3, 15);
  const events = await fetch(`${service.url}/api/v1/events/stream`, {
    headers: { authorization: `Bearer ${ann}` },
  });
  const socket = new WebSocket(
    `${service.url.replace("http", "ws")}/api/v1/events/ws`,
    // Deno sends them; browsers cannot, and their types say so.
    { headers: { authorization: `Bearer ${ann}` } } as unknown as string[],
  );
  const closed = new Promise<CloseEvent>((resolve) =>
    socket.onclose = (event) => resolve(event as CloseEvent)
  );
  await new Promise((resolve) => socket.onopen = resolve);
  socket.send('{"type":"subscribe"}');
  const rotated = await holdfast(service, root, ["keys", "rotate", id]);
  const next = JSON.parse(rotated.out).key;
  equal((await ask(service, ann, "GET", SETTINGS)).status, 401);
  equal((await ask(service, next, "GET", SETTINGS)).status, 200);
  await events.text();
  const { code, reason } = await closed;
  deepEqual([code, reason.slice(0, 40)], [
    1008,
    "Cannot go on as the API key is not good ",
  ]);
  const revoked = await holdfast(service, root, [
    "keys",
    "revoke",
    id,
    "--yes",
  ]);
  equal(revoked.code, 0, revoked.err);
  equal((await ask(service, next, "GET", SETTINGS)).status, 401);
});

test("a start that finds a port taken makes no key, which nobody might see: the next one tells it", async (dir) => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const env = { AUTH: "keys", DATA_DIR: dir };
  for (const name of ["PORT", "ADMIN_PORT"]) {
    const start = startService({ ...env, [name]: `${taken.addr.port}` });
    await rejects(start, (error: Error) => {
      ok(error instanceof ServiceEnded);
      match(error.message, new RegExp(`in use: set ${name} to another`));
      return true;
    });
  }
  await using service = await startService(env);
  ok(firstKeyOf(service));
});

test("of two that start on one empty database one tells a first key, and a revoked key ends on both", async (DATA_DIR) => {
  const env = { DATA_DIR, AUTH: "keys" };
  const started = await Promise.all([startService(env), startService(env)]);
  await using one = started[0];
  await using other = started[1];
  const told = [one, other].flatMap((service) => firstKeyOf(service) ?? []);
  equal(told.length, 1);
  const root = told[0]!;
  const wanted = { name: "bot", scopes: ["read"], user: "ann" };
  const { body } = await ask(one, root, "POST", KEYS, wanted);
  // Known to the other one as soon as it is made.
  equal((await ask(other, body.key, "GET", SETTINGS)).status, 200);
  const stream = await fetch(`${other.url}/api/v1/events/stream`, {
    headers: { authorization: `Bearer ${body.key}` },
  });
  const began = performance.now();
  equal((await ask(one, root, "DELETE", `${KEYS}/${body.id}`)).status, 204);
  equal((await ask(one, body.key, "GET", SETTINGS)).status, 401);
  await stream.text();
  equal((await ask(other, body.key, "GET", SETTINGS)).status, 401);
  ok(performance.now() - began < WITHIN_MS);
});

test("AUTH=off is refused where other machines can reach the service", async (DATA_DIR) => {
  const env = { DATA_DIR, AUTH: "off", HOST: "0.0.0.0" };
  const error = await startService(env).then(
    () => undefined,
    (error: unknown) => error,
  );
  ok(error instanceof ServiceEnded);
  equal(error.code, 2);
  match(
    error.message,
    /^Cannot use AUTH=off as other machines can reach HOST 0\.0\.0\.0: unset AUTH, so that callers need API keys, or set HOST=127\.0\.0\.1$/,
  );
  await rejects(startService({ DATA_DIR, SERVICE_KEY: "hf_secret" }), {
    message:
      /^Cannot use SERVICE_KEY as it must be .*: current value is not shown$/,
  });
});

test("roles let each other in by SERVICE_KEY, and act for whoever asks", async (DATA_DIR) => {
  const env = { DATA_DIR, AUTH: "keys" };
  await using signals = await startService({ ...env, ROLE: "signal-service" });
  const root = firstKeyOf(signals)!;
  await using gateway = await startService({
    ...env,
    ROLE: "execution-gateway",
  });
  const urls = {
    SIGNAL_SERVICE_URL: signals.url,
    EXECUTION_GATEWAY_URL: gateway.url,
  };
  const orchestrator = { ...env, ...urls, ROLE: "orchestrator" };
  const wanted = { name: "ann", scopes: ["read", "trade"], user: "ann" };
  const { body: { key: ann } } = await ask(signals, root, "POST", KEYS, wanted);
  const request = {
    symbols: ["SYNA", "SYNB", "SYNC", "SYND"],
    as_of_date: "2025-01-16",
    top_n: 2,
    bottom_n: 2,
  };
  const RUN = "/api/v1/orchestration/run";
  {
    await using shut = await startService(orchestrator);
    const { status, body } = await ask(shut, ann, "POST", RUN, request);
    equal(status, 503);
    match(body.detail, /does not let this process in: set SERVICE_KEY/);
  }
  await using open = await startService({ ...orchestrator, SERVICE_KEY: root });
  const { status, body: run } = await ask(open, ann, "POST", RUN, request);
  equal(status, 200, JSON.stringify(run));
  equal(run.num_orders_filled, 4);
  const { body: hers } = await ask(gateway, ann, "GET", "/api/v1/orders");
  equal(hers.orders.length, 4);
  const { body: his } = await ask(gateway, root, "GET", "/api/v1/orders");
  deepEqual(his.orders, []);
});

function firstKeyOf({ said }: ServiceProcess): string | undefined {
  return said.flatMap((line) => FIRST.exec(line)?.[1] ?? [])[0];
}

async function ask(
  { url }: ServiceProcess,
  key: string | undefined,
  method: string,
  path: string,
  body?: unknown,
  // deno-lint-ignore no-explicit-any
): Promise<{ readonly status: number; readonly body: any }> {
  const response = await fetch(url + path, {
    method,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  return {
    status: response.status,
    body: isJson ? JSON.parse(text) : text,
  };
}

/** Runs the command line with `key`. */
async function holdfast(
  { url }: ServiceProcess,
  key: string,
  args: readonly string[],
): Promise<
  { readonly code: number; readonly out: string; readonly err: string }
> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", "src/main.ts", ...args],
    env: { HOLDFAST_URL: url, HOLDFAST_KEY: key },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}
