/**
 * Versions of documents as entity tags (RFC 9110, sections 8.8.3 and 13.1).
 *
 * @module
 */
import { InvalidInput } from "../../domain/invalid_input.ts";

/** The entity tag of a version, or of several that are told together. */
export function etagOf(version: number | string): string {
  return `"${version}"`;
}

/** Whether `ifNoneMatch` names `version`: its reader has that already. */
export function isKnown(
  ifNoneMatch: string | undefined,
  version: number | string,
): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const tag = etagOf(version);
  return ifNoneMatch.split(",").some((known) =>
    known.trim().replace(/^W\//, "") === tag
  );
}

/**
 * The version that a write is conditional on; 0 when nothing may be stored
 * yet, `stored` when something must be, whatever it is; `undefined` when the
 * write is unconditional.
 *
 * @throws {InvalidInput} When a header is malformed, or both are given.
 */
export function writeCondition(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): number | "stored" | undefined {
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    throw malformed(
      "If-Match",
      "If-None-Match is given too: choose one of the two",
    );
  }
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === "*") return 0;
    throw malformed(
      "If-None-Match",
      `a write takes * only: current value is ${shown(ifNoneMatch)}`,
    );
  }
  if (ifMatch === undefined) return undefined;
  if (ifMatch.trim() === "*") return "stored";
  const version = /^\s*"([1-9]\d{0,14})"\s*$/.exec(ifMatch)?.[1];
  if (version === undefined) {
    throw malformed(
      "If-Match",
      `it must be * or one version in quotes, such as "7": current value is ${
        shown(ifMatch)
      }`,
    );
  }
  return Number(version);
}

function malformed(header: string, reason: string): InvalidInput {
  const message = `Cannot use ${header} as ${reason}`;
  return new InvalidInput(message, [{ path: `header.${header}`, message }]);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
