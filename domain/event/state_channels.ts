/**
 * The channels on which Holdfast tells of its own state.
 *
 * @module
 */
import { z } from "zod";
import type { Channel } from "./channel.ts";
import { date, name, paths, sequenceDay, version } from "./fields.ts";

/** What models, settings, features and numbers tell of; nobody else may say it. */
export const STATE_CHANNELS: readonly Channel[] = [
  {
    name: "models.reloaded",
    summary: "Another model scores from now on.",
    reserved: true,
    lane: "durable",
    version: 1,
    schema: z.looseObject({
      strategy: name,
      version: name,
      previous_version: name.optional(),
    }),
    key: "strategy",
    large: "refuse",
    example: {
      strategy: "alpha_baseline",
      version: "9f2c41d07b3e",
      previous_version: "51ab0c88e2f4",
    },
  },
  {
    name: "settings.updated",
    summary: "A settings document has changed; it carries no values.",
    reserved: true,
    lane: "durable",
    version: 1,
    schema: z.looseObject({
      key: name,
      version,
      actor: name,
      paths: paths.optional(),
    }),
    key: "key",
    large: "claim-check",
    example: {
      key: "user:42:mode:scalp",
      version: 1207,
      actor: "42",
      paths: ["sltp.stop_loss_percent"],
    },
  },
  {
    name: "features.invalidated",
    summary: "Stored features of a symbol, of a date, or all are void.",
    reserved: true,
    lane: "durable",
    version: 1,
    schema: z.looseObject({
      symbol: name.optional(),
      date: date.optional(),
      reason: name,
      actor: name,
    }),
    key: "symbol",
    large: "claim-check",
    example: {
      symbol: "AAPL",
      date: "2026-01-02",
      reason: "bars corrected",
      actor: "42",
    },
  },
  {
    name: "sequence.fenced",
    summary: "The block of numbers that a user had for a day is void.",
    reserved: true,
    lane: "durable",
    version: 1,
    schema: z.looseObject({ user: name, day: sequenceDay }),
    key: "user",
    large: "refuse",
    example: { user: "42", day: "20260102" },
  },
];
