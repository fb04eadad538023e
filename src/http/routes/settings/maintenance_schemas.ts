/**
 * What comparison, reset and load-defaults answer.
 *
 * @module
 */
import { z } from "zod";
import { Instant } from "../../schemas.ts";

const RiskName = z.enum(["high", "medium", "low"]);

/** A setting that differs, for examples. */
export const STOP_LOSS = {
  path: "mode_configs.scalp.sltp.stop_loss_percent",
  current: 1.2,
  default: 1.5,
  risk_level: "medium",
} as const;

const Difference = z.object({
  path: z.string(),
  current: z.unknown(),
  default: z.unknown(),
  risk_level: RiskName,
  impact: z.string().optional().meta({ description: "What it leads to." }),
  recommendation: z.string().optional().meta({
    description: "What we would do.",
  }),
});

const ComparedValue = z.object({
  path: z.string(),
  current: z.unknown(),
  default: z.unknown(),
  match: z.boolean(),
  risk_level: RiskName,
});

const COUNTS = {
  total_changes: z.int().meta({ description: "Settings that differ." }),
  high_risk_count: z.int(),
  medium_risk_count: z.int(),
  low_risk_count: z.int(),
  all_match: z.boolean(),
};

const COUNTED = {
  total_changes: 1,
  high_risk_count: 0,
  medium_risk_count: 1,
  low_risk_count: 0,
  all_match: false,
};

/** Every setting beside its default. */
export const ComparisonAnswer = z.object({
  timestamp: Instant,
  total_settings: z.int().meta({ description: "Settings compared." }),
  ...COUNTS,
  groups: z.record(
    z.string(),
    z.object({
      group_name: z.string(),
      display_name: z.string(),
      change_count: z.int(),
      differences: z.array(Difference),
    }),
  ).meta({ description: "The groups that differ." }),
}).meta({
  id: "SettingsComparison",
  example: {
    timestamp: "2026-01-02T14:32:00.000Z",
    total_settings: 700,
    ...COUNTED,
    groups: {
      mode_configs: {
        group_name: "mode_configs",
        display_name: "Trading modes",
        change_count: 1,
        differences: [{ ...STOP_LOSS }],
      },
    },
  },
});

/** What giving all settings their defaults has done, or would do. */
export const LoadAnswer = z.object({
  success: z.boolean(),
  preview: z.boolean(),
  ...COUNTS,
  changes_applied: z.int().meta({
    description: "Settings that were given their defaults; 0 in a preview.",
  }),
  versions: z.record(z.string(), z.int()).meta({
    description: "New versions of the documents that were changed.",
  }),
  differences: z.array(Difference),
  all_values: z.array(ComparedValue).optional().meta({
    description: "Every setting; in a preview only.",
  }),
  message: z.string(),
}).meta({
  id: "LoadedDefaults",
  example: {
    success: true,
    preview: false,
    ...COUNTED,
    changes_applied: 1,
    versions: { "mode:scalp": 12 },
    differences: [{ ...STOP_LOSS }],
    message: "1 setting has its default again",
  },
});

/** What giving settings their defaults has done. */
export const ResetAnswer = z.object({
  success: z.boolean(),
  message: z.string(),
  path: z.string(),
  old_value: z.unknown(),
  new_value: z.unknown(),
  changes: z.array(z.object({
    path: z.string(),
    old_value: z.unknown(),
    new_value: z.unknown(),
  })),
  versions: z.record(z.string(), z.int()),
}).meta({
  id: "SettingsReset",
  example: {
    success: true,
    message: "1 setting has its default again",
    path: STOP_LOSS.path,
    old_value: 1.2,
    new_value: 1.5,
    changes: [{ path: STOP_LOSS.path, old_value: 1.2, new_value: 1.5 }],
    versions: { "mode:scalp": 12 },
  },
});
