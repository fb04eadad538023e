/**
 * The service as its users meet it: started, asked, killed, stopped.
 *
 * @module
 */
import ranking from "../golden/lightgbm/ranking.json" with { type: "json" };
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { userSettings } from "../support/default_documents.ts";
import { needs } from "../support/needs.ts";
import { ServiceEnded, startService } from "../support/service_process.ts";

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("e2e: bars go in, signals come out, and the log tells of them", async () => {
    await using world = await folder();
    await using service = await startService({ DATA_DIR: world.path });
    const run = await post(service.url, "/api/v1/signals/generate", {
      symbols: ["syna", "SYNB", "SYNC", "SYND", "SYNT"],
      as_of_date: ranking.date,
      top_n: 1,
      bottom_n: 2,
    });
    equal(run.status, 200);
    const { signals, metadata } = run.body;
    deepEqual(
      signals.map((s: Ranked) => [s.symbol, s.rank, s.target_weight]),
      ranking.desc.map((
        symbol,
        i,
      ) => [symbol, i + 1, [1, 0, 0, -0.5, -0.5][i]]),
    );
    deepEqual(
      Object.fromEntries(signals.map((s: Ranked) => [s.symbol, s.score])),
      ranking.scores,
    );

    const page = await get(service.url, "/api/v1/events?after=0");
    equal(page.body.events.length, 1);
    const [event] = page.body.events;
    equal(event.event_type, "signals.generated");
    equal(event.id, metadata.event.id);
    deepEqual(event.data.symbols, ranking.desc);
  });

  Deno.test("e2e: kill -9 in the middle of 1000 publishes loses no acknowledged event", async () => {
    await using world = await folder();
    for (let round = 0; round < 3; round++) {
      const acknowledged = new Map<string, number>();
      {
        await using service = await startService({ DATA_DIR: world.path });
        let answers = 0;
        const killed = Promise.withResolvers<void>();
        const publish = async () => {
          const id = crypto.randomUUID();
          try {
            const { status, body } = await post(service.url, "/api/v1/events", {
              id,
              event_type: "setup.received",
              data: SETUP,
            });
            if (status === 201) acknowledged.set(id, body.position);
          } catch {
            return; // cut off: not acknowledged
          }
          if (++answers === 200 + 150 * round) {
            await service.end("SIGKILL");
            killed.resolve();
          }
        };
        const publishers = Array.from({ length: 50 }, async () => {
          for (let i = 0; i < 20; i++) await publish();
        });
        await killed.promise;
        await Promise.all(publishers);
        ok(acknowledged.size >= 200 && acknowledged.size < 1000);
      }
      await using service = await startService({ DATA_DIR: world.path });
      const stored = await readLog(service.url);
      deepEqual(stored.map((e) => e.position), stored.map((_, i) => i + 1));
      const byId = new Map(stored.map((e) => [e.id, e.position]));
      for (const [id, position] of acknowledged) equal(byId.get(id), position);
    }
  });

  Deno.test("e2e: settings, numbers and events survive a restart", async () => {
    await using world = await folder();
    {
      await using service = await startService({ DATA_DIR: world.path });
      await put(service.url, "/api/user/settings", SETTINGS);
      const numbers = { day: "20260105", count: 5 };
      await post(service.url, "/api/orders/sequence", numbers);
    }
    await using service = await startService({ DATA_DIR: world.path });
    const settings = await get(service.url, "/api/user/settings");
    deepEqual(settings.body, SETTINGS);
    const next = await post(service.url, "/api/orders/sequence", {
      day: "20260105",
    });
    equal(next.body.first, 6);
    equal((await readLog(service.url)).length, 1);
  });

  Deno.test("e2e: new users get what the defaults file says, and a sync keeps what was before", async () => {
    await using world = await folder();
    const file = `${world.path}/defaults.json`;
    const say = (max_daily_loss: number) =>
      Deno.writeTextFile(
        file,
        JSON.stringify({
          metadata: { version: "1" },
          circuit_breaker: { global: { max_daily_loss } },
          mode_configs: { ultra_fast: { enabled: true } },
        }),
      );
    await say(450);
    const env = { DATA_DIR: world.path, DEFAULT_SETTINGS_PATH: file };
    await using service = await startService(env);
    const breaker = "/api/user/global-circuit-breaker";
    equal((await get(service.url, breaker)).body.max_daily_loss, 450);
    const ultra = "/api/futures/ginie/modes/ultra";
    equal((await get(service.url, ultra)).body.enabled, true);
    await say(440);
    const sync = await post(service.url, "/api/admin/sync-defaults", {});
    equal(sync.status, 200);
    const backup = JSON.parse(await Deno.readTextFile(sync.body.backup));
    equal(backup.circuit_breaker.global.max_daily_loss, 450);
    equal(
      (await get(service.url, `${breaker}?user=ann`)).body.max_daily_loss,
      440,
    );
    await Deno.remove(file);
    const gone = await post(service.url, "/api/admin/sync-defaults", {});
    equal(gone.status, 404);
  });

  Deno.test("e2e: SIGTERM ends streams, finishes and exits with 0", async () => {
    await using world = await folder();
    const service = await startService({ DATA_DIR: world.path });
    const stream = await fetch(`${service.url}/api/v1/events/stream`);
    const reader = stream.body!.getReader();
    await reader.read();
    const ended = (async () => {
      while (!(await reader.read()).done);
    })();
    const { code } = await service.end("SIGTERM");
    equal(code, 0);
    await ended;
  });

  Deno.test("e2e: a start that cannot succeed says why in one sentence", async () => {
    await using world = await folder();
    await using running = await startService({ DATA_DIR: world.path });
    const port = new URL(running.url).port;
    const cases: [Record<string, string>, number, RegExp][] = [
      [
        { PORT: port },
        1,
        /^Cannot listen on 127\.0\.0\.1:\d+ as the port is in use: set PORT/,
      ],
      [
        { PORT: "many" },
        2,
        /^Cannot use PORT as it must be a whole number from 0 to 65535: current value is "many"$/,
      ],
      [
        { STORE: "oracle" },
        2,
        /^Cannot use STORE as it must be one of sqlite, memory/,
      ],
      [
        { REDIS_URL: "redis:/u:hunter2@h" },
        2,
        /^Cannot use REDIS_URL as it must be a URL such as/,
      ],
      [
        { QUARANTINE_PATH: `${world.path}/half.json` },
        1,
        /^Cannot read the quarantine list .*half\.json \(QUARANTINE_PATH\) as/,
      ],
      [{ DATA_DIR: `${world.path}/garbage` }, 1, /^Cannot .*holdfast\.db/],
      [
        { DEFAULT_SETTINGS_PATH: `${world.path}/none.json` },
        1,
        /^Cannot read the default settings .*none\.json \(DEFAULT_SETTINGS_PATH\): No such file/,
      ],
      [
        { DEFAULT_SETTINGS_PATH: `${world.path}/zeros.json` },
        1,
        /^Cannot use the default settings .*zeros\.json \(DEFAULT_SETTINGS_PATH\) as they are not acceptable:\n[^]*^ {2}circuit_breaker\.global\.max_daily_loss must not be 0[^]*^ {2}circuit_breaker\.global\.win_rate_check_after must not be 0/m,
      ],
    ];
    await Deno.writeTextFile(
      `${world.path}/zeros.json`,
      '{"circuit_breaker":{"global":{"max_daily_loss":0,"win_rate_check_after":0}}}',
    );
    await Deno.writeTextFile(`${world.path}/half.json`, '[{"symbol":');
    await Deno.mkdir(`${world.path}/garbage`);
    await Deno.writeTextFile(
      `${world.path}/garbage/holdfast.db`,
      "x".repeat(9999),
    );
    for (const [env, code, says] of cases) {
      const start = startService({ DATA_DIR: `${world.path}/other`, ...env });
      await rejects(start, (error: Error) => {
        ok(error instanceof ServiceEnded);
        equal(error.code, code);
        match(error.message, says);
        ok(!error.message.includes("hunter2"));
        ok(!/\n\s+at /.test(error.message), error.message);
        return true;
      });
    }
  });

  Deno.test("e2e: flags are variables", async () => {
    await using world = await folder();
    const flags = ["--data-dir", world.path, "--feature-store=noop"];
    await using service = await startService({}, flags);
    const health = await get(service.url, "/health");
    equal(health.body.adapters.feature_store, "noop");
    equal(health.body.feature_cache_enabled, false);
  });

  Deno.test("e2e: without a model there are no signals, and health says so; the rest works", async () => {
    await using world = await folder();
    const model = `${world.path}/model.txt`;
    const env = { DATA_DIR: world.path, MODEL_PATH: model };
    await using service = await startService(env);
    equal((await get(service.url, "/health")).status, 503);
    equal((await get(service.url, "/health/live")).status, 200);
    const symbols = { symbols: ["SYNA"] };
    const refused = await post(
      service.url,
      "/api/v1/signals/generate",
      symbols,
    );
    equal(refused.status, 503);
    const features = "/api/v1/features/SYNA/2025-01-16";
    equal((await get(service.url, features)).status, 200);

    await Deno.copyFile("examples/model/alpha_baseline.txt", model);
    equal((await post(service.url, "/api/v1/model/reload", {})).status, 200);
    equal((await get(service.url, "/health")).status, 200);
    equal(
      (await post(service.url, "/api/v1/signals/generate", symbols)).status,
      200,
    );

    await Deno.writeTextFile(
      model,
      (await Deno.readTextFile(model)).slice(0, 5000),
    );
    const damaged = await post(service.url, "/api/v1/model/reload", {});
    equal(damaged.status, 422);
    equal(
      (await post(service.url, "/api/v1/signals/generate", symbols)).status,
      200,
    );
  });

  Deno.test("e2e: quarantined bars are refused, and a change of the list is told", async () => {
    await using world = await folder();
    const list = `${world.path}/quarantine.json`;
    await Deno.writeTextFile(list, "[]");
    const env = { DATA_DIR: world.path, QUARANTINE_PATH: list };
    await using service = await startService(env);
    const vector = "/api/v1/features/SYNB/2025-01-16";
    equal((await get(service.url, vector)).status, 200);

    const stream = await fetch(
      `${service.url}/api/v1/events/stream?channel=features.invalidated`,
    );
    const told = readUntil(stream.body!, '"symbol":"SYNB"');
    await Deno.writeTextFile(
      list,
      '[{"symbol":"SYNB","from":"2025-01-10","to":"2025-01-10","reason":"split"}]',
    );
    await told;
    const refused = await get(service.url, vector);
    equal(refused.status, 422);
    match(refused.body.detail, /SYNB.*2025-01-10.*split/);
    equal((await get(service.url, vector.replace("SYNB", "SYNC"))).status, 200);
  });
}

interface Ranked {
  readonly symbol: string;
  readonly score: number;
  readonly rank: number;
  readonly target_weight: number;
}

const SETTINGS = userSettings({ theme: "dark" });

const SETUP = {
  setup_id: "s1",
  date: "2026-01-05",
  source: "test",
  tickers: ["SYNA"],
  created_at: "2026-01-05T00:00:00Z",
};

interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

async function send(
  method: string,
  url: string,
  body: unknown,
): Promise<Answer> {
  const init = { method, body: JSON.stringify(body) };
  const response = await fetch(url, init);
  return { status: response.status, body: await response.json() };
}

const post = (url: string, path: string, body: unknown) =>
  send("POST", url + path, body);
const put = (url: string, path: string, body: unknown) =>
  send("PUT", url + path, body);

async function get(url: string, path: string): Promise<Answer> {
  const response = await fetch(url + path);
  return { status: response.status, body: await response.json() };
}

async function readLog(
  url: string,
): Promise<{ id: string; position: number }[]> {
  const events = [];
  for (let after = 0;;) {
    const { body } = await get(url, `/api/v1/events?limit=1000&after=${after}`);
    for (const event of body.events) {
      events.push({ id: event.id, position: event.metadata.position });
    }
    if (body.next_after === after) return events;
    after = body.next_after;
  }
}

async function readUntil(
  body: ReadableStream<Uint8Array>,
  text: string,
): Promise<void> {
  let seen = "";
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    seen += decoder.decode(bytes, { stream: true });
    if (seen.includes(text)) return;
  }
  throw new Error(`the stream ended without ${text}`);
}

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "holdfast-e2e-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
