/**
 * Holds what the gateway tells the log to the schemas of its channels.
 *
 * @module
 */
import { EQUITY_CHANNELS } from "../../domain/event/equity_channels.ts";
import { ok } from "./assert.ts";

/** Fails unless every event is one that its channel takes. */
export function checkEvents(
  events: readonly { readonly channel: string; readonly json: string }[],
): void {
  ok(events.length > 0);
  for (const { channel, json } of events) {
    const known = EQUITY_CHANNELS.find(({ name }) => name === channel);
    const { success, error } = known!.schema.safeParse(JSON.parse(json));
    ok(success, String(error));
    ok(new TextEncoder().encode(json).length <= 1024, `too large: ${json}`);
  }
}
