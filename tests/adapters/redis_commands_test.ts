/**
 * What the adapters ask of Redis is there in Redis 6.2 already, whatever is
 * newer on the server that the tests have.
 *
 * @module
 */
import { join } from "node:path";
import { deepEqual, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";

/** Commands of Redis 6.2 that are of use to us, with the options that they had. */
const REDIS_6_2: Readonly<Record<string, readonly string[]>> = {
  AUTH: [],
  DEL: [],
  EVALSHA: [],
  EXEC: [],
  EXISTS: [],
  EXPIRE: [],
  GET: [],
  GETRANGE: [],
  HDEL: [],
  HEXISTS: [],
  HGET: [],
  HINCRBY: [],
  HLEN: [],
  HMGET: [],
  HSET: [],
  INCRBY: [],
  INFO: [],
  MGET: [],
  MULTI: [],
  PERSIST: [],
  PEXPIRE: [],
  PING: [],
  PTTL: [],
  PUBLISH: [],
  RENAME: [],
  SCRIPT: ["LOAD"],
  SELECT: [],
  SET: ["EX", "PX", "EXAT", "PXAT", "KEEPTTL", "NX", "XX", "GET"],
  STRLEN: [],
  SUBSCRIBE: [],
  TIME: [],
  UNLINK: [],
  XADD: ["NOMKSTREAM", "MAXLEN", "MINID", "LIMIT"],
  XRANGE: ["COUNT"],
  ZADD: ["NX", "XX", "GT", "LT", "CH", "INCR"],
  ZCARD: [],
  ZCOUNT: [],
  ZRANGE: ["BYSCORE", "BYLEX", "REV", "LIMIT", "WITHSCORES"],
  ZRANGEBYSCORE: ["WITHSCORES", "LIMIT"],
  ZREM: [],
  ZREMRANGEBYRANK: [],
  ZSCORE: [],
};

/** What scripts of Redis 6.2 may call besides commands. */
const FUNCTIONS = ["error_reply", "status_reply", "sha1hex", "setresp"];

/** Methods of the client that send no command but those for connecting. */
const METHODS = ["connect", "destroy", "on", "sendCommand", "subscribe"];

interface Use {
  readonly command: string;
  readonly options: readonly string[];
}

/** What of a script Redis 6.2 does not know. */
function newInScript(text: string): string[] {
  const code = text.replace(/--.*$/gm, "");
  const others = code.matchAll(/\bredis\.(?!p?call\b)(\w+)/g)
    .map(([, name]) => name!)
    .filter((name) => !FUNCTIONS.includes(name))
    .map((name) => `redis.${name}`);
  const calls = code.matchAll(/\bredis\.p?call\b/g)
    .flatMap(({ 0: { length }, index }) => {
      const args = upToEnd(code.slice(index + length), "(", ")");
      const use = readUse(listIn(args, code) ?? args);
      return use ? newOf(use) : [`a command by a name of its own: ${args}`];
    });
  const shebang = text.startsWith("#!") ? ["a shebang"] : [];
  return [...shebang, ...others, ...calls];
}

/** The list that a call unpacks, where it does nothing else. */
function listIn(args: string, code: string): string | undefined {
  const [, name] = /^\(unpack\((\w+)\)\)$/.exec(args) ?? [];
  const at = code.search(new RegExp(`\\b${name} = \\{`));
  if (name === undefined || at < 0) return undefined;
  return upToEnd(code.slice(code.indexOf("{", at)), "{", "}");
}

/** What a module sends that Redis 6.2 does not know. */
function newInModule(text: string): string[] {
  const methods = text.matchAll(/\bclient\.(\w+)/g).map(([, name]) => name!)
    .filter((name) => !METHODS.includes(name))
    .map((name) => `client.${name}`);
  const commands = text.matchAll(/\[(?=\s*"[A-Z]+")/g)
    .flatMap(({ index }) =>
      newOf(readUse(upToEnd(text.slice(index), "[", "]"))!)
    );
  return [...methods, ...commands];
}

/** The beginning of `text` up to where what it opens is closed, apart from what is quoted. */
function upToEnd(text: string, opening: string, closing: string): string {
  const bare = text.replace(/"[^"]*"/g, (quoted) => "x".repeat(quoted.length));
  let depth = 0;
  for (let at = 0; at < bare.length; at++) {
    if (bare[at] === opening) depth++;
    if (bare[at] === closing && --depth === 0) return text.slice(0, at + 1);
  }
  return text;
}

/** Reads a command and what looks like its options; `undefined` where it is not named. */
function readUse(args: string): Use | undefined {
  const [, command] = /^[[({]\s*"([A-Z]+)"/.exec(args) ?? [];
  if (command === undefined) return undefined;
  const words = args.matchAll(/"([^"]*)"/g).map(([, word]) => word!);
  const [, ...rest] = words;
  const options = command === "INFO"
    // More than one section is newer.
    ? rest.slice(1)
    : rest.filter((word) => /^[A-Z]{2,}$/.test(word));
  return { command, options };
}

function newOf({ command, options }: Use): string[] {
  const known = Object.hasOwn(REDIS_6_2, command)
    ? REDIS_6_2[command]!
    : undefined;
  if (!known) return [command];
  return options.filter((option) => !known.includes(option))
    .map((option) => `${command} ${option}`);
}

Deno.test("redis 6.2: what is newer is seen", () => {
  const script = (text: string) => newInScript(text);
  deepEqual(script('redis.call("SET", KEYS[1], f(1), "PX", 10, "NX")'), []);
  deepEqual(script('redis.pcall("EXPIRE", key, 1, "NX")'), ["EXPIRE NX"]);
  deepEqual(script('x = redis.call("SPUBLISH", "a", "b")'), ["SPUBLISH"]);
  deepEqual(script('redis.call("INFO", "server", "memory")'), ["INFO memory"]);
  deepEqual(script('if redis.acl_check_cmd("GET") then end'), [
    "redis.acl_check_cmd",
  ]);
  deepEqual(script("redis.call(name)"), [
    "a command by a name of its own: (name)",
  ]);
  const list = 'local all = { "XADD", "a", "~" }\nredis.call(unpack(all))';
  deepEqual(script(list), []);
  deepEqual(script(list.replace("XADD", "XACKDEL")), ["XACKDEL"]);
  deepEqual(script('-- redis.call("SPUBLISH")\nreturn 1'), []);
  deepEqual(script("#!lua flags=no-writes\nreturn 1"), ["a shebang"]);
  deepEqual(newInModule('send(["HELLO", "3"]); client.hSetEx("a")'), [
    "client.hSetEx",
    "HELLO",
  ]);
  deepEqual(newInModule('[["MULTI"], ["XRANGE", key, "COUNT", 1]]'), []);
});

const ADAPTER = join(import.meta.dirname!, "../../adapters/redis");

/** What is newer in the files of a folder, with their names. */
async function newIn(
  folder: string,
  extension: string,
  find: (text: string) => string[],
): Promise<{ files: number; found: string[] }> {
  const found: string[] = [];
  let files = 0;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(extension)) continue;
    files++;
    const text = await Deno.readTextFile(join(folder, name));
    found.push(...find(text).map((what) => `${name}: ${what}`));
  }
  return { files, found };
}

if (await needs(import.meta.url, ["read"])) {
  Deno.test("redis 6.2: every script makes do with it", async () => {
    const { files, found } = await newIn(
      join(ADAPTER, "scripts"),
      ".lua",
      newInScript,
    );
    deepEqual(found, []);
    ok(files > 15);
  });

  Deno.test("redis 6.2: every command makes do with it", async () => {
    const { files, found } = await newIn(ADAPTER, ".ts", newInModule);
    deepEqual(found, []);
    ok(files > 15);
  });
}
