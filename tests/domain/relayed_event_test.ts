/**
 * What instances take from each other as a volatile event.
 *
 * @module
 */
import fc from "fast-check";
import type { NewEvent } from "../../domain/event/event.ts";
import { CHANNELS } from "../../domain/event/registry.ts";
import {
  formatRelayedEvent,
  isRelayedBy,
  parseRelayedEvent,
} from "../../domain/event/relayed_event.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";

const SENDER = "019b7e5d-0000-7000-8000-00000000abcd";
const PRICE = anEvent({ ticker: "SPY", price: "478.12" }, {
  channel: "market.price_update",
  key: "SPY",
});

const parse = (text: string) => parseRelayedEvent(text, CHANNELS);
const relayed = (more: Partial<NewEvent>) =>
  parse(formatRelayedEvent({ ...PRICE, ...more }, SENDER));

Deno.test("an event comes as it was sent", () => {
  const { key: _, ...keyless } = PRICE;
  const others = [
    PRICE,
    { ...keyless, json: '{"ticker":"SPY","price":1,"more":{"a":[1e-7]}}' },
    {
      ...PRICE,
      key: 'a "key" of é\u2028',
      meta: {
        timestamp: "2026-01-02T16:04:05+01:00",
        source: "feed",
        user: "ann",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        correlation_id: SENDER,
        reply_to: "market.*",
      },
    },
  ];
  // The key of an event that names none is that of its data.
  const expected = [others[0], { ...others[1], key: "SPY" }, others[2]];
  for (const [i, event] of others.entries()) {
    const text = formatRelayedEvent(event as NewEvent, SENDER);
    deepEqual(parse(text), expected[i]);
    equal(isRelayedBy(SENDER, text), true);
    equal(isRelayedBy(SENDER.replace("a", "b"), text), false);
  }
});

Deno.test("what could not have been published is refused", () => {
  const refused: Partial<NewEvent>[] = [
    { channel: "signals.generated" },
    { channel: "setup.received", json: '{"setup_id":"s-1"}' },
    { channel: "settings.updated" },
    { channel: "nowhere" },
    { id: "1" },
    { json: '{"ticker":"SPY"}' },
    { json: '{"ticker":1,"price":"1"}' },
    { json: "[]" },
    { json: "null" },
    { json: `{"ticker":"SPY","price":"1","more":"${"x".repeat(1024)}"}` },
    { json: '{"ticker":"SPY","price":"1","more":12345678901234567890}' },
    { meta: { timestamp: "2026-01-02T03:04:05" } },
    { meta: { ...PRICE.meta, traceparent: "00-0" } },
    { meta: { ...PRICE.meta, user: "not a user" } },
    { key: "" },
    { key: "a\u0000b" },
  ];
  for (const more of refused) equal(relayed(more), undefined);
  deepEqual(relayed({}), PRICE);
});

Deno.test("an event must be whole: nothing is made up for it", () => {
  const whole = {
    id: PRICE.id,
    event_type: PRICE.channel,
    timestamp: PRICE.meta.timestamp,
    data: { ticker: "SPY", price: "478.12" },
  };
  const text = (members: object) => `${SENDER} ${JSON.stringify(members)}`;
  deepEqual(parse(text(whole)), PRICE);
  for (const name of Object.keys(whole)) {
    equal(parse(text({ ...whole, [name]: undefined })), undefined);
  }
  deepEqual(parse(text({ ...whole, more: "x" })), PRICE);
  equal(parse(text({ ...whole, more: "x".repeat(80_000) })), undefined);
  equal(parse(text({ events: [whole] })), undefined);
  equal(parse(text([whole])), undefined);
  const { data, ...frame } = whole;
  equal(parse(text({ ...frame, ...data })), undefined);
  equal(parse(JSON.stringify(whole)), undefined);
  equal(parse(`somebody ${JSON.stringify(whole)}`), undefined);
});

Deno.test("no text does any harm", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json().map((json) => `${SENDER} ${json}`),
    fc.json().map((json) => `${SENDER} {"id":"${PRICE.id}","data":${json}}`),
    fc.nat(200_000).map((length) => `${SENDER} ${"[".repeat(length)}`),
  );
  fc.assert(
    fc.property(texts, (text) => equal(parse(text), undefined)),
    { numRuns: 300 },
  );
});
