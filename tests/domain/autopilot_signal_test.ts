/**
 * Signals: what they say, and that one is not given twice.
 *
 * @module
 */
import {
  identityOf,
  signalTriggered,
} from "../../domain/autopilot/signal_event.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { isUuid, uuidOfDigest } from "../../domain/uuid.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import {
  ask,
  NOON,
  off,
  openOf,
  outlookOf,
} from "../support/autopilot_decisions.ts";
import { defaultDocuments } from "../support/autopilot_world.ts";

const at = (offsetMs: number) => new Date(NOON + offsetMs).toISOString();

Deno.test("what was signalled for a bar is not signalled again", () => {
  const asked = signalTriggered(openOf(), crypto.randomUUID());
  const told = { ...asked, meta: { ...asked.meta, timestamp: at(-61_000) } };
  const again = ask({ events: [told] });
  deepEqual([again.action, again.entry], ["hold", undefined]);
  deepEqual(again.reasons, [
    "signalled already at 2026-01-02T11:58:59.000Z for this bar",
  ]);
  // No other mode steps in, and another side or bar is another signal.
  const swing = ask({ events: [told], changes: off("position") });
  deepEqual(swing.reasons, again.reasons);
  equal(ask({ events: [told], side: "short" }).entry?.mode, "position");
  const date = parseTradingDate("2026-01-05");
  const outlook = { ...outlookOf(100), date };
  equal(ask({ events: [told], outlook }).entry?.mode, "position");
});

Deno.test("a signal says what to open, by which settings, in one kilobyte", () => {
  const long = {
    ...openOf({ confidence: 80 }),
    user: parseUserId("u".repeat(128)),
    symbol: parseSymbol("S".repeat(32)),
  };
  const versions = Object.fromEntries(
    Object.keys(defaultDocuments()).map((name) => [name, 10 ** 12]),
  );
  const event = signalTriggered(
    { ...long, settings: { ...long.settings, versions } },
    "id",
  );
  ok(new TextEncoder().encode(event.json).length <= 1024);
  const data = JSON.parse(
    signalTriggered(openOf({ confidence: 80 }), "id").json,
  );
  deepEqual(data, {
    ticker: "AAA",
    setup_id: "autopilot:AAA:position:2026-01-02:long",
    setup_type: "autopilot",
    level: "200",
    stop: "193",
    targets: ["204", "208", "212", "216"],
    target_percents: [40, 30, 20, 10],
    user: "ada",
    mode: "position",
    strategy_id: "autopilot:position",
    side: "long",
    confidence: 80,
    size_usd: "318.75",
    leverage: "3",
    bar_date: "2026-01-02",
    model_version: "v1",
    settings_versions: { "mode:swing": 7 },
  });
});

Deno.test("what a signal is follows from user, symbol, bar and side", () => {
  equal(identityOf(openOf()), "ada|AAA|2026-01-02|long");
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => 0xff - i);
  const id = uuidOfDigest(bytes);
  match(id, /^fffefdfc-fbfa-89f8-b7f6-f5f4f3f2f1f0$/);
  ok(isUuid(id));
});
