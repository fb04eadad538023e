/**
 * Whether the configuration is whole, and what it comes to.
 *
 * @module
 */
import { parseEnv } from "node:util";
import type { Finding } from "../../ports/finding.ts";
import { nearest } from "../cli/nearest.ts";
import { type Config, ConfigError, readConfig } from "../config.ts";
import { VARIABLE_NAMES } from "../variables.ts";

/** The configuration, and what is to be said of it. */
export interface Configuration {
  /** Absent when something is wrong. */
  readonly config: Config | undefined;
  readonly findings: readonly Finding[];
}

/** Names that other programs read from the same file. */
const OF_OTHERS = /^(HOLDFAST_|NO_COLOR$|OTEL_|TEST_|PG|POSTGRES_|DENO_)/;

/** Reads it, as `serve` does with `flags`. */
export function readConfiguration(flags: readonly string[]): Configuration {
  try {
    const config = readConfig(flags);
    const says = describe(config);
    return {
      config,
      findings: [
        { check: "configuration", level: "ok", says },
        ...strayFindings(dotEnv()),
      ],
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const findings = error.message.split("\n")
      .map((line) => faultIn(new ConfigError(line)));
    return { config: undefined, findings };
  }
}

/** The finding that tells of one fault of the configuration. */
export function faultIn({ message }: Error): Finding {
  return {
    check: "configuration",
    level: "fail",
    says: message,
    mend: "holdfast serve --help says what each may be",
  };
}

/** Says of names in `.env` that nothing reads what they may be meant to be. */
export function strayFindings(names: readonly string[]): Finding[] {
  return names
    .filter((name) => !VARIABLE_NAMES.includes(name) && !OF_OTHERS.test(name))
    .map((name) => {
      const meant = nearest(name, VARIABLE_NAMES);
      return {
        check: "variables",
        level: "warn",
        says: `.env sets ${name}, which nothing reads`,
        mend: meant === undefined ? "take it out" : `did you mean ${meant}?`,
      };
    });
}

function dotEnv(): readonly string[] {
  try {
    return Object.keys(parseEnv(Deno.readTextFileSync(".env")));
  } catch {
    return [];
  }
}

function describe({ store, redis, role, dataDir }: Config): string {
  const record = store === "sqlite" ? `SQLite in ${dataDir}` : store;
  return `${record}, ${redis ? "followed by Redis" : "no Redis"}, role ${role}`;
}
