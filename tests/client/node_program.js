/**
 * A program of a user of the packed client, on Node: `node node_program.js URL`.
 *
 * @module
 */
import process from "node:process";
import { createHoldfast, HoldfastError } from "@holdfast/client";
import { publishAndHear } from "./outage.js";

const [url] = process.argv.slice(2);
const holdfast = createHoldfast({
  url,
  user: "ann",
  timeoutMs: 60_000,
  attempts: 50,
});
const say = (line) => process.stdout.write(`${line}\n`);

const health = await holdfast.health();
const before = await holdfast.settings.get("scalp");
const after = await holdfast.settings.patch("scalp", { enabled: false }, {
  ifMatch: before.etag,
});
let conflict;
try {
  await holdfast.settings.patch("scalp", { enabled: true }, {
    ifMatch: before.etag,
  });
} catch (error) {
  if (error instanceof HoldfastError) conflict = error.code;
}
const { heard, states } = await publishAndHear(holdfast, 60, say);
say(JSON.stringify({
  status: health.status,
  enabled: after.value.enabled,
  conflict,
  heard,
  states,
}));
