/**
 * Looking at a Redis server, and taking it over.
 *
 * @module
 */
import { judgeServer } from "../../adapters/redis/server_findings.ts";
import { createRedisUpkeep } from "../../adapters/redis/upkeep.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { formatCheckpoint, parseCheckpoint } from "../../domain/checkpoint.ts";
import { skewFinding } from "../../ports/clock_skew.ts";
import type { Finding } from "../../ports/finding.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { quietPort } from "../support/quiet_port.ts";
import { canStartRedis, startRedis } from "../support/redis_world.ts";

const clock = createSystemClock();

/** The levels of `findings` by what was looked at, the worst of each. */
function levels(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(findings.map(({ check, level }) => [check, level]));
}

const GOOD = [
  "redis_version:7.0.15",
  "maxmemory:1000",
  "used_memory:10",
  "maxmemory_policy:noeviction",
  "aof_enabled:1",
  "aof_last_write_status:ok",
  "rdb_last_bgsave_status:ok",
];

const SETUPS: readonly [line: string, check: string, level: string][] = [
  ["maxmemory_policy:allkeys-lru", "redis policy", "fail"],
  ["maxmemory_policy:volatile-lru", "redis policy", "warn"],
  ["maxmemory:0", "redis memory", "warn"],
  ["used_memory:900", "redis memory", "warn"],
  ["aof_enabled:0", "redis persistence", "warn"],
  ["aof_last_write_status:err", "redis persistence", "fail"],
  ["rdb_last_bgsave_status:err", "redis persistence", "fail"],
];

Deno.test("redis findings: a server that is set up well has nothing to mend", () => {
  const findings = judgeServer(GOOD.join("\r\n"));
  deepEqual(findings.filter(({ level, mend }) => level !== "ok" || mend), []);
});

for (const [line, check, level] of SETUPS) {
  Deno.test(`redis findings: ${line} is told, with what mends it`, () => {
    const [name] = line.split(":");
    const info = [...GOOD.filter((l) => !l.startsWith(`${name}:`)), line];
    const found = judgeServer(info.join("\r\n"))
      .filter((finding) => finding.level !== "ok");
    deepEqual(found.map((finding) => [finding.check, finding.level]), [
      [check, level],
    ]);
    ok(found[0]!.mend);
  });
}

Deno.test("clock skew: what the answer took is not counted", () => {
  equal(skewFinding("redis", 1000, 3500, 4000).level, "ok");
  equal(skewFinding("redis", 1000, 1000 - 999, 4000).level, "ok");
  const behind = skewFinding("redis", 10_000, 7_000, 10_100);
  deepEqual([behind.level, behind.says], [
    "warn",
    "is 3.0 s behind this machine's",
  ]);
  const ahead = skewFinding("redis", 10_000, 100_000, 20_000);
  deepEqual([ahead.level, ahead.says], [
    "fail",
    "is 80.0 s ahead of this machine's",
  ]);
});

if (await canStartRedis(import.meta.url)) {
  const FOREIGN = formatCheckpoint({
    epoch: "0196f0c2-aaaa-7a40-9c55-3b1f6e0a2d11",
    generation: "ab",
    position: 9,
    settingsPosition: 4,
  });
  const OURS = {
    epoch: "0196f0c2-bbbb-7a40-9c55-3b1f6e0a2d11",
    generation: "cd",
    position: 3,
    settingsPosition: 2,
  };

  Deno.test("redis upkeep: a server is looked at, and nothing is left in it", async () => {
    await using redis = await startRedis();
    const upkeep = createRedisUpkeep({ url: redis.url }, clock);
    const { findings, isFit, mark, others } = await upkeep.examine();
    equal(isFit, true);
    equal(mark, undefined);
    equal(others, 1, "the test is connected as well");
    const found = levels(findings);
    deepEqual([found["redis"], found["redis use"], found["redis clock"]], [
      "ok",
      "ok",
      "ok",
    ]);
    equal(await redis.cli("DBSIZE"), 0);
  });

  Deno.test("redis upkeep: a wrong policy, a wrong password and a lack of rights are told with what mends them", async () => {
    await using redis = await startRedis();
    await redis.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    const upkeep = createRedisUpkeep({ url: redis.url }, clock);
    const policy = await upkeep.examine();
    equal(policy.isFit, false);
    ok(
      policy.findings.some(({ mend }) =>
        mend === "redis-cli CONFIG SET maxmemory-policy noeviction"
      ),
    );
    await redis.cli("CONFIG", "SET", "maxmemory-policy", "noeviction");
    await redis.cli(
      ...["ACL", "SETUSER", "bob", "on", ">secret-7", "~*", "&*"],
      ...["+@all", "-eval", "-evalsha"],
    );
    const at = redis.url.replace("redis://", "");
    const bob = createRedisUpkeep(
      { url: `redis://bob:secret-7@${at}` },
      clock,
    );
    const rights = await bob.examine();
    equal(rights.isFit, false);
    match(
      rights.findings.find(({ check }) => check === "redis use")!.says,
      /permission/,
    );
    const wrong = createRedisUpkeep(
      { url: `redis://bob:wrong-8@${at}` },
      clock,
    );
    const password = await wrong.examine();
    match(password.findings[0]!.says, /refuses the user or the password/);
    const said = JSON.stringify([policy, rights, password]);
    ok(!/secret-7|wrong-8/.test(said), said);
  });

  Deno.test("redis upkeep: a replica, and a server that takes no writes, are told", async () => {
    await using redis = await startRedis();
    const upkeep = createRedisUpkeep({ url: redis.url }, clock);
    const mendOfUse = async () =>
      (await upkeep.examine()).findings
        .find(({ check }) => check === "redis use")?.mend;
    await redis.cli("REPLICAOF", "127.0.0.1", `${quietPort()}`);
    equal(await mendOfUse(), "name the master in REDIS_URL");
    await redis.cli("REPLICAOF", "NO", "ONE");
    await redis.cli("CONFIG", "SET", "min-replicas-to-write", "1");
    equal(await mendOfUse(), "mend it, or use another server");
  });

  Deno.test("redis upkeep: a user as the advice makes him may do all of it", async () => {
    await using redis = await startRedis();
    await redis.cli(
      ...["ACL", "SETUSER", "bob", "on", ">pw", "~*", "&*"],
      ...["+@all", "-@dangerous", "+info", "+client"],
    );
    const url = redis.url.replace("redis://", "redis://bob:pw@");
    const { findings, isFit } = await createRedisUpkeep({ url }, clock)
      .examine();
    equal(isFit, true, JSON.stringify(findings));
  });

  Deno.test("redis upkeep: a server that is away or hung is told in time", async () => {
    const port = quietPort();
    const away = await createRedisUpkeep({ port }, clock).examine();
    match(away.findings[0]!.says, /nothing listens there$/);
    await using redis = await startRedis();
    redis.signal("SIGSTOP");
    const began = clock.monotonic();
    const hung = await createRedisUpkeep({ url: redis.url }, clock).examine();
    redis.signal("SIGCONT");
    match(hung.findings[0]!.says, /it does not answer$/);
    ok(clock.monotonic() - began < 1600);
  });

  Deno.test("redis upkeep: taking over moves the checkpoint, and from nothing but what was looked at", async () => {
    await using redis = await startRedis();
    const upkeep = createRedisUpkeep({ url: redis.url }, clock);
    await redis.cli("SET", "hf:checkpoint", FOREIGN);
    await redis.cli("SET", "user:7:mode:scalp", "theirs");
    await redis.cli("XADD", "hf:log", "9-0", "a", "1");
    equal((await upkeep.examine()).mark, FOREIGN);
    const other = FOREIGN.replace(":9:", ":8:");
    equal(await upkeep.takeOver(other, OURS), false);
    equal(await redis.cli("GET", "hf:checkpoint"), FOREIGN);

    equal(await upkeep.takeOver(FOREIGN, OURS), true);
    deepEqual(parseCheckpoint(await redis.cli("GET", "hf:checkpoint")), OURS);
    // Events of the other log are gone; documents are left and not believed.
    equal(await redis.cli("EXISTS", "hf:log"), 0);
    equal(await upkeep.takeOver(FOREIGN, OURS), false);
    redis.signal("SIGKILL");
    await rejects(upkeep.takeOver(FOREIGN, OURS), { code: "unavailable" });
  });
}
