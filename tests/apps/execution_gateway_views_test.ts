/**
 * What the gateway tells of orders and positions, where some of it is missing.
 *
 * @module
 */
import { formatDecimal } from "../../domain/decimal.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { PortError, type PortErrorCode } from "../../ports/port_error.ts";
import type { Prices } from "../../src/services/prices.ts";
import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import {
  ACME,
  ANN,
  createGatewayWorld,
  dec,
  until,
  wanted,
} from "../support/gateway_world.ts";

/** A gateway that holds 10 ACME, bought at 100, and asks `latest` for prices. */
async function createHolder(latest: Prices["latest"]) {
  const world = await createGatewayWorld({ prices: { latest } });
  world.broker.script("fill");
  await world.gateway.submit(ANN, wanted({ id: "one" }));
  return world;
}

const failing = (code: PortErrorCode) => () =>
  Promise.reject(new PortError(code, "Cannot tell"));

for (const code of ["unavailable", "timeout"] as const) {
  Deno.test(`while prices are away (${code}) no position is told, rather than a wrong one`, async () => {
    const { gateway } = await createHolder(failing(code));
    await rejects(gateway.positions(ANN), { code });
  });
}

for (const code of ["not_found", "corrupt", "quarantined"] as const) {
  Deno.test(`what has no price (${code}) is worth what it was entered at`, async () => {
    const { gateway } = await createHolder(failing(code));
    const [view] = await gateway.positions(ANN);
    equal(formatDecimal(view!.currentPrice), "100");
    equal(view!.unrealizedPnl, 0n);
  });
}

Deno.test("a position that is closed needs no price", async () => {
  const { gateway, broker } = await createHolder(failing("unavailable"));
  broker.script("fill");
  await gateway.submit(ANN, wanted({ id: "two", side: "sell" }));
  const [view] = await gateway.positions(ANN);
  deepEqual([view!.qty, view!.currentPrice, view!.unrealizedPnl], [0n, 0n, 0n]);
});

Deno.test("only some prices are asked for at once, and all are told by symbol", async () => {
  const gate = Promise.withResolvers<void>();
  let underWay = 0;
  let most = 0;
  const { gateway, broker } = await createHolder(async () => {
    most = Math.max(most, ++underWay);
    await gate.promise;
    underWay--;
    return { price: dec("110"), asOf: "2026-01-02" as never };
  });
  const symbols = Array.from({ length: 30 }, (_, i) => `SYM${10 + i}`);
  for (const symbol of symbols) {
    broker.script("fill");
    const order = wanted({ id: symbol, symbol: parseSymbol(symbol) });
    await gateway.submit(ANN, order);
  }
  const asked = gateway.positions(ANN);
  await until(() => most > 1);
  await until(() => true);
  gate.resolve();
  const views = await asked;
  equal(most, 8);
  deepEqual(views.map(({ symbol }) => symbol), [ACME, ...symbols]);
  deepEqual(
    new Set(views.map((one) => one.unrealizedPnl)),
    new Set([dec("100")]),
  );
});

Deno.test("an order that cannot be read holds up no other", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, ledger, telemetry } = world;
  for (const id of ["one", "two", "three", "four"]) {
    await world.clock.advance(1);
    await gateway.submit(ANN, wanted({ id }));
  }
  const ref = { kind: "order", id: "two" };
  const [row] = await ledger.find(ANN, [ref]);
  const change = { ...ref, ifVersion: row!.version, isOpen: true, at: row!.at };
  await ledger.commit(ANN, [{ ...change, json: "{}" }]);
  broker.fill("one", "10");
  await rejects(gateway.refresh(), { code: "corrupt" });
  await rejects(gateway.refresh(), { code: "corrupt" });
  equal((await gateway.find(ANN, "one"))?.status, "filled");
  const told = telemetry.logged("error").filter(({ fields }) =>
    fields["order"] === "two"
  );
  equal(told.length, 1);
  // It is left out of lists, whose pages are full all the same.
  const ids = async (limit: number, after?: string) =>
    (await gateway.orders(ANN, { limit, after })).map(({ id }) => id);
  deepEqual(await ids(3), ["four", "three", "one"]);
  deepEqual(await ids(1, "three"), ["one"]);
  deepEqual(await ids(9, "two"), ["one"]);
  match(telemetry.logged("error").at(-1)!.message, /left out of a list/);
});
