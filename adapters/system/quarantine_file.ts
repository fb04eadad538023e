/**
 * A quarantine list in a JSON file.
 *
 * @module
 */
import { parseQuarantines } from "../../domain/quarantine.ts";
import { PortError } from "../../ports/port_error.ts";
import type {
  QuarantineList,
  QuarantineRevision,
} from "../../ports/quarantine_list.ts";

/** Opens the list at `path`; a file that is not there is an empty list. */
export function openQuarantineFile(path: string): QuarantineList {
  let known: QuarantineRevision | undefined;

  async function revisionNow(): Promise<string> {
    const { dev, ino, size, mtime } = await Deno.stat(path);
    return `${dev}:${ino}:${size}:${mtime?.getTime()}`;
  }

  return {
    async load(signal) {
      signal?.throwIfAborted();
      try {
        const revision = await revisionNow();
        if (known?.revision === revision) return known;
        const list = parseQuarantines(
          JSON.parse(await Deno.readTextFile(path)),
        );
        known = { revision, list };
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw refusal(error);
        known = { revision: "none", list: [] };
      }
      return known;
    },
  };

  function refusal(cause: unknown): PortError {
    const isMalformed = cause instanceof SyntaxError ||
      (cause as Error).name === "InvalidInput";
    return new PortError(
      isMalformed ? "corrupt" : "unavailable",
      `Cannot read the quarantine list ${path} as ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** The list of those who have none. */
export function createNoQuarantine(): QuarantineList {
  return { load: () => Promise.resolve({ revision: "none", list: [] }) };
}
