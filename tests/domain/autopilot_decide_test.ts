/**
 * Deciding: which mode, and when none.
 *
 * @module
 */
import type { NewEvent } from "../../domain/event/event.ts";
import { signalTriggered } from "../../domain/autopilot/signal_event.ts";
import type { Decision } from "../../domain/autopilot/decision.ts";
import { deepEqual, equal } from "../support/assert.ts";
import {
  ask,
  type Asked,
  type Changes,
  EARLIER,
  off,
  openOf,
  outlookOf,
  settingsWith,
} from "../support/autopilot_decisions.ts";
import {
  ordersEvent,
  positionEvent,
  roundTrip,
} from "../support/autopilot_world.ts";

const modeOf = (decision: Decision) => decision.entry?.mode;
const reasonsOf = (decision: Decision, mode: string) =>
  decision.modes.find((one) => one.mode === mode)?.reasons;
const outcomes = (decision: Decision) =>
  decision.modes.map(({ mode, outcome }) => `${mode} ${outcome}`);
Deno.test("the slowest mode whose least confidence is met is chosen", () => {
  const chosen = [100, 75, 74, 65, 64, 60].map((confidence) =>
    modeOf(ask({ confidence }))
  );
  deepEqual(chosen, [
    "position",
    "position",
    "swing",
    "swing",
    "scalp",
    "scalp",
  ]);
  const none = ask({ confidence: 59 });
  equal(none.action, "hold");
  deepEqual(none.reasons, ["no mode may open a position"]);
  deepEqual(none.modes.map(({ reasons }) => reasons), [
    ["confidence 59 is below its least, 75"],
    ["confidence 59 is below its least, 65"],
    ["confidence 59 is below its least, 60"],
    ["the mode is not enabled"],
  ]);
});

Deno.test("a decision says all that it follows from", () => {
  const decision = ask({ confidence: 70, side: "short" });
  deepEqual(outcomes(decision), [
    "position passed_over",
    "swing chosen",
    "scalp not_needed",
    "ultra not_needed",
  ]);
  deepEqual(decision.entry, {
    mode: "swing",
    side: "short",
    confidence: 70,
    sizeUsd: "400",
    leverage: "5",
    price: "200",
    stop: "205",
    targets: [{ price: "195", percent: 50 }, { price: "190", percent: 50 }],
    basis: "percent",
  });
  deepEqual(decision.reasons, [
    "swing is the slowest mode that confidence 70 opens",
  ]);
  deepEqual(decision.settings, {
    versions: { "mode:swing": 7 },
    source: "redis",
    verified: true,
  });
  deepEqual(decision.history, { epoch: "e", position: 9 });
  deepEqual(decision.outlook, outlookOf(70, "short"));
  equal(decision.breaker?.state, "closed");
  deepEqual(ask({ confidence: 70, side: "short" }), decision);
});

Deno.test("nothing is opened while trades are read, settings are in doubt, or the market is silent", () => {
  const cases: [Asked, string][] = [
    [{ isRead: false }, "the trade history is being read"],
    [{ isVerified: false }, "the settings are not known to be the newest"],
    [{ settings: { fault: "they are odd" } }, "they are odd"],
    [{ outlook: { fault: "no model is loaded" } }, "no model is loaded"],
    [
      { outlook: { ...outlookOf(100), prediction: 0 } },
      "the model predicts no movement",
    ],
  ];
  for (const [asked, reason] of cases) {
    const { action, reasons, entry, modes } = ask(asked);
    deepEqual([action, reasons, entry, modes], [
      "hold",
      [reason],
      undefined,
      [],
    ]);
  }
});

Deno.test("a mode whose document cannot be used is passed over, not the others", () => {
  const settings = settingsWith();
  const fault = "Cannot use mode:position";
  const decision = ask({
    settings: {
      ...settings,
      modes: { ...settings.modes, position: { fault } },
    },
  });
  equal(modeOf(decision), "swing");
  deepEqual(reasonsOf(decision, "position"), [fault]);
});

Deno.test("a mode without room is passed over: by its own limit or the allocation's", () => {
  const held = (symbol: string) =>
    positionEvent(1, "10", { symbol, mode: "position" });
  const committedAt = EARLIER;
  const one = ask({ committedAt, events: [held("BBB")] });
  equal(modeOf(one), "position");
  const two = ask({ committedAt, events: [held("BBB"), held("CCC")] });
  equal(modeOf(two), "swing");
  deepEqual(reasonsOf(two, "position"), [
    "2 positions are open or asked for: the limit is 2",
  ]);
  for (
    const changes of [
      { "mode:position": { "size.max_positions": 1 } },
      { capital_allocation: { max_position_positions: 1 } },
    ]
  ) {
    const decision = ask({ committedAt, events: [held("BBB")], changes });
    equal(modeOf(decision), "swing");
  }
});

Deno.test("a mode that has used up its money is passed over", () => {
  // 15 % of 2500 are 375; a position is kept above 25.
  const events = [positionEvent(36, "10", { symbol: "BBB", mode: "position" })];
  const decision = ask({ events, committedAt: EARLIER });
  equal(modeOf(decision), "swing");
  deepEqual(reasonsOf(decision, "position"), [
    "15 USD of its 375 USD are left: at least 100 USD are needed",
  ]);
});

Deno.test("a mode whose exits make no sense is passed over", () => {
  const changes = { "mode:position": { "sltp.stop_loss_percent": 0 } };
  const decision = ask({ changes });
  equal(modeOf(decision), "swing");
  deepEqual(reasonsOf(decision, "position"), ["no stop loss is set"]);
});

Deno.test("the breaker of a mode stops that mode", () => {
  const events = roundTrip(-450, { mode: "position", symbol: "BBB" });
  const safety = "trading.safety_settings.position.enable_profit_monitor";
  const changes = {
    circuit_breaker: { enabled: false },
    "settings:all": { [safety]: false },
  };
  const decision = ask({ events, changes, committedAt: EARLIER });
  equal(modeOf(decision), "swing");
  deepEqual(reasonsOf(decision, "position"), [
    "450 USD were lost within the hour: the limit is 150",
    "450 USD were lost within the day: the limit is 400",
  ]);
  equal(decision.modes[0]!.breaker, "open");
});

Deno.test("the circuit breaker stops all modes, unless it is switched off", () => {
  // Lost in no mode, so that no mode's own breaker sees it.
  const events = roundTrip(-120, { symbol: "BBB" });
  const decision = ask({ events });
  deepEqual([decision.action, decision.breaker?.state], ["hold", "open"]);
  deepEqual(decision.reasons, [
    "circuit breaker: 120 USD were lost within the hour: the limit is 100",
  ]);
  deepEqual(reasonsOf(decision, "position"), [
    "the circuit breaker of all modes is open",
  ]);
  const changes = { circuit_breaker: { enabled: false } };
  equal(ask({ events, changes }).action, "open");
});

Deno.test("the safety settings of a mode stop that mode", () => {
  const at = (name: string) => `trading.safety_settings.position.${name}`;
  const safe = (values: Record<string, unknown>): Changes => ({
    "settings:all": Object.fromEntries(
      Object.entries(values).map(([name, value]) => [at(name), value]),
    ),
  });
  const lost = (earned: number) =>
    roundTrip(earned, { mode: "position", symbol: "BBB" });
  const cases: [readonly NewEvent[], Changes, string][] = [
    [
      // 5 % of 15 % of 2500 USD.
      lost(-18.75),
      {},
      "safety settings: 18.75 USD were lost within 120 minutes, the limit is 18.75: paused until 2026-01-02T13:58:00.000Z",
    ],
    [
      [...lost(-1), ...lost(2), ...lost(-1)],
      safe({ win_rate_sample_size: 3 }),
      "safety settings: 1 of the last 3 closed trades have won, at least 60 % must: paused until 2026-01-02T14:58:00.000Z",
    ],
    [
      [ordersEvent({ mode: "position" })],
      safe({ max_trades_per_hour: 1 }),
      "safety settings: 1 trades were made within the hour: the limit is 1",
    ],
  ];
  for (const [events, changes, reason] of cases) {
    const decision = ask({ events, changes, committedAt: EARLIER });
    equal(modeOf(decision), "swing", reason);
    deepEqual(reasonsOf(decision, "position"), [reason]);
    equal(decision.modes[0]!.breaker, "open");
  }
  const spared = ask({ events: lost(-18.74), committedAt: EARLIER });
  equal(modeOf(spared), "position");
});

Deno.test("without an allocation nothing is opened", () => {
  const none = { "trading.global_trading.max_usd_allocation": 0 };
  const decision = ask({ changes: { "settings:all": none } });
  equal(decision.action, "hold");
  deepEqual(reasonsOf(decision, "position"), [
    "0 USD of its 0 USD are left: at least 100 USD are needed",
  ]);
});

Deno.test("trades made in haste stop the mode that made them", () => {
  const events = [ordersEvent({ mode: "position" })];
  const decision = ask({ events });
  equal(modeOf(decision), "swing");
  deepEqual(reasonsOf(decision, "position"), [
    "1 trades were made within the minute: the limit is 1",
  ]);
});

Deno.test("the day is that of the user's time zone", () => {
  // Nine in the evening of the day before in UTC is today in Phnom Penh.
  const asked = {
    events: roundTrip(-450, { mode: "position", symbol: "BBB" }),
    committedAt: Date.UTC(2026, 0, 1, 21),
  };
  equal(modeOf(ask(asked)), "position");
  const zone = { "trading.global_trading.timezone": "Asia/Phnom_Penh" };
  const changes = { "settings:all": zone };
  equal(modeOf(ask({ ...asked, changes })), "swing");
});

Deno.test("a symbol that is held is not opened a second time", () => {
  for (const [mode, where] of [["ultra", " in ultra"], [undefined, ""]]) {
    const { action, reasons } = ask({
      events: [positionEvent(1, "10", { symbol: "aaa", mode })],
    });
    deepEqual([action, reasons], ["hold", [`AAA is held already${where}`]]);
  }
  const changes = off("position");
  const asked = signalTriggered(openOf({ changes }), crypto.randomUUID());
  deepEqual(ask({ events: [asked] }).reasons, [
    "AAA has been asked for already in swing",
  ]);
});
