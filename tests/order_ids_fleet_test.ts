/**
 * Two services on a real Postgres and Redis give out numbers and ids while
 * both are killed: of one intent one id, of two never the same.
 *
 * @module
 */
import {
  type FleetHistory,
  type FleetOptions,
  runFleet,
} from "./order_ids/fleet.ts";
import {
  judgeOrders,
  type OrderReply,
  type OrderViolation,
} from "./order_ids/judge.ts";
import { deepEqual, equal, ok, rejects } from "./support/assert.ts";
import { needs } from "./support/needs.ts";
import { type Edit, openPatchedSource } from "./support/patched_source.ts";
import { makeSchema } from "./support/postgres_world.ts";
import { findRedis } from "./support/redis_server.ts";
import {
  type ServiceProcess,
  startService,
} from "./support/service_process.ts";
import { requireService } from "./support/services.ts";

/** What a service needs to run. */
const NEEDED = [
  "deno.json",
  "deno.lock",
  "domain",
  "ports",
  "adapters",
  "src",
  "examples",
];

const ONCE = "src/services/order_ids/once.ts";

/** When an instance dies: after which line, and whether all is kept by then. */
const DEATHS = [
  [
    "before its answer is kept",
    "const { answer, intents: kept } = await draft();",
    false,
  ],
  [
    "before it gives the answer that is kept",
    "const inTheWay = await intents.keep(user, all);",
    true,
  ],
] as const;

/** Rules switched off, one at a time. */
const CANARIES: Readonly<Record<string, Edit>> = {
  "an answer is kept": {
    file: ONCE,
    find: "const inTheWay = await intents.keep(user, all);",
    replace: "const inTheWay: readonly OrderIntent[] = [];",
  },
  "an answer is kept before it is given": {
    file: ONCE,
    find: "const inTheWay = await intents.keep(user, all);",
    replace:
      "intents.keep(user, all).catch(() => {}); const inTheWay: readonly OrderIntent[] = [];",
  },
  "what was kept first stays": {
    file: "adapters/postgres/migrations/0009_order_intents.sql",
    find: "ON CONFLICT DO NOTHING",
    replace:
      "ON CONFLICT (user_id, name) DO UPDATE SET intent = excluded.intent",
  },
};

function judge({ replies, kept }: FleetHistory): readonly OrderViolation[] {
  return judgeOrders(replies, new Set(kept));
}

Deno.test("the judge of orders finds what must not be", () => {
  const id = (number: number, type = "E") => ({
    client_order_id: `ULT-06JAN-0000${number}-${type}`,
    chain: `ULT-06JAN-0000${number}`,
    day: "20260106",
    number,
    type,
  });
  const of = (key: string, answer: OrderReply["answer"], chain?: string) => ({
    user: "ann",
    key,
    answer,
    chain,
  });
  const kept = new Set(
    [1, 2].flatMap((n) =>
      ["E", "SL"].map((type) => `ann ${id(n, type).client_order_id}`)
    ),
  );
  const numbers = (first: number, last: number) => ({
    day: "20260106",
    first,
    last,
  });
  const found = (...replies: OrderReply[]) =>
    judgeOrders(replies, kept).map(({ rule }) => rule);
  const { chain } = id(1);
  deepEqual(
    found(
      of("a", id(1)),
      of("a", id(1)),
      of("b", id(1, "SL"), chain),
      of("c", id(1, "SL"), chain),
      of("d", numbers(3, 5)),
      { ...of("a", numbers(1, 9)), user: "bob" },
    ),
    [],
  );
  deepEqual(found(of("a", id(1)), of("a", id(2))), ["repeat"]);
  deepEqual(found(of("a", id(1)), of("b", id(1))), ["unique", "unique"]);
  deepEqual(found(of("a", id(1)), of("b", numbers(1, 1))), ["unique"]);
  deepEqual(found(of("a", numbers(1, 2)), of("b", numbers(2, 3))), ["unique"]);
  deepEqual(found(of("a", id(2, "SL"), chain)), ["chain"]);
  deepEqual(found(of("a", id(3))), ["kept"]);
  deepEqual(found(of("a", { refused: "404" })), ["refused"]);
});

const database = await requireService(import.meta.url, "postgres");
const redis = database &&
  await needs(import.meta.url, ["read", "write", "run", "net", "env"]) &&
  await findRedis();

if (database && redis) {
  const run = (options: FleetOptions) => runFleet(database, redis, options);

  Deno.test("of one intent one id, whichever instance is killed, and no number for two", async () => {
    const history = await run({ seed: 1, every: 60, kills: 4 });
    const { replies, unanswered } = history;
    deepEqual(judge(history), []);
    ok(unanswered > 0, "nobody has noticed that services were killed");
    const ids = new Set(
      replies.flatMap(({ answer }) =>
        "client_order_id" in answer ? [answer.client_order_id] : []
      ),
    );
    console.log(
      `${replies.length} answers, ${ids.size} ids, ${unanswered} requests without an answer`,
    );
  });

  for (const [when, find, isKept] of DEATHS) {
    Deno.test(`an instance that dies ${when} leaves a repeat with one answer`, async () => {
      await using stack = new AsyncDisposableStack();
      const edit = { file: ONCE, find, replace: `${find} Deno.exit(137);` };
      const source = stack.use(await openPatchedSource(NEEDED, [edit]));
      equal(source.fault, undefined);
      const schema = stack.use(await makeSchema(database));
      const env = { DATABASE_URL: schema.url };
      const mortal = stack.use(await startService(env, [], source.folder));
      const other = stack.use(await startService(env));
      const ask = ({ url }: ServiceProcess) =>
        fetch(`${url}/api/orders/client-order-id`, {
          method: "POST",
          headers: { "idempotency-key": "some-request" },
          body: JSON.stringify({ mode: "ULT", type: "E" }),
        });
      await rejects(ask(mortal));
      const held = await schema.psql`SELECT intent FROM order_intent`;
      equal(held.length, isKept ? 3 : 0);
      const answers = await Promise.all([1, 2, 3].map(() => ask(other)));
      const numbers = await Promise.all(answers.map(async (answer) => {
        equal(answer.status, 200);
        return (await answer.json()).number;
      }));
      const [number] = numbers;
      deepEqual(numbers, [number, number, number]);
      // Of the number that nobody was told there is no trace.
      equal(number === 1, isKept);
      const after = await schema.psql`SELECT intent FROM order_intent`;
      equal(after.length, 3);
    });
  }

  for (const [rule, edit] of Object.entries(CANARIES)) {
    Deno.test(`the judge of orders finds out where not "${rule}"`, async () => {
      await using source = await openPatchedSource(NEEDED, [edit]);
      equal(source.fault, undefined);
      const { folder } = source;
      const history = await run({ seed: 2, every: 60, kills: 0, folder });
      const repeats = judge(history).filter(({ rule }) => rule === "repeat");
      ok(repeats.length > 0, "the judge has found nothing");
    });
  }
}
