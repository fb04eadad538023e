/**
 * What several fields of one settings document must keep together.
 *
 * @module
 */
import type { FieldValue } from "./field.ts";

/** A rule over fields of one document. */
export interface Rule {
  /** The fields, each by its path in the document, such as `sltp.stop_loss_percent`. */
  readonly paths: readonly string[];
  /** The end of a sentence that begins with the first path: `must be below …`. */
  readonly says: string;
  /** Whether values keep it, in the order of `paths`; each is valid by itself. */
  holds(...values: readonly FieldValue[]): boolean;
}

/** Each number must lie above the one before it. */
export function rising(...paths: readonly string[]): readonly Rule[] {
  return paths.slice(1).map((above, i) => ({
    paths: [paths[i]!, above],
    says: `must be below ${above}`,
    holds: (low, high) => (low as number) < (high as number),
  }));
}

/** No number may lie above the one after it. */
export function notFalling(...paths: readonly string[]): readonly Rule[] {
  return paths.slice(1).map((above, i) => ({
    paths: [paths[i]!, above],
    says: `must not be above ${above}`,
    holds: (low, high) => (low as number) <= (high as number),
  }));
}

/** The numbers must add up to `total`, give or take `tolerance`. */
export function addUpTo(
  total: number,
  tolerance: number,
  ...paths: readonly string[]
): Rule {
  const others = paths.slice(1).join(", ");
  return {
    paths,
    says: `must add up to ${total} with ${others}`,
    holds: (...values) => {
      const sum = (values as readonly number[]).reduce((a, b) => a + b, 0);
      // What is a decimal for people is not one for a double.
      return Math.abs(sum - total) <= tolerance + 1e-9;
    },
  };
}

/** `rule` over the same fields where they have other paths. */
export function moved(rule: Rule, to: (path: string) => string): Rule {
  let { says } = rule;
  for (const path of rule.paths) {
    const whole = new RegExp(
      `(?<![\\w.])${RegExp.escape(path)}(?![\\w.])`,
      "g",
    );
    says = says.replace(whole, to(path));
  }
  return { ...rule, says, paths: rule.paths.map(to) };
}
