/**
 * Which metrics a PromQL expression names.
 *
 * @module
 */

/** Words of the language that stand where a metric could. */
const WORDS = new Set(["and", "or", "unless", "bool", "offset"]);

/** The metrics that `expression` names, each once. */
export function metricsIn(expression: string): readonly string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, "")
    .replace(/\{[^{}]*\}/g, "")
    .replace(/\[[^\]]*\]/g, "")
    .replace(
      /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)/g,
      "",
    );
  const names = bare.match(/(?<![\w:])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])/g) ?? [];
  return [...new Set(names.filter((name) => !WORDS.has(name)))];
}
