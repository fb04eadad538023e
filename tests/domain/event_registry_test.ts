/**
 * The built-in channels and the events that Holdfast itself publishes.
 *
 * @module
 */
import { CLAIM_CHECK_BYTES } from "../../domain/event/channel.ts";
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import {
  featuresInvalidated,
  modelsReloaded,
  sequenceFenced,
  signalsGenerated,
} from "../../domain/event/own_events.ts";
import {
  CHANNELS,
  createChannelRegistry,
} from "../../domain/event/registry.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { settingsUpdated } from "../../domain/settings_event.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { deepEqual, equal, ok, throws } from "../support/assert.ts";

const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";
const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

Deno.test("the channels are those that existing clients use", () => {
  deepEqual(
    CHANNELS.all.map(({ name, lane }) => `${name} ${lane}`),
    [
      "signals.generated durable",
      "orders.executed durable",
      "positions.updated durable",
      "setup.received durable",
      "market.price_update volatile",
      "signal.triggered durable",
      "models.reloaded durable",
      "settings.updated durable",
      "features.invalidated durable",
      "sequence.fenced durable",
    ],
  );
  deepEqual(
    CHANNELS.all.filter((channel) => channel.large === "claim-check")
      .map(({ name }) => name),
    ["signals.generated", "settings.updated", "features.invalidated"],
  );
});

for (const channel of CHANNELS.all) {
  const { name, schema, example, key } = channel;

  Deno.test(`${name}: its example is acceptable and has its key`, () => {
    deepEqual(schema.safeParse(example), { success: true, data: example });
    ok(typeof example[key] === "string");
    equal(CHANNELS.find(name), channel);
    ok(parseChannelPatterns([name])(name));
  });

  Deno.test(`${name}: every required field is missed by name`, () => {
    const { error } = schema.safeParse({});
    const missed = error?.issues.map(({ path, message }) => {
      equal(message, "is required");
      return path.join(".");
    });
    deepEqual(missed, REQUIRED[name]);
  });

  Deno.test(`${name}: fields that it does not name are kept`, () => {
    const more = { ...example, note: { of: ["its", "own"] } };
    deepEqual(schema.parse(more), more);
  });
}

const REQUIRED: Record<string, string[]> = {
  "signals.generated": ["strategy_id", "symbols", "num_signals", "as_of_date"],
  "orders.executed": ["run_id", "num_orders", "num_accepted", "num_rejected"],
  "positions.updated": [
    "symbol",
    "action",
    "qty_change",
    "new_qty",
    "price",
    "strategy_id",
  ],
  "setup.received": ["setup_id"],
  "market.price_update": ["ticker", "price"],
  "signal.triggered": ["ticker", "setup_id"],
  "models.reloaded": ["strategy", "version"],
  "settings.updated": ["key", "version", "actor"],
  "features.invalidated": ["reason", "actor"],
  "sequence.fenced": ["user", "day"],
};

Deno.test("no two channels may have one name", () => {
  const [first] = CHANNELS.all;
  throws(() => createChannelRegistry([first!, first!]), TypeError);
  equal(createChannelRegistry([]).find("signals.generated"), undefined);
});

const OWN: Record<string, NewEvent> = {
  "signals.generated": signalsGenerated(
    {
      strategyId: "alpha_baseline",
      symbols: Array.from({ length: 4000 }, (_, i) => `SYMBOL${i}`),
      asOfDate: "2026-01-02",
      numSignals: 4000,
      modelVersion: "9f2c41d07b3e",
      topN: 3,
      bottomN: 3,
    },
    ID,
    AT,
  ),
  "models.reloaded": modelsReloaded(
    { strategy: "alpha_baseline", version: "b", previousVersion: "a" },
    ID,
    AT,
  ),
  "models.reloaded, the first": modelsReloaded(
    { strategy: "alpha_baseline", version: "b" },
    ID,
    AT,
  ),
  "features.invalidated": featuresInvalidated(
    { symbol: "AAPL", date: "2026-01-02", reason: "asked for", actor: "42" },
    ID,
    AT,
  ),
  "features.invalidated, all": featuresInvalidated(
    { reason: "asked for", actor: "42" },
    ID,
    AT,
  ),
  "sequence.fenced": sequenceFenced(
    { user: parseUserId("42"), day: parseSequenceDay("20260102") },
    ID,
    AT,
  ),
  "settings.updated": settingsUpdated(
    { key: parseSettingsKey("user:42:mode:scalp"), version: 1, actor: "42" },
    ID,
    AT,
  ),
};

for (const [what, event] of Object.entries(OWN)) {
  Deno.test(`our own ${what} keeps to its channel`, () => {
    const channel = CHANNELS.find(event.channel)!;
    const data = JSON.parse(event.json);
    ok(channel.schema.safeParse(data).success);
    equal(event.key, data[channel.key]);
    equal(event.id, ID);
    equal(event.meta.timestamp, "2026-01-02T03:04:05.000Z");
    ok(new TextEncoder().encode(event.json).length <= CLAIM_CHECK_BYTES);
  });
}
