/**
 * Services are killed while clients trade on a venue that loses requests and
 * answers: no order is sent twice, none is lost.
 *
 * `deno task faults orders --seconds 60 --seed 7` runs longer.
 *
 * @module
 */
import { equal, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { requireService } from "../support/services.ts";
import { openShortSource } from "./fleet.ts";
import { type Orders, runOrders } from "./run.ts";
import { findingsOfOrders, summaryOfOrders } from "./summary.ts";

const SHORT = { seed: 20260106, seconds: 0, kills: 3, every: 8 };

async function check(postgres: string | undefined): Promise<void> {
  await using source = await openShortSource();
  const { folder } = source;
  const orders: Orders = await runOrders({ ...SHORT, folder, postgres });
  console.log(summaryOfOrders(orders));
  equal(orders.violations.length, 0, findingsOfOrders(orders));
  ok(orders.clients.unanswered > 0, "nobody has noticed that it was killed");
}

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("orders outlive a service on SQLite that is killed again and again", () =>
    check(undefined));
}

const postgres = await requireService(import.meta.url, "postgres");
if (postgres) {
  Deno.test("orders outlive two services on Postgres that are killed in turn, or both", () =>
    check(postgres));
}
