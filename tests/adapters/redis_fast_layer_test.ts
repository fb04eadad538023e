/**
 * What the Redis fast layer does beyond its contract: how things lie in Redis,
 * and what it makes of things that others have put there.
 *
 * @module
 */
import { openRedisFastLayer } from "../../adapters/redis/fast_layer.ts";
import type { SettingsKey } from "../../domain/settings.ts";
import type { FastLayer } from "../../ports/fast_layer.ts";
import {
  advance,
  ALL,
  begin,
  change,
  changedSince,
  document,
  entry,
  type FastLayerSubject,
  keep,
  look,
  positions,
  SCALP,
  START,
  step,
  versions,
} from "../contracts/fast_layer_subject.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import {
  canStartRedis,
  openConnection,
  openLayerSubject,
  type RedisCli,
  type RedisServer,
  startRedis,
  until,
} from "../support/redis_world.ts";

/** JSON that does not become small by compression. */
function noise(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(65536));
  let text = "";
  while (text.length < length) text += btoa(String.fromCharCode(...bytes));
  return JSON.stringify({ text: text.slice(0, length) });
}

let server: RedisServer | undefined;

function test(
  name: string,
  run: (subject: FastLayerSubject, cli: RedisCli) => Promise<void>,
): void {
  Deno.test(name, async () => {
    await using subject = await openLayerSubject(server!);
    await run(subject, server!.cli);
  });
}

async function take(layer: FastLayer, history: string, key: SettingsKey) {
  return await layer.takeTokens(history, [{ key, token: "t" }]);
}

if (await canStartRedis(import.meta.url)) {
  Deno.test.beforeAll(async () => void (server = await startRedis()));
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());

  test(
    "a document is readable where it lies, and stays",
    async (subject, cli) => {
      const history = await begin(subject);
      await keep(subject, history, document(ALL, 5));
      const text = '{"version":5,"gen":"a1","value":{"at":5}}';
      equal(await cli("GET", ALL), text);
      equal(await cli("TTL", ALL), -1);
      equal(await cli("GET", "hf:checkpoint"), "1:e1:a1:10:8");
      deepEqual(await cli("KEYS", "hf:*scratch*"), []);
    },
  );

  test("a large document lies compressed, and stays", async (subject, cli) => {
    const history = await begin(subject);
    const json = JSON.stringify({ text: "x".repeat(200_000) });
    await keep(subject, history, document(ALL, 5, json));
    const text = await cli("GET", ALL);
    match(text, /^\{"version":5,"gen":"a1","zstd":"[A-Za-z0-9+/=]+"\}$/);
    await keep(subject, history, document(SCALP, 5, noise(300_000)));
    ok(await cli("STRLEN", SCALP) > 64 * 1024);
    deepEqual([await cli("TTL", ALL), await cli("TTL", SCALP)], [-1, -1]);
    deepEqual(await cli("KEYS", "hf:*scratch*"), []);
    const changes = [
      change(ALL, 11, document(ALL, 11, json)),
      change(SCALP, 12, document(SCALP, 12, noise(300_000))),
    ];
    await advance(subject.layer, step(history, START, 12, changes));
    deepEqual(await versions(subject, ALL, SCALP), [11, undefined]);
  });

  test(
    "a large document that is refused leaves nothing behind",
    async (subject, cli) => {
      const { layer } = subject;
      const history = await begin(subject);
      const fills = [
        { key: ALL, token: "t", document: document(ALL, 5, noise(300_000)) },
      ];
      equal(await layer.fill(history, "a1", fills), 0);
      await take(layer, history, ALL);
      await cli("CONFIG", "SET", "maxmemory", "1");
      await rejects(layer.fill(history, "a1", fills), { code: "full" });
      await cli("CONFIG", "SET", "maxmemory", "0");
      deepEqual(await cli("KEYS", "*scratch*"), []);
      equal(await layer.fill(history, "a1", fills), 1);
    },
  );

  test("a document beyond any measure is not kept", async (subject) => {
    const history = await begin(subject);
    const json = JSON.stringify("x".repeat(17 * 1024 * 1024));
    equal(await keep(subject, history, document(ALL, 5, json)), 0);
  });

  test("many documents that are not small are kept and drained", async (subject) => {
    const history = await begin(subject);
    const json = JSON.stringify("x".repeat(60_000));
    const keys = Array.from(
      { length: 40 },
      (_, i) => `user:${i}:mode:ultra` as SettingsKey,
    );
    const documents = keys.map((key) => document(key, 5, json));
    equal(await keep(subject, history, ...documents), 40);
    const changes = keys.map((key, i) =>
      change(key, 11 + i, document(key, 11 + i, json))
    );
    await advance(subject.layer, step(history, START, 50, changes));
    const found = await versions(subject, ...keys);
    ok(found.filter((version) => version !== undefined).length >= 15);
    found.forEach((version, i) =>
      ok(version === undefined || version === 11 + i)
    );
  });

  test(
    "what others have put under a key is told once a key",
    async (subject, cli) => {
      const telemetry = createRecordingTelemetry();
      await using connection = openConnection({ url: server!.url });
      await until(connection, () => connection.isUp);
      await using layer = openRedisFastLayer(connection, { telemetry });
      const seen = { ...subject, layer };
      const history = await begin(seen);
      const head = '{"version":5,"gen":"a1",';
      const foreign = [
        "x",
        "{}",
        head,
        `${head}"value":}`,
        `${head}"value":{"a":1}`,
        `${head}"value":[1}`,
        `${head}"value":"}`,
        `${head}"value":""`,
        `${head}"other":1}`,
        `${head}"zstd":"AAAA"}`,
        `${head}"zstd":""}`,
        `${head}"zstd":"AAAA`,
        `{"version":"5","gen":"a1","value":1}`,
        `{"version":-5,"gen":"a1","value":1}`,
        `{"version":1e1,"gen":"a1","value":1}`,
        `{"version":5,"gen":"a1"}`,
      ];
      for (const text of foreign) {
        await cli("SET", ALL, text);
        deepEqual(await versions(seen, ALL), [undefined], text);
      }
      await cli("DEL", ALL);
      await cli("SADD", ALL, "a");
      deepEqual(await versions(seen, ALL), [undefined]);
      equal(telemetry.logged().length, 1);
      equal(telemetry.logged("warn")[0]!.fields.key, ALL);
      for (const ours of ['"gen":"b1","value":1', '"gen":"b1","zstd":"AAAA"']) {
        await cli("SET", SCALP, `{"version":5,${ours}}`);
        deepEqual(await versions(seen, SCALP), [undefined]);
      }
      equal(telemetry.logged().length, 1);
      equal(await keep(seen, history, document(ALL, 5)), 1);
      deepEqual(await versions(seen, ALL), [5]);
    },
  );

  test(
    "things of another type under our own keys do no lasting harm",
    async (subject, cli) => {
      const { layer } = subject;
      let history = await begin(subject);
      await keep(subject, history, document(ALL, 5));
      for (const key of ["hf:changes", "hf:log", "hf:feature:gen"]) {
        await cli("SET", key, "x");
      }
      deepEqual(await positions(subject, 9), []);
      equal(await changedSince(subject, 7), undefined);
      const more = { voided: [{ symbol: "A" as never }] };
      const changes = [change(ALL, 11)];
      const at = await advance(layer, step(history, START, 12, changes, more));
      deepEqual(await positions(subject, 10), [11, 12]);
      deepEqual(await changedSince(subject, 8), [ALL]);
      equal(await cli("HGET", "hf:feature:gen", "A"), "12");
      await cli("HSET", `hf:fill:${ALL}`, "a", "1");
      equal(
        await layer.fill(history, "a1", [
          { key: ALL, token: "t", document: document(ALL, 11) },
        ]),
        0,
      );
      deepEqual(await take(layer, history, ALL), [ALL]);
      await cli("SET", `hf:fill:${SCALP}`, "kept for ever");
      deepEqual(await take(layer, history, SCALP), [SCALP]);
      await cli("DEL", "hf:checkpoint");
      await cli("SADD", "hf:checkpoint", "a");
      equal((await look(subject, [ALL])).checkpoint, undefined);
      const { mark } = await layer.inspect();
      const to = { ...at, generation: "b1" };
      const result = await layer.reset(history, mark, to);
      deepEqual(result, { applied: true, mark: "1:e1:b1:12:11" });
      history = (await layer.inspect()).history;
      await advance(layer, step(history, to, 13));
    },
  );

  test(
    "a stream that reaches beyond a step begins anew with it",
    async (subject, cli) => {
      const { layer } = subject;
      const history = await begin(subject);
      await cli("XADD", "hf:log", "12-0", "a", "1");
      const at = await advance(layer, step(history, START, 13));
      deepEqual(await positions(subject, 10), [11, 12, 13]);
      await cli("XADD", "hf:log", "14-0", "a", "1");
      deepEqual(await positions(subject, 12), [13]);
      await advance(layer, step(history, at, 14));
      deepEqual(await positions(subject, 13), [14]);
      await cli("DEL", "hf:log");
      const fields = ["id", "x", "type", "x", "at", "1", "end", "1"];
      const broken = [...fields, "data", "{}", "meta", "no JSON"];
      await cli("XADD", "hf:log", "14-0", ...broken);
      deepEqual(await positions(subject, 13), []);
    },
  );

  test("a stream is bounded, and holds no large data", async (subject, cli) => {
    const { layer } = subject;
    const history = await begin(subject);
    const json = JSON.stringify({ text: "x".repeat(1100) });
    const entries = [entry(11, { json })];
    let at = await advance(layer, step(history, START, 11, [], { entries }));
    deepEqual(await positions(subject, 10), []);
    ok(
      !JSON.stringify(await cli("XRANGE", "hf:log", "-", "+")).includes("xxx"),
    );
    while (at.position < 12_000) {
      at = await advance(layer, step(history, at, at.position + 500));
    }
    const length = await cli("XLEN", "hf:log");
    ok(length >= 10_000 && length < 11_000, `holds ${length}`);
    deepEqual(await positions(subject, at.position - 1), [at.position]);
  });

  test(
    "a thousand names of changed documents are remembered",
    async (subject, cli) => {
      const history = await begin(subject);
      let at = START;
      for (const most of [500, 1000, 1000, 1000]) {
        const changes = Array.from({ length: 500 }, (_, i) => {
          const position = at.position + 1 + i;
          return change(`user:${position}:mode:ultra` as SettingsKey, position);
        });
        const to = at.position + 500;
        const more = { entries: [] };
        at = await advance(subject.layer, step(history, at, to, changes, more));
        const names = await changedSince(subject, to - most);
        equal(names?.length, most);
      }
      equal(await changedSince(subject, at.position - 1001), undefined);
      equal(await cli("ZCARD", "hf:changes"), 1001);
    },
  );

  test("no entry above the checkpoint is read", async (subject, cli) => {
    const history = await begin(subject);
    await advance(subject.layer, step(history, START, 13));
    await cli("SET", "hf:checkpoint", "1:e1:a1:12:8");
    deepEqual(await positions(subject, 10), [11, 12]);
    await cli("DEL", "hf:checkpoint");
    deepEqual(await subject.layer.events(history, 10, 100), {
      checkpoint: undefined,
      events: [],
    });
  });

  test(
    "who may not publish on every channel does not keep the log from going on",
    async (_, cli) => {
      const rights = ["on", "nopass", "~*", "+@all", "resetchannels", "&hf:*"];
      await cli("ACL", "SETUSER", "mute", ...rights);
      const url = server!.url.replace("//", "//mute:x@");
      await using connection = openConnection({ url });
      await until(connection, () => connection.isUp);
      await using layer = openRedisFastLayer(connection);
      const { history } = await layer.inspect();
      await layer.reset(history, undefined, START);
      await advance(layer, step(history, START, 11));
      await cli("ACL", "DELUSER", "mute");
    },
  );

  test(
    "a server that has been told to forget keys in use is not believed any more",
    async ({ layer }, cli) => {
      await layer.inspect();
      await cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
      await rejects(layer.inspect(), {
        code: "unsupported",
        message: /maxmemory-policy is allkeys-lru.*set it to noeviction/,
      });
      await cli("CONFIG", "SET", "maxmemory-policy", "noeviction");
      await layer.inspect();
    },
  );
}
