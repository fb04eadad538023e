/**
 * The fields that say what a user is told, and when. Where it is sent to, and
 * with which secret, is no setting.
 *
 * @module
 */
import type { FieldTree } from "./field.ts";
import { between, flag, usd, whole } from "./field_words.ts";

const HOUR = between(0, 23);
const USD = between(0, 1_000_000);

/** The part `notifications` of the user settings. */
export const NOTIFICATION_FIELDS: FieldTree = {
  enabled: flag("medium", true, "Whether anything is told at all", {
    impact: "medium: without it a tripped breaker goes unnoticed",
    recommendation: "Leave on; choose the events instead",
  }),
  min_profit_usd: usd("low", 0, USD, "Gains smaller than this are not told"),
  min_loss_usd: usd("low", 0, USD, "Losses smaller than this are not told"),
  events: {
    order_filled: flag("low", true, "Tell of every order that is filled"),
    position_closed: flag("low", true, "Tell of every position that ends"),
    stop_loss: flag("low", true, "Tell of every stop loss that was hit"),
    take_profit: flag("low", true, "Tell of every take profit that was hit"),
    circuit_breaker_tripped: flag(
      "medium",
      true,
      "Tell when a circuit breaker pauses trading, at quiet hours too",
    ),
    system_degraded: flag(
      "medium",
      true,
      "Tell when the service works without one of its parts",
    ),
    daily_summary: flag("low", true, "Tell once a day how the day went"),
  },
  quiet_hours: {
    from_hour: whole(
      "low",
      0,
      HOUR,
      "Hour of the day at which the quiet begins, in the user's time zone",
      { unit: "hour" },
    ),
    to_hour: whole(
      "low",
      0,
      HOUR,
      "Hour at which the quiet ends; the hour it begins at for no quiet",
      { unit: "hour" },
    ),
  },
};
