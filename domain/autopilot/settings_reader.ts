/**
 * Reading settings documents value by value: what is not there or not what it
 * must be stops the autopilot, it does not become a zero.
 *
 * @module
 */
import { InvalidInput } from "../invalid_input.ts";
import { isJsonObject } from "../json_value.ts";
import { valueAt } from "../settings/catalogue.ts";
import { type Decimal, parseDecimal } from "../decimal.ts";

/** Reads the values of one document by path, such as `size.leverage`. */
export interface SettingsReader {
  /** A number, 0 or more; `otherwise` where there is none. */
  number(path: string, otherwise?: number): number;
  /** An exact number, 0 or more; `otherwise` where there is none. */
  decimal(path: string, otherwise?: Decimal): Decimal;
  /** A number of either sign; `otherwise` where there is none. */
  signed(path: string, otherwise: Decimal): Decimal;
  /** Yes or no; `otherwise` where it is neither. */
  flag(path: string, otherwise?: boolean): boolean;
  /** One of `words`. */
  choice<Word extends string>(path: string, words: readonly Word[]): Word;
  /** A text, or `otherwise`. */
  text(path: string, otherwise: string): string;
  /** A list of numbers, 0 or more; empty where there is none. */
  numbers(path: string): readonly number[];
}

/** Reads one document; every method throws `InvalidInput` that names the value. */
export function readSettings(name: string, document: unknown): SettingsReader {
  if (!isJsonObject(document)) {
    throw new InvalidInput(`Cannot use ${name} as it must be an object`);
  }

  const at = (path: string): unknown => valueAt(document, path.split("."));

  function refuse(path: string, be: string): never {
    const value = at(path);
    const shown = value === undefined
      ? "it is not there"
      : `current value is ${JSON.stringify(value).slice(0, 64)}`;
    throw new InvalidInput(
      `Cannot use ${name} as ${path} must be ${be}: ${shown}`,
    );
  }

  function number(path: string, otherwise?: number): number {
    const value = at(path);
    if (value === undefined && otherwise !== undefined) return otherwise;
    if (typeof value === "number" && Number.isFinite(value) && value >= 0) {
      return value;
    }
    refuse(path, "a number, 0 or more");
  }

  return {
    number,
    decimal(path, otherwise) {
      if (at(path) === undefined && otherwise !== undefined) return otherwise;
      return parseDecimal(number(path)) ?? refuse(path, "a sensible number");
    },
    signed(path, otherwise) {
      const value = at(path);
      if (value === undefined) return otherwise;
      const read = typeof value === "number" ? parseDecimal(value) : undefined;
      return read ?? refuse(path, "a number");
    },
    flag(path, otherwise) {
      const value = at(path) ?? otherwise;
      return typeof value === "boolean" ? value : refuse(path, "true or false");
    },
    choice(path, words) {
      const value = at(path);
      return words.find((word) => word === value) ??
        refuse(path, `one of ${words.join(", ")}`);
    },
    text(path, otherwise) {
      const value = at(path) ?? otherwise;
      return typeof value === "string" ? value : refuse(path, "a text");
    },
    numbers(path) {
      const value = at(path) ?? [];
      const isList = Array.isArray(value) &&
        value.every((one) => Number.isFinite(one) && one >= 0);
      return isList ? value : refuse(path, "a list of numbers, 0 or more");
    },
  };
}
