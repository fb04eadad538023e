/**
 * Settings and orders with the TypeScript client, on Deno:
 *
 *   deno task start &
 *   deno run --allow-net --allow-env=HOLDFAST_URL,HOLDFAST_KEY examples/trade.ts
 *
 * @module
 */
import { createHoldfast, HoldfastError } from "@holdfast/client";

const holdfast = createHoldfast({
  url: Deno.env.get("HOLDFAST_URL"),
  apiKey: Deno.env.get("HOLDFAST_KEY"),
});

// Change a setting, unless somebody else has changed it meanwhile.
const { value: scalp, etag } = await holdfast.settings.get("scalp");
console.log(`scalp: leverage ${scalp.size.leverage}`);
const leverage = scalp.size.leverage > 2 ? 2 : 3;
const changes = { size: { leverage } };
const changed = await holdfast.settings.patch("scalp", changes, {
  ifMatch: etag,
});
console.log(`scalp: leverage ${changed.value.size.leverage} from now on`);

// Whoever still has the old version is told, and loses nothing.
try {
  await holdfast.settings.patch("scalp", changes, { ifMatch: etag });
} catch (error) {
  if (!(error instanceof HoldfastError)) throw error;
  console.log(`scalp: ${error.code}`);
}

// What a decision needs, as it stood at one moment, in one round trip.
const { value: documents } = await holdfast.settings.bundle(["all"]);
console.log(`${Object.keys(documents).length} documents at once`);

// An order under an id that is never given twice.
const { client_order_id } = await holdfast.orders.clientOrderId({
  mode: "SCA",
  type: "E",
  symbol: "SYNA",
});
const order = await holdfast.orders.submit({
  client_order_id,
  symbol: "SYNA",
  side: "buy",
  qty: "1",
  order_type: "market",
});
console.log(`order ${order.client_order_id}: ${order.status}`);
