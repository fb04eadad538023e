/**
 * What a configuration is refused with.
 *
 * @module
 */
import { ConfigError, parseConfig } from "../../src/config.ts";
import { ok } from "./assert.ts";

/** The sentences by which `values` are refused; none when they are accepted. */
export function refusals(values: Record<string, string>): string[] {
  try {
    parseConfig(values);
  } catch (error) {
    ok(error instanceof ConfigError);
    return error.message.split("\n");
  }
  return [];
}
