/**
 * Settings as they are to be, in the plainest form: a value by path.
 *
 * It knows of the program nothing but the names of documents, so that the two
 * can be compared.
 *
 * @module
 */

/** Values by path; a list is one value. */
export type Flat = Map<string, unknown>;

// deno-lint-ignore no-explicit-any
type Json = any;

const WHOLE: Readonly<Record<string, string>> = {
  "mode_configs.ultra": "mode:ultra",
  "mode_configs.scalp": "mode:scalp",
  "mode_configs.swing": "mode:swing",
  "mode_configs.position": "mode:position",
  "scalp_reentry": "scalp_reentry",
  "circuit_breaker.global": "circuit_breaker",
  "capital_allocation": "capital_allocation",
};

const MEMBERS: Readonly<Record<string, string>> = {
  "global_trading": "trading.global_trading",
  "safety_settings": "trading.safety_settings",
  "position_optimization": "trading.position_optimization",
  "llm_config.global": "trading.llm_config",
  "early_warning": "trading.early_warning",
  "notifications": "notifications",
};

/** The document in which the setting at `path` is, and where in it. */
export function placeOf(path: string): { document: string; at: string[] } {
  for (const [start, document] of Object.entries(WHOLE)) {
    if (!path.startsWith(`${start}.`)) continue;
    return { document, at: path.slice(start.length + 1).split(".") };
  }
  for (const [start, member] of Object.entries(MEMBERS)) {
    if (!path.startsWith(`${start}.`)) continue;
    const rest = path.slice(start.length + 1);
    return { document: "settings:all", at: `${member}.${rest}`.split(".") };
  }
  throw new Error(`no place for ${path}`);
}

/** The values of `tree` by path. */
export function flatten(tree: Json, prefix = ""): Flat {
  const flat: Flat = new Map();
  for (const [name, value] of Object.entries<Json>(tree)) {
    const path = prefix + name;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [inner, one] of flatten(value, `${path}.`)) {
        flat.set(inner, one);
      }
    } else flat.set(path, value);
  }
  return flat;
}

/** The tree of values by path. */
export function unflatten(flat: Iterable<readonly [string, unknown]>): Json {
  const tree: Json = {};
  for (const [path, value] of flat) {
    const steps = path.split(".");
    const last = steps.pop()!;
    let at = tree;
    for (const step of steps) at = at[step] ??= {};
    at[last] = value;
  }
  return tree;
}

/** The values of one document, by their paths in it. */
export function valuesIn(flat: Flat, document: string): Flat {
  const values: Flat = new Map();
  for (const [path, value] of flat) {
    const place = placeOf(path);
    if (place.document === document) values.set(place.at.join("."), value);
  }
  return values;
}

/** The paths at or beneath `path`. */
export function beneath(flat: Flat, path: string): string[] {
  return [...flat.keys()].filter((one) =>
    one === path || one.startsWith(`${path}.`)
  );
}

/** Whether two values print alike. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
