/**
 * Where each settings document is found.
 *
 * @module
 */
import type { z } from "zod";
import type { JsonObject } from "../../../../domain/json_value.ts";
import { modeNamed, TRADING_MODES } from "../../../../domain/settings/field.ts";
import type { SettingsPart } from "../../../../domain/settings/shape.ts";
import type { UserDocument } from "../../../../domain/settings.ts";
import { PortError } from "../../../../ports/port_error.ts";
import {
  CapitalAllocation,
  GlobalCircuitBreaker,
  ModeConfig,
  NotificationSettings,
  ScalpReentry,
  TradingSettings,
  UserSettings,
} from "./schemas.ts";

/** What a path stands for. */
export interface Target {
  /** The document. */
  readonly document: UserDocument;
  /** The member of it that is meant; the whole when absent. */
  readonly member?: SettingsPart;
}

/** Where documents are found, and what is said of them. */
export interface Place {
  readonly path: `/${string}`;
  /** What the operation ids end with. */
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  readonly schema: z.ZodType<JsonObject>;
  /** Some of its fields, to show how they are merged. */
  readonly patch: JsonObject;
  readonly target: Target | "mode";
  /** Whether POST does what PUT does, for clients who know it so. */
  readonly hasPost?: boolean;
}

const ALLOCATION = {
  title: "capital allocation",
  schema: CapitalAllocation,
  patch: { scalp_percent: 35, position_percent: 10 },
  target: { document: "capital_allocation" },
} as const;

/** Every document's place. */
export const PLACES: readonly Place[] = [
  {
    path: "/api/user/settings",
    name: "Settings",
    title: "user settings",
    schema: UserSettings,
    patch: { trading: { global_trading: { timezone: "Europe/Berlin" } } },
    target: { document: "settings:all" },
  },
  {
    path: "/api/user/settings/trading",
    name: "TradingSettings",
    title: "trading part of the user settings",
    schema: TradingSettings,
    patch: { global_trading: { risk_level: "conservative" } },
    target: { document: "settings:all", member: "trading" },
  },
  {
    path: "/api/user/settings/notifications",
    name: "NotificationSettings",
    title: "notifications part of the user settings",
    schema: NotificationSettings,
    patch: { enabled: false },
    target: { document: "settings:all", member: "notifications" },
  },
  {
    path: "/api/user/global-circuit-breaker",
    name: "GlobalCircuitBreaker",
    title: "global circuit breaker",
    schema: GlobalCircuitBreaker,
    patch: { max_daily_loss: 300 },
    target: { document: "circuit_breaker" },
  },
  {
    path: "/api/futures/ginie/modes/{mode}",
    name: "Mode",
    title: "config of a trading mode",
    schema: ModeConfig,
    patch: { sltp: { stop_loss_percent: 1.2, take_profit_percent: 2.4 } },
    target: "mode",
  },
  {
    path: "/api/futures/ginie/scalp-reentry-config",
    name: "ScalpReentry",
    title: "scalp re-entry config",
    schema: ScalpReentry,
    patch: { enabled: true },
    target: { document: "scalp_reentry" },
    hasPost: true,
  },
  {
    path: "/api/futures/ginie/capital-allocation",
    name: "CapitalAllocation",
    ...ALLOCATION,
  },
  {
    path: "/api/futures/modes/allocations",
    name: "ModeAllocations",
    ...ALLOCATION,
  },
];

/**
 * What a path stands for, with `mode` in it.
 *
 * @throws {PortError} `not_found` when there is no such mode.
 */
export function targetOf({ target }: Place, mode: string | undefined): Target {
  if (target !== "mode") return target;
  const known = modeNamed(mode ?? "");
  if (known) return { document: `mode:${known}` };
  throw new PortError(
    "not_found",
    `Cannot find mode ${JSON.stringify(mode?.slice(0, 64))} as there are ${
      TRADING_MODES.join(", ")
    } only`,
    { facts: { modes: TRADING_MODES } },
  );
}
