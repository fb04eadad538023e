/**
 * A program that is only type-checked: what the types of the packed client say.
 *
 * @module
 */
import {
  createHoldfast,
  type Gap,
  HoldfastError,
  type ModeConfig,
} from "@holdfast/client";

const holdfast = createHoldfast({ url: "http://127.0.0.1:8080" });
const { value, etag } = await holdfast.settings.get("scalp");
const mode: ModeConfig = value;
await holdfast.settings.patch("scalp", { size: { leverage: 3 } }, {
  ifMatch: etag,
});
// @ts-expect-error There is no such field.
await holdfast.settings.patch("scalp", { size: { leverege: 3 } });
// @ts-expect-error There is no such document.
await holdfast.settings.get("scalping");
for await (const item of holdfast.events.subscribe()) {
  if (item.kind === "event") item.event.metadata.position satisfies number;
  else item satisfies Gap;
}
const { deliveries } = await holdfast.groups.next("billing", { waitS: 5 });
await holdfast.groups.ack("billing", deliveries);
const { first, last } = await holdfast.orders.numbers({ count: 3 });
[first, last, mode.enabled] satisfies [number, number, boolean];
const error: unknown = undefined;
if (error instanceof HoldfastError) error.problem?.detail satisfies unknown;
