/**
 * The paper broker obeys the broker contract, wherever its rows are.
 *
 * @module
 */
import { openPostgresTradeLedger } from "../../adapters/postgres/trade_ledger.ts";
import { openSqliteTradeLedger } from "../../adapters/sqlite/trade_ledger.ts";
import { ONE } from "../../domain/decimal.ts";
import type { Broker } from "../../ports/broker.ts";
import { BROKER_LAWS, testBroker } from "../contracts/broker.ts";
import { rejects } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { openBrokerSubject } from "../support/paper_world.ts";
import { createPostgresWorld } from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";
import { createSqliteWorld } from "../support/sqlite_world.ts";

const COSTLY = { slippageBps: 5n * ONE, commissionBps: ONE };

testBroker(
  "paper, at the price of now",
  async () => openBrokerSubject({ options: COSTLY }),
);

testBroker(
  "paper, at the next bar",
  async () => openBrokerSubject({ fillAt: "next_bar", options: COSTLY }),
);

const IN_PARTS = { partial: 1, ...COSTLY };

testBroker(
  "paper, in parts",
  async () => openBrokerSubject({ options: IN_PARTS }),
);

testBroker(
  "paper, in parts of the next bar",
  async () => openBrokerSubject({ fillAt: "next_bar", options: IN_PARTS }),
);

if (await needs(import.meta.url, ["read", "write"])) {
  testBroker("paper on sqlite", async () => {
    const world = await createSqliteWorld();
    const ledger = openSqliteTradeLedger(world.db);
    return openBrokerSubject({ options: IN_PARTS }, ledger, ledger, world);
  });
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  testBroker("paper on postgres", async () => {
    const world = await createPostgresWorld(url);
    const ledger = openPostgresTradeLedger(world.db);
    return openBrokerSubject({ options: IN_PARTS }, ledger, ledger, world);
  });
}

/** Brokers that are wrong, each with a law that notices. */
const BROKEN: readonly [
  law: keyof typeof BROKER_LAWS,
  what: string,
  broken: (broker: Broker) => Partial<Broker>,
][] = [
  [
    "the same order again is the order that is there",
    "sends twice",
    (broker) => {
      let sent = 0;
      return {
        submit: (order) =>
          broker.submit({ ...order, id: `${order.id}${sent++}` }),
      };
    },
  ],
  [
    "the id of an order with other terms is refused, and nothing changed",
    "answers with the order of other terms",
    (broker) => ({
      submit: async (order) =>
        await broker.find(order.user, order.id) ?? await broker.submit(order),
    }),
  ],
  ["positions are what the fills come to, exactly", "rounds", (broker) => ({
    positions: async (user) =>
      (await broker.positions(user)).map((position) => ({
        ...position,
        avgEntryPrice: position.avgEntryPrice / 10n * 10n,
      })),
  })],
  ["canceling what is over changes nothing", "cancels what is filled", (
    broker,
  ) => ({
    cancel: async (user, id) => {
      const report = await broker.cancel(user, id);
      return report && { ...report, status: "canceled" };
    },
  })],
  [
    "an order whose price is not met stays open until it is canceled",
    "hides conditional orders",
    (
      broker,
    ) => ({
      open: async (user) =>
        (await broker.open(user)).filter(({ order }) => !order.stopPrice),
    }),
  ],
  [
    "a reduce-only order brings a position to 0 at most",
    "overlooks reduce-only",
    (
      broker,
    ) => ({
      submit: (order) => broker.submit({ ...order, reduceOnly: false }),
    }),
  ],
  [
    "who gives a submit up while it is held up stops it",
    "does not hear that it is to stop",
    (broker) => ({ submit: (order) => broker.submit(order) }),
  ],
];

for (const [law, what, broken] of BROKEN) {
  Deno.test(`the laws notice a broker that ${what}`, async () => {
    await using subject = openBrokerSubject({});
    const broker = { ...subject.broker, ...broken(subject.broker) };
    await rejects(BROKER_LAWS[law]({ ...subject, broker }));
  });
}
