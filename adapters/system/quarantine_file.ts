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
import type { Telemetry } from "../../ports/telemetry.ts";

const NONE: QuarantineRevision = { revision: "none", list: [] };

/**
 * Opens the list at `path`. A file that is not there yet is an empty list,
 * which is logged once; one that has been read and then vanished is
 * `unavailable`, so that a mishap lifts no quarantine: empty it with `[]`.
 */
export function openQuarantineFile(
  path: string,
  telemetry: Telemetry,
): QuarantineList {
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
        const isMissing = error instanceof Deno.errors.NotFound;
        if (!isMissing || known && known !== NONE) throw refusal(error);
        if (known === undefined) {
          telemetry.log(
            "warn",
            "no quarantine list yet; no bars are kept out",
            {
              path,
            },
          );
        }
        known = NONE;
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
  return { load: () => Promise.resolve(NONE) };
}
