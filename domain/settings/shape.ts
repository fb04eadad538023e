/**
 * The settings documents of a user, each with its fields and rules.
 *
 * @module
 */
import type { UserDocument } from "../settings.ts";
import { CAPITAL_ALLOCATION_FIELDS } from "./capital_allocation_fields.ts";
import { CIRCUIT_BREAKER_FIELDS } from "./circuit_breaker_fields.ts";
import {
  type Field,
  fieldsOfMode,
  type FieldTree,
  isField,
  type TradingMode,
} from "./field.ts";
import { MODE_FIELDS } from "./mode_fields.ts";
import { NOTIFICATION_FIELDS } from "./notification_fields.ts";
import { moved, type Rule } from "./rule.ts";
import {
  CAPITAL_ALLOCATION_RULES,
  CIRCUIT_BREAKER_RULES,
  MODE_RULES,
  NOTIFICATION_RULES,
  SCALP_REENTRY_RULES,
  TRADING_RULES,
} from "./rules.ts";
import { SCALP_REENTRY_FIELDS } from "./scalp_reentry_fields.ts";
import { TRADING_FIELDS } from "./trading_fields.ts";

/** What a document must look like. */
export interface DocumentShape {
  /** Its name for people. */
  readonly title: string;
  /** Its fields. */
  readonly fields: FieldTree;
  /** What its fields must keep together. */
  readonly rules: readonly Rule[];
  /** A member that may hold any object, which we keep and do not read. */
  readonly free?: string;
}

/** A field with its place in the document. */
export interface Leaf {
  /** Its path in the document. */
  readonly path: readonly string[];
  /** What it is. */
  readonly field: Field;
}

/** The shape of every document. */
export const SHAPES: Readonly<Record<UserDocument, DocumentShape>> = {
  "settings:all": {
    title: "User settings",
    fields: { trading: TRADING_FIELDS, notifications: NOTIFICATION_FIELDS },
    rules: [
      ...within("trading", TRADING_RULES),
      ...within("notifications", NOTIFICATION_RULES),
    ],
    free: "custom",
  },
  "mode:ultra": modeShape("ultra"),
  "mode:scalp": modeShape("scalp"),
  "mode:swing": modeShape("swing"),
  "mode:position": modeShape("position"),
  "scalp_reentry": {
    title: "Scalp re-entry",
    fields: SCALP_REENTRY_FIELDS,
    rules: SCALP_REENTRY_RULES,
  },
  "circuit_breaker": {
    title: "Global circuit breaker",
    fields: CIRCUIT_BREAKER_FIELDS,
    rules: CIRCUIT_BREAKER_RULES,
  },
  "capital_allocation": {
    title: "Capital allocation",
    fields: CAPITAL_ALLOCATION_FIELDS,
    rules: CAPITAL_ALLOCATION_RULES,
  },
};

/** The parts of user settings that are read and changed by themselves. */
export const PARTS = {
  trading: {
    title: "Trading",
    fields: TRADING_FIELDS,
    rules: TRADING_RULES,
  },
  notifications: {
    title: "Notifications",
    fields: NOTIFICATION_FIELDS,
    rules: NOTIFICATION_RULES,
  },
} as const satisfies Readonly<Record<string, DocumentShape>>;

/** A part of user settings. */
export type SettingsPart = keyof typeof PARTS;

/** Every field of `tree`, in its order. */
export function leavesOf(
  tree: FieldTree,
  path: readonly string[] = [],
): readonly Leaf[] {
  return Object.entries(tree).flatMap(([name, node]) => {
    const here = [...path, name];
    return isField<Field>(node)
      ? [{ path: here, field: node }]
      : leavesOf(node, here);
  });
}

function modeShape(mode: TradingMode): DocumentShape {
  return {
    title: `Mode ${mode}`,
    fields: fieldsOfMode(MODE_FIELDS, mode),
    rules: MODE_RULES,
  };
}

function within(part: string, rules: readonly Rule[]): readonly Rule[] {
  return rules.map((rule) => moved(rule, (path) => `${part}.${path}`));
}
