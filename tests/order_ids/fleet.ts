/**
 * Two services that are killed in turn while clients ask for numbers and ids,
 * and ask again with the same keys until they are answered.
 *
 * @module
 */
import { join } from "node:path";
import { makeSchema } from "../support/postgres_world.ts";
import { createRedis } from "../support/redis_server.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import {
  type ServiceProcess,
  startService,
} from "../support/service_process.ts";
import type { OrderAnswer, OrderReply } from "./judge.ts";

const SEQUENCE = "/api/orders/sequence";
const IDS = "/api/orders/client-order-id";

const USERS = ["ann", "bob"];
const CLIENTS = 6;

/** What becomes of a fleet. */
export interface FleetOptions {
  readonly seed: number;
  /** Answers between one kill and the next. */
  readonly every: number;
  /** How often an instance is killed and started again, one after the other. */
  readonly kills: number;
  /** Where the program is; the project unless given. */
  readonly folder?: string;
}

/** What clients have seen. */
export interface FleetHistory {
  /** Every answer, in the order of arrival. */
  readonly replies: readonly OrderReply[];
  /** Requests that had no answer, and were asked again. */
  readonly unanswered: number;
  /** Ids that the database holds, with their users. */
  readonly kept: readonly string[];
}

/** A request that can be asked again. */
interface Ask {
  readonly user: string;
  readonly key: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Runs a fleet on the server at `postgres` and a Redis of its own. */
export async function runFleet(
  postgres: string,
  redisProgram: string,
  options: FleetOptions,
): Promise<FleetHistory> {
  const { seed, every, kills, folder } = options;
  await using stack = new AsyncDisposableStack();
  const schema = stack.use(await makeSchema(postgres));
  const home = await Deno.makeTempDir({ prefix: "holdfast-orders-" });
  stack.defer(() => Deno.remove(home, { recursive: true }));
  const redis = stack.use(await createRedis(redisProgram));
  await redis.start();
  const launch = (i: number) =>
    startService(
      {
        DATABASE_URL: schema.url,
        REDIS_URL: redis.url,
        DATA_DIR: join(home, `${i}`),
        INSTANCE_ID: `i${i}`,
      },
      [],
      folder,
    );
  const services = await Promise.all([0, 1].map(launch));
  stack.defer(async () => {
    for (const one of services) await one[Symbol.asyncDispose]();
  });

  const asked: Ask[] = [];
  const replies: OrderReply[] = [];
  const chains: Record<string, string[]> = {};
  const waiting = new Map<number, () => void>();
  let unanswered = 0;
  let isOver = false;

  /** Resolves once there are `count` replies. */
  function untilReplies(count: number): Promise<void> {
    return new Promise((resolve) => waiting.set(count, resolve));
  }

  function note(ask: Ask, answer: OrderReply["answer"]): void {
    const { user, key, body } = ask;
    const chain = body["chain"] as string | undefined;
    replies.push({ user, key, chain, answer });
    for (const [count, resolve] of waiting) {
      if (replies.length >= count && waiting.delete(count)) resolve();
    }
    if ("chain" in answer && chain === undefined) {
      (chains[user] ??= []).push(answer.chain);
    }
  }

  /** Asks until there is an answer, of one instance after the other. */
  async function settle(ask: Ask, first: number): Promise<void> {
    for (let i = first;; i++) {
      const said = await post(services[i % 2]!, ask);
      if (said) return note(ask, said);
      unanswered++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async function client(n: number): Promise<void> {
    const random = createSeededEntropy(seed * 100 + n).fraction;
    const user = USERS[n % USERS.length]!;
    for (let i = 0; !isOver; i++) {
      const ask = { user, key: `key-${seed}-${n}-${i}`, ...next(random, user) };
      asked.push(ask);
      const at = random() < 0.5 ? 0 : 1;
      // Some do not wait for the first answer before they ask again.
      const isHasty = random() < 0.3;
      await Promise.all(
        (isHasty ? [at, at + 1] : [at]).map((first) => settle(ask, first)),
      );
    }
  }

  function next(random: () => number, user: string): Omit<Ask, "user" | "key"> {
    const kind = random();
    const own = chains[user] ?? [];
    if (kind < 0.3 || own.length === 0) {
      return { path: IDS, body: { mode: "scalp", type: "E" } };
    }
    if (kind < 0.6) {
      const count = 1 + Math.floor(random() * 3);
      return { path: SEQUENCE, body: { count } };
    }
    // Of the newest, so that several clients want the same one.
    const chain = own[own.length - 1 - Math.floor(random() * 3)] ?? own.at(-1);
    const type = random() < 0.5 ? "SL" : "TP1";
    return { path: IDS, body: { chain, type } };
  }

  const clients = Array.from({ length: CLIENTS }, (_, n) => client(n));
  const work = Promise.all(clients);
  const killing = (async () => {
    for (let i = 0; i < kills; i++) {
      await untilReplies(replies.length + every);
      await services[i % 2]!.end("SIGKILL");
      if (i === 1) await redis.stop();
      services[i % 2] = await launch(i % 2);
      if (i === 1) await redis.start();
    }
    await untilReplies(replies.length + every);
  })();
  await Promise.race([work, killing]);
  isOver = true;
  await Promise.all([work, killing]);

  for (let i = 0; i < asked.length; i += 8) {
    await Promise.all(
      asked.slice(i, i + 8).flatMap((ask) => [settle(ask, 0), settle(ask, 1)]),
    );
  }
  const rows = await schema.psql`SELECT user_id, intent FROM order_intent
    WHERE name LIKE 'order:%'`;
  const kept = rows.map((row) =>
    `${row["user_id"]} ${JSON.parse(row["intent"]).id}`
  );
  return { replies, unanswered, kept };
}

/** The answer, unless there is none. */
async function post(
  { url }: ServiceProcess,
  { user, key, path, body }: Ask,
): Promise<OrderReply["answer"] | undefined> {
  try {
    const response = await fetch(url + path, {
      method: "POST",
      headers: { "x-user-id": user, "idempotency-key": key },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status >= 500) return undefined;
    if (response.status !== 200) return { refused: text };
    return JSON.parse(text) as OrderAnswer;
  } catch {
    return undefined; // it was killed
  }
}
