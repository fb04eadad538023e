/**
 * What a field of a settings document is: the words in which tables of fields
 * are written.
 *
 * @module
 */

/** A trading mode, by the name that its key has. */
export const TRADING_MODES = ["ultra", "scalp", "swing", "position"] as const;

/** One of the trading modes, the fastest first. */
export type TradingMode = typeof TRADING_MODES[number];

/** The mode that `name` names; `ultra_fast` is what other programs call `ultra`. */
export function modeNamed(name: string): TradingMode | undefined {
  const known = name === "ultra_fast" ? "ultra" : name;
  return TRADING_MODES.find((mode) => mode === known);
}

/** How much harm a wrong value can do. */
export type Risk = "high" | "medium" | "low";

/** The value of a field. */
export type FieldValue = boolean | number | string | readonly number[] | null;

/** What the value of a field may be. */
export type FieldType =
  | { readonly kind: "flag" }
  | {
    readonly kind: "number";
    /** Whether fractions are refused. */
    readonly whole: boolean;
    /** Least value, itself allowed; none when absent. */
    readonly min?: number;
    /** Greatest value, itself allowed; none when absent. */
    readonly max?: number;
    /** The value must lie above this. */
    readonly above?: number;
  }
  | { readonly kind: "choice"; readonly of: readonly string[] }
  /** How long, as `90s`, `15m`, `4h`, `3d`, or `0`. */
  | { readonly kind: "duration" }
  /** An IANA time zone, such as `Europe/Berlin`. */
  | { readonly kind: "time zone" }
  | { readonly kind: "text"; readonly maxLength: number }
  | {
    readonly kind: "numbers";
    /** Most entries. */
    readonly maxItems: number;
    /** Least value of an entry. */
    readonly min: number;
    /** Greatest value of an entry. */
    readonly max: number;
    /** What the entries add up to, within 0.1, unless the list is empty. */
    readonly sum?: number;
    /** Whether each entry must be above the one before it. */
    readonly isRising?: boolean;
    /** Whether null stands for "none". */
    readonly isNullable?: boolean;
  };

/** One field of a settings document. */
export interface Field {
  /** What its value may be. */
  readonly type: FieldType;
  /** What its value is unless somebody has chosen another. */
  readonly default: FieldValue;
  /** What it does, one line. */
  readonly meaning: string;
  /** How much harm a wrong value can do. */
  readonly risk: Risk;
  /** Unit of the value, such as `USD`, `percent`, `minutes`. */
  readonly unit?: string;
  /** Whether 0 would switch a protection off: refused in the defaults for everybody. */
  readonly isZeroDangerous?: boolean;
  /** What a changed value leads to. */
  readonly impact?: string;
  /** What we would do. */
  readonly recommendation?: string;
}

/** Fields by name, in groups. */
export interface FieldTree {
  /** A field, or a group of them. */
  readonly [name: string]: Field | FieldTree;
}

/** What is said of a field besides its type and default. */
export type FieldFacts = Pick<Field, "meaning" | "risk"> & Partial<Field>;

/** A default that differs by mode, in the order of `TRADING_MODES`. */
export interface ByMode<T> {
  /** The defaults, one a mode. */
  readonly byMode: readonly [ultra: T, scalp: T, swing: T, position: T];
}

/** One default for all modes, or one a mode. */
export type PerMode<T> = T | ByMode<T>;

/** A field of every mode, whose default may differ by mode. */
export type ModeField = Omit<Field, "default"> & {
  readonly default: PerMode<FieldValue>;
};

/** Fields of every mode, in groups. */
export interface ModeFieldTree {
  /** A field, or a group of them. */
  readonly [name: string]: ModeField | ModeFieldTree;
}

/** Whether `node` is a field, not a group. */
export function isField<F extends { readonly meaning: string }>(
  node: F | object,
): node is F {
  return "meaning" in node && typeof node.meaning === "string";
}

/** The fields of `mode`. */
export function fieldsOfMode(
  tree: ModeFieldTree,
  mode: TradingMode,
): FieldTree {
  const index = TRADING_MODES.indexOf(mode);
  return Object.fromEntries(
    Object.entries(tree).map(([name, node]) => [
      name,
      isField<ModeField>(node)
        ? { ...node, default: defaultOf(node.default, index) }
        : fieldsOfMode(node, mode),
    ]),
  );
}

function defaultOf(value: PerMode<FieldValue>, mode: number): FieldValue {
  return isByMode(value) ? value.byMode[mode]! : value;
}

function isByMode(value: PerMode<FieldValue>): value is ByMode<FieldValue> {
  return typeof value === "object" && value !== null && "byMode" in value;
}
