/**
 * Events with the client, on Node 20 or newer:
 *
 *   npm install ./dist/holdfast-client-0.1.0.tgz   (made by: deno task pack:client)
 *   node examples/follow.mjs 3
 *
 * Publishes so many events, and follows the log until it has heard them.
 *
 * @module
 */
import process from "node:process";
import { createHoldfast } from "@holdfast/client";

const { HOLDFAST_URL: url, HOLDFAST_KEY: apiKey } = process.env;
const count = Number(process.argv[2] ?? 3);
const holdfast = createHoldfast({ url, apiKey });

let hasPublished = false;
const stream = holdfast.events.subscribe({
  channels: ["setup.*"],
  onState({ state }) {
    console.log(state === "open" ? "following" : "cut off: coming back");
    if (state === "open") publish();
  },
});
let heard = 0;
for await (const item of stream) {
  if (item.kind === "gap") {
    console.log(`gap: going on with ${item.earliest}`);
    continue;
  }
  const { position } = item.event.metadata;
  console.log(`${item.event.event_type} ${item.event.data.setup_id}`, position);
  if (++heard === count) break;
}

/** Publishes; an event that is sent again is in the log once. */
async function publish() {
  if (hasPublished) return;
  hasPublished = true;
  for (let n = 1; n <= count; n++) {
    const data = { setup_id: `example-${n}` };
    await holdfast.events.publish({ event_type: "setup.received", data });
  }
}
