/**
 * What the autopilot reads from settings documents, and what it refuses.
 *
 * @module
 */
import {
  readCapital,
  readGlobalBreaker,
  readMode,
  readTrading,
} from "../../domain/autopilot/settings.ts";
import { withValue } from "../../domain/settings/catalogue.ts";
import { equal, throws } from "../support/assert.ts";
import { defaultDocuments } from "../support/autopilot_world.ts";

Deno.test("documents that lack a value, or have an odd one, are refused by name", () => {
  const mode = defaultDocuments()["mode:swing"];
  const cases: [string, unknown, RegExp][] = [
    ["enabled", 1, /enabled must be true or false: current value is 1/],
    ["size", {}, /size.max_positions must be a number, 0 or more: it is not/],
    ["size.leverage", -1, /leverage must be a number, 0 or more: .* is -1/],
    ["size.base_size_usd", 1e300, /base_size_usd must be a sensible number/],
    ["sltp.tp_allocation", "all", /tp_allocation must be a list of numbers/],
    ["sltp.roi_stop_loss_percent", "x", /roi_stop_loss_percent must be a num/],
    ["circuit_breaker", undefined, /circuit_breaker.max_loss_per_hour must/],
  ];
  for (const [path, value, message] of cases) {
    const odd = withValue(mode, path.split("."), value);
    throws(() => readMode("swing", odd), { name: "InvalidInput", message });
  }
  throws(() => readMode("swing", []), /Cannot use mode:swing as it must be an/);
  const all = { trading: { global_trading: { risk_level: "mad" } } };
  throws(() => readTrading(all), /risk_level must be one of conservative, mod/);
  throws(
    () => readTrading({}),
    /risk_level must be one of .*: it is not there/,
  );
  throws(() => readGlobalBreaker({}), /max_loss_per_hour must be a number/);
  throws(() => readCapital({}), /ultra_fast_percent must be a number/);
  const { trading } = defaultDocuments()["settings:all"] as {
    trading: Record<string, unknown>;
  };
  throws(
    () => readTrading({ trading: { ...trading, safety_settings: {} } }),
    /trading.safety_settings.ultra.max_loss|safety_settings.ultra.max_trades/,
  );
  const breaker = { ...defaultDocuments().circuit_breaker, enabled: undefined };
  equal(readGlobalBreaker(breaker).isEnabled, true);
});
