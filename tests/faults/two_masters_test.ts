/**
 * Three services of which a failover takes one to another Redis, while the old
 * master goes on to answer the other two; and what Redis tells one that Postgres
 * does not answer.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { createHistory, type Versioned } from "../support/history.ts";
import { judge } from "../support/linearizable.ts";
import { openTcpProxy } from "../support/tcp_proxy.ts";
import { documentOf } from "./clients.ts";
import { ask, Refused } from "./http.ts";
import type { Instance } from "./instance.ts";
import { look } from "./modes.ts";
import { until } from "./settle.ts";
import { openWorld, type Programs, requirePrograms } from "./world.ts";

/** How soon an instance is normal, or knows that it may not be. */
const SOON_MS = 8000;

/** What waits for nothing is told within this on a busy machine. */
const AT_ONCE_MS = 500;

const KEYS = ["key1", "key2", "key3"];

/** How long all of them work in each state of the world. */
const WORK_MS = 1500;

function testTwoMasters(programs: Programs): void {
  Deno.test("faults: a replica promoted for one of three instances makes nothing stale for any", async () => {
    await using world = await openWorld(programs);
    const { redis: old, spare: next, instances: [ann, bob] } = world;
    const cid = await world.another("cid");
    const all = [ann, bob, cid];
    for (const instance of all) await instance.start();
    const work = createWork(all);
    await work.prepare();
    for (const instance of all) await untilMode(instance, "normal");
    await work.go(WORK_MS);
    ok(work.sources("redis").size === 3, "all of them read from Redis");

    // What the replica lacks by then it would serve as the newest.
    await using way = await openTcpProxy(old);
    await next.start();
    await next.replicaOf(way);
    way.toClient.hold();
    await work.go(300);
    await next.promote();
    ann.redis.retarget(next);
    ann.redis.cut();
    await work.during(WORK_MS, async () => {
      const { mode } = await untilReason(ann, /as other instances believe/);
      equal(mode, "degraded");
    });
    work.forget();
    await work.go(WORK_MS);
    // Those who are left with the old master may believe it; ann may not.
    deepEqual([...work.sources("redis")].sort(), ["bob", "cid"]);

    for (const { redis } of [bob, cid]) {
      redis.retarget(next);
      redis.cut();
    }
    await work.during(WORK_MS, async () => {
      for (const instance of all) await untilMode(instance, "normal");
    });
    work.forget();
    await work.go(WORK_MS);
    equal(work.sources("redis").size, 3, "all of them read from the new one");

    const { operations } = work.history;
    deepEqual(judge(operations, await work.final()), []);
    ok(operations.length > 500, `only ${operations.length} operations`);
    const writes = operations.filter(({ kind }) => kind === "write");
    console.log(
      `${operations.length} operations, ${writes.length} of them writes`,
    );
  });

  Deno.test("faults: a Redis that is up and not believed answers, unverified, when Postgres goes", async () => {
    await using world = await openWorld(programs);
    const { redis: old, spare: next, postgres, instances: [ann, bob] } = world;
    for (const instance of [ann, bob]) await instance.start();
    const work = createWork([ann, bob]);
    await work.prepare();
    for (const instance of [ann, bob]) await untilMode(instance, "normal");
    await work.go(500);
    await next.start();
    await next.replicaOf(old);
    await next.caughtUp(old);
    await next.promote();
    ann.redis.retarget(next);
    ann.redis.cut();
    await untilReason(ann, /as other instances believe another/);
    await postgres.stop();
    for (const instance of [ann, bob]) {
      await untilMode(instance, "unverified");
      for (const key of KEYS) {
        const { headers } = await ask(instance.url, "GET", key);
        equal(headers.get("x-holdfast-verified"), "false");
      }
    }
  });

  Deno.test("faults: a Redis emptied while Postgres is out of reach has what others put back", async () => {
    await using world = await openWorld(programs);
    const { redis, instances: [ann, bob] } = world;
    for (const instance of [ann, bob]) await instance.start();
    const work = createWork([ann, bob]);
    await work.prepare();
    for (const instance of [ann, bob]) await untilMode(instance, "normal");
    await bob.postgres.refuse();
    await redis.command("FLUSHALL");
    // Nobody but Postgres knows what they were, and bob says at once that he cannot ask.
    const asked = performance.now();
    const none = { name: "Refused", status: 503, message: /nothing listens/ };
    await rejects(ask(bob.url, "GET", "nobody"), none);
    ok(performance.now() - asked < AT_ONCE_MS);
    for (const key of KEYS) {
      await ask(ann.url, "GET", key);
      await until(
        SOON_MS,
        () => sourceOf(bob, key),
        (source) => source === "redis",
      );
    }
    await bob.postgres.mend();
    await untilMode(bob, "normal");
  });
}

/** Whether somebody else was faster to write. */
function isOvertaken(error: unknown): boolean {
  return error instanceof Refused && error.status === 412;
}

/**
 * Clients of every instance that write and read the same keys; any
 * other failure than to be overtaken ends the work with an error.
 */
function createWork(instances: readonly Instance[]) {
  const history = createHistory(
    () => performance.now(),
    (error) => isOvertaken(error) ? "failed" : "unknown",
  );
  /** Which instances have answered from where. */
  let answered: (readonly [source: string | null, name: string])[] = [];
  let written = 0;

  const versionOf = (headers: Headers) =>
    Number(/^"(\d+)"$/.exec(headers.get("etag")!)![1]);

  async function readOne(
    { url, name }: Instance,
    key: string,
  ): Promise<Versioned & { readonly verified: boolean }> {
    const { headers, document } = await ask(url, "GET", key);
    answered.push([headers.get("x-holdfast-source"), name]);
    return {
      value: JSON.parse(document!).custom.value,
      version: versionOf(headers),
      verified: headers.get("x-holdfast-verified") !== "false",
    };
  }

  async function write({ url, name }: Instance, key: string): Promise<void> {
    const value = `${name} ${++written}`;
    await history.write(name, key, value, async () => {
      const { headers } = await ask(url, "PUT", key, documentOf(key, value));
      return versionOf(headers);
    }).catch((error) => {
      if (!isOvertaken(error)) throw error;
    });
  }

  /** Each write is followed by a read through every instance at once. */
  async function runWriter(instance: Instance, until: number): Promise<void> {
    for (let i = 0; performance.now() < until; i++) {
      const key = KEYS[i % KEYS.length]!;
      await write(instance, key);
      await Promise.all(instances.map((other) =>
        history.read(
          `${instance.name} at ${other.name}`,
          key,
          () => readOne(other, key),
        )
      ));
      await sleep(5);
    }
  }

  async function go(ms: number): Promise<void> {
    const until = performance.now() + ms;
    await Promise.all(instances.map((instance) => runWriter(instance, until)));
  }

  return {
    history,
    async prepare() {
      for (const key of KEYS) await write(instances[0]!, key);
    },
    go,
    /** Lets all work while `check` looks, and for `ms` at least. */
    async during(ms: number, check: () => Promise<void>) {
      const working = go(ms);
      try {
        await check();
      } finally {
        await working;
      }
    },
    sources: (source: string) =>
      new Set(answered.filter(([from]) => from === source).map(([, to]) => to)),
    forget: () => void (answered = []),
    /** What is stored in the end. */
    async final(): Promise<Map<string, Versioned>> {
      const final = new Map<string, Versioned>();
      for (const key of KEYS) final.set(key, await readOne(instances[0]!, key));
      return final;
    },
  };
}

/** Where the answer is from; `refused` where there is none. */
async function sourceOf({ url }: Instance, key: string) {
  try {
    const { headers } = await ask(url, "GET", key);
    return headers.get("x-holdfast-source");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return "refused";
  }
}

const untilMode = (instance: Instance, wanted: string) =>
  until(SOON_MS, () => look(instance), ({ mode }) => mode === wanted);

const untilReason = (instance: Instance, why: RegExp) =>
  until(SOON_MS, () => look(instance), ({ reason }) => why.test(`${reason}`));

const programs = await requirePrograms(import.meta.url);
if (programs) testTwoMasters(programs);
