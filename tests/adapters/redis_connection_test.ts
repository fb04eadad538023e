/**
 * Connecting to Redis: addresses, servers that come later, and servers that
 * somebody has to set up otherwise.
 *
 * @module
 */
import { ErrorReply } from "@redis/client";
import { parseRedisAddress } from "../../adapters/redis/address.ts";
import type {
  RedisConnection,
  RedisOptions,
} from "../../adapters/redis/connection.ts";
import { faultOf, serverName } from "../../adapters/redis/errors.ts";
import { judge } from "../../adapters/redis/preflight.ts";
import {
  deepEqual,
  doesNotThrow,
  equal,
  match,
  ok,
  rejects,
  throws,
} from "../support/assert.ts";
import { quietPort } from "../support/quiet_port.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "../support/recording_telemetry.ts";
import {
  canStartRedis,
  openConnection,
  startRedis,
  until,
} from "../support/redis_world.ts";

Deno.test("an address names a server, its database and who logs in", () => {
  const parts = (url: string) => Object.values(parseRedisAddress({ url }));
  deepEqual(parts("redis://10.0.0.1"), [
    "10.0.0.1",
    6379,
    0,
    undefined,
    undefined,
    false,
    undefined,
  ]);
  deepEqual(parts("rediss://ann:p%40ss@[::1]:7000/3"), [
    "::1",
    7000,
    3,
    "ann",
    "p@ss",
    true,
    undefined,
  ]);
  deepEqual(parseRedisAddress({}), {
    host: "127.0.0.1",
    port: 6379,
    db: 0,
    user: undefined,
    password: undefined,
    tls: false,
    ca: undefined,
  });
  const all = { host: "h", port: 1, db: 2, password: "p" };
  deepEqual(parseRedisAddress(all), {
    ...all,
    user: undefined,
    tls: false,
    ca: undefined,
  });
  const six = parseRedisAddress({ url: "redis://[::1]/1" });
  equal(serverName(six), "Redis at [::1]:6379/1");
});

Deno.test("a malformed address is refused and not repeated", () => {
  const malformed = [
    "secret",
    "http://u:secret@h",
    "redis://u:secret@h/x",
    "redis:///1",
    "redis://u:secret%@h",
  ];
  for (const url of malformed) {
    throws(
      () => parseRedisAddress({ url }),
      (error: Error) => !/secret/.test(error.message),
    );
  }
});

Deno.test("a server is judged by what it says of itself", () => {
  const info = (facts: string) =>
    `# Server\r\nredis_mode:standalone\r\nrole:master\r\n${facts}\r\n`;
  for (
    const fit of [
      "redis_version:6.2.0",
      "redis_version:7.0.15\r\nmaxmemory_policy:volatile-ttl",
      "redis_version:255.255.255",
      "redis_version:6.0.0\r\nvalkey_version:8.1.0",
    ]
  ) doesNotThrow(() => judge(info(fit)));
  const unfit = {
    "redis_version:6.0.16": /version is 6\.0\.16/,
    "redis_version:5.3.1": /version/,
    "nothing:1": /version is unknown/,
    "redis_version:7.0.0\r\nmaxmemory_policy:allkeys-lfu": /allkeys-lfu/,
  };
  for (const [facts, why] of Object.entries(unfit)) {
    throws(() => judge(info(facts)), why);
  }
  throws(() => judge("redis_mode:sentinel"), /sentinel mode/);
  throws(
    () => judge("valkey_version:8.1.1\r\nserver_mode:cluster"),
    /cluster mode/,
  );
  throws(
    () => judge("redis_version:7.0.0\r\nrole:slave\r\n"),
    /replica/,
  );
});

Deno.test("a lack of permission is known by what each make of server says of it", () => {
  const can = "The user executing the script can't run this command";
  const may = "User ann has no permissions to run the 'xadd' command";
  const at = "script: c909782e1626906433, on @user_script:1.";
  const said = {
    [`NOPERM ${may}`]: `NOPERM ${may}`,
    [`ERR Error running script (call to f_c9): @user_script:1: ${can}`]:
      `ERR Error running script (call to f_c9): @user_script:1: ${can}`,
    [`ERR ${can} ${at}`]: `ERR ${can}`,
    [`ERR ACL failure in script: ${may} ${at}`]:
      `ERR ACL failure in script: ${may}`,
    [`ERR ACL failure in script: ${may} script: on @user_script:1.`]:
      `ERR ACL failure in script: ${may}`,
  };
  for (const [text, told] of Object.entries(said)) {
    deepEqual(faultOf(new ErrorReply(text)), {
      kind: "setup",
      reason: `its user lacks a permission: it says ${told}`,
    });
  }
});

/** Opens a connection that is closed at the end, with what it says. */
function open(options: Partial<RedisOptions>): {
  readonly connection: RedisConnection;
  readonly telemetry: RecordingTelemetry;
} {
  const telemetry = createRecordingTelemetry();
  return { telemetry, connection: openConnection({ telemetry, ...options }) };
}

/** Waits until something is known to be wrong that fits `why`. */
const untilFault = (connection: RedisConnection, why: RegExp) =>
  until(connection, () => why.test(connection.fault ?? ""));

/**
 * Holds that a server is said to be unfit, once, until it is mended, and that
 * it is used then.
 */
async function mends(
  options: Partial<RedisOptions>,
  why: RegExp,
  mend: () => Promise<unknown>,
): Promise<void> {
  const { connection, telemetry } = open(options);
  await using _ = connection;
  await untilFault(connection, why);
  equal(connection.isUp, false);
  const code = { name: "PortError", code: "unsupported" };
  await rejects(connection.send(["PING"]), code);
  await mend();
  await until(connection, () => connection.isUp);
  equal(connection.fault, undefined);
  equal(await connection.send(["GET", "absent"]), null);
  const levels = telemetry.logged().map(({ level }) => level);
  deepEqual(levels, ["error", "debug"]);
  match(JSON.stringify(telemetry.logged()), why);
  ok(!/s3cret|wr0ng/.test(JSON.stringify(telemetry.logged())));
}

if (await canStartRedis(import.meta.url)) {
  Deno.test("a connection starts without a server and finds it later", async () => {
    const port = quietPort();
    const { connection, telemetry } = open({ port });
    await using _ = connection;
    equal(connection.isUp, false);
    match(connection.fault!, /has not been reached yet/);
    const why = { name: "PortError", code: "unavailable" };
    await rejects(connection.send(["PING"]), why);
    await untilFault(connection, /nothing listens there/);
    await rejects(connection.send(["PING"]), why);
    await using _server = await startRedis([], port);
    await until(connection, () => connection.isUp);
    equal(await connection.send(["PING"]), "PONG");
    deepEqual(
      telemetry.logged().map(({ level, message }) => [level, message]),
      [["warn", "Redis cannot be used"], ["debug", "Redis is used again"]],
    );
  });

  Deno.test("a server that is there is used without a word", async () => {
    await using server = await startRedis();
    const { connection, telemetry } = open({ url: `${server.url}/3` });
    await using _ = connection;
    await until(connection, () => connection.isUp);
    await connection.send(["SET", "a", "1"]);
    await server.cli("SELECT", "3");
    equal(await server.cli("GET", "a"), "1");
    deepEqual(telemetry.logged(), []);
  });

  Deno.test("a host that does not exist is told", async () => {
    const { connection } = open({ host: "nowhere.invalid" });
    await using _ = connection;
    await untilFault(connection, /there is no such host/);
  });

  Deno.test("a server that does not speak TLS is told", async () => {
    await using server = await startRedis();
    const { connection } = open({
      url: server.url.replace("redis:", "rediss:"),
    });
    await using _ = connection;
    await untilFault(connection, /does not answer by TLS; .* redis:\/\//);
  });

  Deno.test("a password that is missing is asked for", async () => {
    await using server = await startRedis();
    await server.cli("CONFIG", "SET", "requirepass", "s3cret");
    const mend = () => server.cli("CONFIG", "SET", "requirepass", "");
    await mends({ url: server.url }, /asks for a password/, mend);
  });

  Deno.test("a password that is wrong is told", async () => {
    await using server = await startRedis();
    await server.cli("CONFIG", "SET", "requirepass", "s3cret");
    const url = server.url.replace("//", "//:wr0ng@");
    const mend = () => server.cli("CONFIG", "SET", "requirepass", "wr0ng");
    await mends({ url }, /refuses the user or the password/, mend);
  });

  Deno.test("a password that nobody has set is told", async () => {
    await using server = await startRedis();
    const { port } = server;
    const mend = () => server.cli("CONFIG", "SET", "requirepass", "wr0ng");
    await mends({ port, password: "wr0ng" }, /knows no password/, mend);
  });

  Deno.test("a permission that is missing is told", async () => {
    await using server = await startRedis();
    const rights = ["on", ">wr0ng", "~*", "&*", "+@all", "-xadd"];
    await server.cli("ACL", "SETUSER", "ann", ...rights);
    const url = server.url.replace("//", "//ann:wr0ng@");
    const mend = () => server.cli("ACL", "SETUSER", "ann", "+xadd");
    await mends({ url }, /lacks a permission/, mend);
  });

  Deno.test("a permission that is taken away ends the use", async () => {
    await using server = await startRedis();
    await server.cli(
      "ACL",
      "SETUSER",
      "ann",
      "on",
      "nopass",
      "~*",
      "&*",
      "+@all",
    );
    const { connection } = open({ url: server.url.replace("//", "//ann:x@") });
    await using _ = connection;
    await until(connection, () => connection.isUp);
    await server.cli("ACL", "SETUSER", "ann", "-get", "-ping");
    await rejects(connection.send(["GET", "a"]), {
      code: "unsupported",
      message: /lacks a permission: it says NOPERM .*'get'/,
    });
    equal(connection.isUp, false);
  });

  Deno.test("a user who may not publish is told", async () => {
    await using server = await startRedis();
    const rights = ["on", "nopass", "~*", "+@all", "resetchannels"];
    await server.cli("ACL", "SETUSER", "mute", ...rights);
    const { connection } = open({ url: server.url.replace("//", "//mute:x@") });
    await using _ = connection;
    await untilFault(connection, /lacks a permission.*channel/);
  });

  Deno.test("a database that does not exist is told", async () => {
    await using server = await startRedis(["--databases", "2"]);
    const { connection } = open({ url: `${server.url}/7` });
    await using _ = connection;
    await untilFault(connection, /no database of that number/);
  });

  Deno.test("a server that may forget keys in use is not used", async () => {
    await using server = await startRedis([
      "--maxmemory-policy",
      "allkeys-lru",
    ]);
    const policy = ["maxmemory-policy", "noeviction"];
    const mend = () => server.cli("CONFIG", "SET", ...policy);
    await mends({ url: server.url }, /allkeys-lru/, mend);
  });

  Deno.test("a cluster is not used", async () => {
    await using server = await startRedis(["--cluster-enabled", "yes"]);
    const { connection } = open({ url: server.url });
    await using _ = connection;
    await untilFault(connection, /cluster mode/);
  });

  Deno.test("a server with no connection left is told", async () => {
    await using server = await startRedis(["--maxclients", "1"]);
    const { connection } = open({ url: server.url });
    await using _ = connection;
    await untilFault(connection, /max number of clients|connection was lost/);
    await server.cli("CONFIG", "SET", "maxclients", "10");
    await until(connection, () => connection.isUp);
  });

  Deno.test("a connection that is closed while it is made leaves nothing", async () => {
    await using server = await startRedis();
    server.signal("SIGSTOP");
    const { connection } = open({ url: server.url });
    const late = open({ url: server.url });
    await until(
      late.connection,
      () => /not answer/.test(late.connection.fault!),
    );
    await connection[Symbol.asyncDispose]();
    await late.connection[Symbol.asyncDispose]();
    await late.connection[Symbol.asyncDispose]();
    server.signal("SIGCONT");
    equal(connection.isUp, false);
    match(connection.fault!, /is closed/);
    await rejects(connection.send(["PING"]), { code: "closed" });
  });
}
