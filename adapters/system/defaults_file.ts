/**
 * Default settings in a JSON file, and copies of defaults in a folder.
 *
 * @module
 */
import {
  doubleName,
  isDeeperThan,
  MAX_JSON_DEPTH,
} from "../../domain/json_value.ts";
import type { DefaultsSource } from "../../ports/defaults_source.ts";
import { PortError, type PortErrorCode } from "../../ports/port_error.ts";

/**
 * Opens the file at `path`, where there is one; copies go to
 * `{dataDir}/backups`, which is made when it is needed.
 */
export function openDefaultsFile(options: {
  readonly path: string | undefined;
  readonly dataDir: string;
}): DefaultsSource {
  const { path, dataDir } = options;
  return {
    path,

    async load() {
      if (path === undefined) return undefined;
      let text: string;
      try {
        text = await Deno.readTextFile(path);
      } catch (cause) {
        if (cause instanceof Deno.errors.IsADirectory) {
          throw damage(path, "it is a directory: name a file in it", cause);
        }
        throw refusal("read the default settings", path, cause);
      }
      return parse(path, text);
    },

    async backup(name, json) {
      const dir = `${dataDir}/backups`;
      const file = `${dir}/${name}.json`;
      try {
        await Deno.mkdir(dir, { recursive: true });
        // Whole or not at all: what is found under the name is a copy.
        await Deno.writeTextFile(`${file}.new`, json);
        await Deno.rename(`${file}.new`, file);
      } catch (cause) {
        throw refusal("keep a copy of the default settings as", file, cause);
      }
      return file;
    },
  };
}

function parse(path: string, text: string): unknown {
  // Some editors begin a file with a byte order mark.
  const json = text.replace(/^\uFEFF/, "");
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw damage(path, `it is not JSON: ${(cause as Error).message}`, cause);
  }
  if (isDeeperThan(MAX_JSON_DEPTH, value)) {
    throw damage(path, `it is nested more than ${MAX_JSON_DEPTH} levels deep`);
  }
  const double = doubleName(json);
  if (double === undefined) return value;
  const name = JSON.stringify(double.slice(0, 64));
  throw damage(path, `${name} stands twice in one object: leave one out`);
}

function damage(path: string, why: string, cause?: unknown): PortError {
  const message = `Cannot read the default settings ${path} as ${why}`;
  return new PortError("corrupt", message, { cause });
}

function refusal(what: string, path: string, cause: unknown): PortError {
  return new PortError(
    codeOf(cause),
    `Cannot ${what} ${path}: ${(cause as Error).message}`,
    { cause },
  );
}

function codeOf(cause: unknown): PortErrorCode {
  if (cause instanceof Deno.errors.NotFound) return "not_found";
  const { code } = cause as { code?: string };
  return code === "ENOSPC" || code === "EDQUOT" ? "full" : "unavailable";
}
