/**
 * Parts of documents lie in Redis under keys of their own, and are never
 * apart from their document.
 *
 * @module
 */
import { zstdDecompressSync } from "node:zlib";
import { openRedisFastLayer } from "../../adapters/redis/fast_layer.ts";
import { parseSettingsKey, type SettingsKey } from "../../domain/settings.ts";
import {
  advance,
  ALL,
  begin,
  change,
  document,
  type FastLayerSubject,
  keep,
  START,
  step,
  versions,
} from "../contracts/fast_layer_subject.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import {
  canStartRedis,
  openConnection,
  openLayerSubject,
  type RedisCli,
  type RedisServer,
  startRedis,
  until,
} from "../support/redis_world.ts";

const TRADING = "user:1:settings:trading";
const NOTIFICATIONS = "user:1:settings:notifications";
const DEFAULTS = parseSettingsKey("admin:defaults:all");
const HASH = "admin:defaults:hash";

const settings = (trading: unknown, notifications?: unknown) =>
  JSON.stringify({ trading, notifications, other: 1 });

/** A text that does not become small by compression. */
function noise(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(65536));
  let text = "";
  while (text.length < length) text += btoa(String.fromCharCode(...bytes));
  return text.slice(0, length);
}

let server: RedisServer | undefined;

function test(
  name: string,
  run: (subject: FastLayerSubject, cli: RedisCli) => Promise<void>,
): void {
  Deno.test(`redis projections: ${name}`, async () => {
    await using subject = await openLayerSubject(server!);
    await run(subject, server!.cli);
  });
}

/** What lies under `keys`: version, generation and value. */
async function lying(cli: RedisCli, ...keys: string[]) {
  const texts: (string | null)[] = await cli("MGET", ...keys);
  return texts.map((text) => {
    if (text === null) return undefined;
    const { version, gen, value, zstd } = JSON.parse(text);
    const unpacked = zstd === undefined ? value : JSON.parse(
      zstdDecompressSync(Uint8Array.fromBase64(zstd)).toString(),
    );
    return [version, gen, unpacked];
  });
}

const parts = (cli: RedisCli) => lying(cli, TRADING, NOTIFICATIONS);

if (await canStartRedis(import.meta.url)) {
  Deno.test.beforeAll(async () => void (server = await startRedis()));
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());

  test("a document that is kept brings its parts", async (subject, cli) => {
    const history = await begin(subject);
    await cli("SET", NOTIFICATIONS, "of former times");
    const json = settings({ a: [1, null, "ä😀"] });
    equal(await keep(subject, history, document(ALL, 5, json)), 1);
    equal(
      await cli("GET", TRADING),
      '{"version":5,"gen":"a1","value":{"a":[1,null,"ä😀"]}}',
    );
    deepEqual(await parts(cli), [
      [5, "a1", { a: [1, null, "ä😀"] }],
      undefined,
    ]);
    equal(await cli("TTL", TRADING), -1);
    const defaults = document(DEFAULTS, 6, '{"hash":"9f2c"}');
    equal(await keep(subject, history, defaults), 1);
    equal(await cli("GET", HASH), '{"version":6,"gen":"a1","value":"9f2c"}');
    deepEqual(await cli("KEYS", "hf:*scratch*"), []);
  });

  test(
    "a document that is not kept leaves the parts as they are",
    async (subject, cli) => {
      const { layer } = subject;
      const history = await begin(subject);
      await keep(subject, history, document(ALL, 5, settings(1, 2)));
      const large = settings(noise(200_000), noise(200_000));
      const held = [[5, "a1", 1], [5, "a1", 2]];
      for (const json of [settings(3, 4), settings(3), "null", large]) {
        // Above the checkpoint, older than what is held, without the token.
        equal(await keep(subject, history, document(ALL, 11, json)), 0);
        equal(await keep(subject, history, document(ALL, 4, json)), 0);
        const fill = { key: ALL, token: "t", document: document(ALL, 6, json) };
        equal(await layer.fill(history, "a1", [fill]), 0);
        deepEqual(await parts(cli), held);
      }
      deepEqual(await cli("KEYS", "hf:*scratch*"), []);
    },
  );

  test(
    "a step takes the parts along with the document",
    async (subject, cli) => {
      const history = await begin(subject);
      const hash = (n: number) => document(DEFAULTS, n, `{"hash":"${n}"}`);
      await keep(subject, history, document(ALL, 5, settings(1, 2)), hash(6));
      let at = START;
      const go = async (
        position: number,
        ...changes: ReturnType<typeof change>[]
      ) =>
        void (at = await advance(
          subject.layer,
          step(history, at, position, changes),
        ));
      await go(
        12,
        change(ALL, 11, document(ALL, 11, settings(3, 4))),
        change(DEFAULTS, 12, hash(12)),
      );
      deepEqual(await lying(cli, TRADING, NOTIFICATIONS, HASH), [
        [11, "a1", 3],
        [11, "a1", 4],
        [12, "a1", "12"],
      ]);
      await go(13, change(ALL, 13, document(ALL, 13, settings(5))));
      deepEqual(await parts(cli), [[13, "a1", 5], undefined]);
      await go(14, change(ALL, 14, document(ALL, 14, settings(6, 7))));
      deepEqual(await parts(cli), [[14, "a1", 6], [14, "a1", 7]]);
      await go(15, change(DEFAULTS, 15, document(DEFAULTS, 15, "[]")));
      deepEqual(await lying(cli, HASH), [undefined]);
      deepEqual(await versions(subject, ALL, DEFAULTS), [14, 15]);
    },
  );

  test(
    "a document that is dropped takes its parts with it",
    async (subject, cli) => {
      const history = await begin(subject);
      let at = START;
      const dropped = [
        (p: number) => ({ ...change(ALL, p), document: undefined }),
        (p: number) => change(ALL, p, document(ALL, p + 9, settings(3, 4))),
        (p: number) =>
          change(ALL, p, document(ALL, p, settings(noise(90_000)))),
      ];
      for (const changeAt of dropped) {
        const now = document(ALL, at.position, settings(1, 2));
        equal(await keep(subject, history, now), 1);
        equal((await parts(cli))[1]?.[2], 2);
        const position = at.position + 1;
        const taken = step(history, at, position, [changeAt(position)]);
        at = await advance(subject.layer, taken);
        deepEqual(await versions(subject, ALL), [undefined]);
        deepEqual(await parts(cli), [undefined, undefined]);
      }
    },
  );

  test(
    "parts whose document was lost go with the next change",
    async (subject, cli) => {
      const history = await begin(subject);
      await keep(subject, history, document(ALL, 5, settings(1, 2)));
      await cli("DEL", ALL);
      const changes = [change(ALL, 11, document(ALL, 11, settings(3, 4)))];
      await advance(subject.layer, step(history, START, 11, changes));
      deepEqual(await versions(subject, ALL), [undefined]);
      deepEqual(await parts(cli), [undefined, undefined]);
    },
  );

  test(
    "large parts come with their document, and by themselves",
    async (subject, cli) => {
      const history = await begin(subject);
      const [one, two] = [noise(300_000), noise(150_000)];
      const large = document(ALL, 5, settings(one, two));
      equal(await keep(subject, history, large), 1);
      deepEqual(await parts(cli), [[5, "a1", one], [5, "a1", two]]);
      const mixed = document(ALL, 6, settings(one, "small"));
      equal(await keep(subject, history, mixed), 1);
      deepEqual(await parts(cli), [[6, "a1", one], [6, "a1", "small"]]);
      const without = document(ALL, 7, JSON.stringify({ other: one }));
      equal(await keep(subject, history, without), 1);
      deepEqual(await parts(cli), [undefined, undefined]);
      const ttls = [ALL, TRADING].map((key) => cli("TTL", key));
      deepEqual(await Promise.all(ttls), [-1, -2]);
      deepEqual(await cli("KEYS", "hf:*scratch*"), []);
    },
  );

  test(
    "many documents with parts are kept and drained",
    async (subject, cli) => {
      const history = await begin(subject);
      const keys = Array.from(
        { length: 40 },
        (_, i) => `user:${i}:settings:all` as SettingsKey,
      );
      const json = (n: number) => settings("x".repeat(20_000 + n), n);
      const documents = keys.map((key) => document(key, 5, json(5)));
      equal(await keep(subject, history, ...documents), 40);
      const changes = keys.map((key, i) =>
        change(key, 11 + i, document(key, 11 + i, json(11 + i)))
      );
      await advance(subject.layer, step(history, START, 50, changes));
      let held = 0;
      for (const [i, key] of keys.entries()) {
        const trading = key.replace("all", "trading");
        const found = await lying(cli, key, trading);
        if (found[0] === undefined) deepEqual(found, [undefined, undefined]);
        else {
          held++;
          deepEqual(found.map((one) => one![0]), [11 + i, 11 + i]);
        }
      }
      ok(held >= 15 && held < 40, `${held} held`);
    },
  );

  test(
    "a server without memory keeps neither document nor parts",
    async (subject, cli) => {
      const { layer } = subject;
      const history = await begin(subject);
      for (const trading of [1, noise(200_000)]) {
        await layer.takeTokens(history, [{ key: ALL, token: "t" }]);
        const now = document(ALL, 5, settings(trading, 2));
        const fill = { key: ALL, token: "t", document: now };
        await cli("CONFIG", "SET", "maxmemory", "1");
        await rejects(layer.fill(history, "a1", [fill]), { code: "full" });
        await cli("CONFIG", "SET", "maxmemory", "0");
        deepEqual(await lying(cli, ALL, TRADING), [undefined, undefined]);
        equal(await layer.fill(history, "a1", [fill]), 1);
        await cli("DEL", ALL, TRADING, NOTIFICATIONS);
      }
    },
  );

  test(
    "a document that is stored under the key of a part by hand changes nothing",
    async (subject, cli) => {
      const history = await begin(subject);
      await keep(subject, history, document(ALL, 5, settings(1, 2)));
      const changes = [change(TRADING as SettingsKey, 11)];
      await advance(subject.layer, step(history, START, 11, changes));
      deepEqual(await parts(cli), [[5, "a1", 1], [5, "a1", 2]]);
    },
  );

  test("no reader ever sees a document and its parts apart", async (subject) => {
    const history = await begin(subject);
    await keep(subject, history, document(ALL, 5, settings(5, 5)));
    const { cli: reader } = server!;
    await using connection = openConnection({ url: server!.url });
    await until(connection, () => connection.isUp);
    await using layer = openRedisFastLayer(connection);
    let isRunning = true;
    const writing = (async () => {
      for (let at = START; at.position < 300;) {
        const position = at.position + 1;
        const json = settings(
          position,
          position % 3 === 0 ? undefined : position,
        );
        const changes = [
          position % 7 === 0
            ? { ...change(ALL, position), document: undefined }
            : change(ALL, position, document(ALL, position, json)),
        ];
        at = await advance(layer, step(history, at, position, changes));
        await keep(subject, history, document(ALL, position, json));
      }
      isRunning = false;
    })();
    const seen = new Set<number>();
    while (isRunning) {
      const [all, trading, told] = await lying(
        reader,
        ALL,
        TRADING,
        NOTIFICATIONS,
      );
      deepEqual(trading?.[0], all?.[0]);
      deepEqual(told?.[2], (all?.[2] as { notifications?: 0 })?.notifications);
      if (all) seen.add(all[0] as number);
    }
    await writing;
    ok(seen.size > 10, `${seen.size} versions were seen`);
  });
}
