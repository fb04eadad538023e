/**
 * Reports of the venue, and how they are taken in.
 *
 * @module
 */
import { parseSymbol } from "../../domain/symbol.ts";
import type { BrokerFill } from "../../ports/broker.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import {
  ANN,
  createGatewayWorld,
  dec,
  holdings,
  wanted,
} from "../support/gateway_world.ts";

const LIES: Record<string, (fill: BrokerFill) => BrokerFill> = {
  "an id that is too long": (fill) => ({ ...fill, id: "x".repeat(300) }),
  "no id": (fill) => ({ ...fill, id: "" }),
  "an id that no row can have": (fill) => ({ ...fill, id: "x\0" }),
  "a price of fifty digits": (fill) => ({ ...fill, price: 10n ** 62n }),
  "a commission of fifty digits": (fill) => ({
    ...fill,
    commission: 10n ** 62n,
  }),
};

for (const [name, lie] of Object.entries(LIES)) {
  Deno.test(`a fill with ${name} is not believed, and harms nothing`, async () => {
    const { gateway, broker, telemetry } = await createGatewayWorld();
    await gateway.submit(ANN, wanted({ id: "one" }));
    broker.fill("one", "4");
    broker.lie((report) => ({ ...report, fills: report.fills.map(lie) }));
    for (let i = 0; i < 3; i++) await gateway.refresh();
    const order = await gateway.find(ANN, "one");
    equal(order?.status, "accepted");
    match(order!.reason!, /^Cannot use what the venue says as a fill /);
    equal(telemetry.counted("holdfast_order_reports_refused_total"), 3);
    // It is said once.
    equal(telemetry.logged("error").length, 1);
    deepEqual(await holdings(gateway), []);
    broker.lie();
    await gateway.refresh();
    deepEqual(await holdings(gateway), ["4 ACME at 100, 0 earned"]);
  });
}

Deno.test("reports that come together are taken in together, each as if alone", async () => {
  const { gateway, broker, ledger, events } = await createGatewayWorld();
  const ids = Array.from({ length: 40 }, (_, i) => `o-${i}`);
  const symbol = (i: number) => parseSymbol(`S${i % 7}`);
  broker.script(...ids.map(() => "fill" as const));
  // One that cannot be does not hold up the others.
  broker.lie((report) =>
    report.order.id === "o-3" ? { ...report, brokerId: "" } : report
  );
  const commits = slowFills(ledger);
  await Promise.all(
    ids.map((id, i) => gateway.submit(ANN, wanted({ id, symbol: symbol(i) }))),
  );
  ok(commits() <= 10, `${commits()} commits`);
  const statuses = await Promise.all(
    ids.map(async (id) => (await gateway.find(ANN, id))?.status),
  );
  statuses.forEach((status, i) =>
    equal(status, i === 3 ? "pending_new" : "filled")
  );
  // Each fill follows on the one before it, and is told once.
  const moves = (await events()).filter(({ channel, data }) =>
    channel === "positions.updated" && data["symbol"] === "S1"
  );
  deepEqual(
    moves.map(({ data }) => data["new_qty"]),
    ["10", "20", "30", "40", "50", "60"],
  );
  const [held] = (await gateway.positions(ANN)).filter((one) =>
    one.symbol === "S1"
  );
  equal(held?.qty, dec("60"));
});

Deno.test("a row that makes no sense holds up only its own order", async () => {
  const { gateway, broker, ledger } = await createGatewayWorld();
  const ids = ["ONE", "TWO", "SIX", "TEN"];
  const { submit } = broker;
  broker.submit = async (order, signal) => {
    if (order.id === "SIX") {
      await ledger.commit(ANN, [{
        kind: "position",
        id: "SIX",
        ifVersion: 0,
        isOpen: true,
        at: 0,
        json: "{}",
      }]);
    }
    return await submit(order, signal);
  };
  broker.script("fill", "fill", "fill", "fill");
  slowFills(ledger);
  const entered = await Promise.all(
    ids.map((id) =>
      gateway.submit(ANN, wanted({ id, symbol: parseSymbol(id) }))
    ),
  );
  deepEqual(entered.map(({ order }) => order.status), [
    "filled",
    "filled",
    "pending_new",
    "filled",
  ]);
});

/** Lets commits of fills take a turn, so that others gather; returns how many. */
function slowFills(ledger: TradeLedger): () => number {
  let commits = 0;
  const { commit } = ledger;
  ledger.commit = async (...call) => {
    if (call[1].some(({ kind }) => kind === "fill")) {
      commits++;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return await commit(...call);
  };
  return () => commits;
}
