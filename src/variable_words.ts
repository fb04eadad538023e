/**
 * The variables as they are described to people.
 *
 * @module
 */
import { formatDecimal } from "../domain/decimal.ts";
import { VARIABLES } from "./variables.ts";

/** What is said of one. */
export interface VariableWords {
  readonly name: string;
  /** The same as a flag, such as `--admin-port`. */
  readonly flag: string;
  /** What it may be, as a refusal says it. */
  readonly mayBe: string;
  /** What it is when nobody sets it; absent when it is nothing then. */
  readonly fallback: string | undefined;
  /** What it is for. */
  readonly means: string;
}

/** No variable of a certain form can be this, and its refusal tells the form. */
const NOTHING = "\0";

/** Describes every variable, in the order of its table. */
export function describeVariables(): readonly VariableWords[] {
  return Object.entries(VARIABLES).map(([name, schema]) => {
    const refusal = schema.safeParse(NOTHING).error?.issues[0]?.message;
    const absent = schema.safeParse(undefined).data;
    const fallback = typeof absent === "bigint"
      ? formatDecimal(absent)
      : String(absent ?? "");
    return {
      name,
      flag: `--${name.toLowerCase().replaceAll("_", "-")}`,
      mayBe: refusal !== undefined
        ? formIn(refusal)
        : /_(?:DIR|PATH)$/.test(name)
        ? "a path"
        : "any text",
      fallback: fallback === "" ? undefined : fallback,
      means: schema.description!,
    };
  });
}

/** The form that a refusal asks for. */
function formIn(refusal: string): string {
  if (refusal.startsWith("has a bad name")) return "names, separated by commas";
  if (refusal.startsWith("is no user")) return "the id of a user";
  return refusal.replace(/^must (?:be|have) /, "");
}
