/**
 * What Postgres's failures mean to a caller of a port.
 *
 * @module
 */
import { PortError, type PortErrorCode } from "../../ports/port_error.ts";
import type { Address, Host } from "./address.ts";

/** No answer came in time. */
export class DeadlineExceeded extends Error {
  /** Tells this error from others. */
  override readonly name = "DeadlineExceeded";
  /** How long was waited. */
  readonly afterMs: number;

  /** Builds the error. */
  constructor(afterMs: number) {
    super(`no answer within ${afterMs} ms`);
    this.afterMs = afterMs;
  }
}

type Meaning = readonly [PortErrorCode, string];

/** By SQLSTATE or its class (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  "08": ["unavailable", "the connection was lost"],
  "22": ["invalid", "Postgres cannot hold the text"],
  "23": ["unavailable", "another write stands in the way"],
  "25006": ["unavailable", "its server is a standby"],
  "40": ["unavailable", "another transaction stands in the way"],
  "42": ["corrupt", "its tables are not those that this program made"],
  "42501": ["unavailable", "its user lacks a permission"],
  "53": ["unavailable", "its server has run out of resources"],
  "53100": ["full", "no room is left on its disk"],
  "53200": ["unavailable", "its server has run out of memory"],
  "53300": ["unavailable", "its server has no connection left"],
  "54": ["invalid", "Postgres cannot hold a text of that length"],
  "55": ["unavailable", "its server is not in a state to do it"],
  "55P03": ["unavailable", "another transaction holds its lock"],
  "57": ["unavailable", "its server is going away"],
  "57014": ["unavailable", "it took too long"],
  "57P03": ["unavailable", "its server is starting or stopping"],
  "58": ["unavailable", "its disk has failed"],
  "P0002": ["corrupt", "its log has no head"],
  "XX": ["unavailable", "its server has failed"],
  "XX001": ["corrupt", "its files are damaged"],
  "XX002": ["corrupt", "its files are damaged"],
};

/** Codes of a connection that ended before the answer had come. */
const LOST = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "ECONNABORTED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
]);

/** Whether the connection ended before the answer had come. */
export function isLost(error: unknown): boolean {
  return LOST.has(codeOf(error));
}

/** Whether the statement failed for what it was given, not for where it ran. */
export function isAboutData(error: unknown): boolean {
  return isFromPostgres(error) && /^(?:22|23|54)/.test(error.code);
}

/**
 * Turns a failure to read into a `PortError`; every other error, such as a
 * mistake of ours, is returned as it is.
 */
export function toReadError(error: unknown): unknown {
  const action = "read from the database";
  if (error instanceof DeadlineExceeded) {
    return new PortError(
      "timeout",
      `Cannot ${action} as it has not answered within ${error.afterMs} ms`,
      { cause: error },
    );
  }
  return isLost(error) ? lost(action, error) : toPortError(error, action);
}

/** Turns a failure to write into a `PortError`, as `toReadError` does. */
export function toWriteError(error: unknown): unknown {
  const isLate = error instanceof DeadlineExceeded;
  if (!isLate && !isLost(error)) {
    return toPortError(error, "write to the database");
  }
  const reason = isLate
    ? `it has not answered within ${error.afterMs} ms`
    : "the connection was lost";
  return new PortError(
    "timeout",
    `Cannot tell whether the database has kept the write as ${reason}`,
    { cause: error },
  );
}

/** Turns a failure to log in at `host` into a `PortError`. */
export function toOpenError(
  error: unknown,
  address: Address,
  { host, port }: Host,
): unknown {
  const code = codeOf(error);
  const server = `${host}:${port}`;
  const reasons: Record<string, string> = {
    "28P01": `it refuses the password of user ${address.user}`,
    "28000": `it does not let user ${address.user} in from here`,
    "3D000": `there is no database ${address.database}`,
    ECONNREFUSED: `nothing listens at ${server}`,
    ENOTFOUND: `there is no host ${host}`,
    EAI_AGAIN: `there is no host ${host}`,
  };
  const action = `reach database ${address.database} at ${server}`;
  if (error instanceof PortError) return error;
  const reason = reasons[code] ?? whyNotOpened(error, server);
  if (reason === undefined) return toPortError(error, action);
  return new PortError("unavailable", `Cannot ${action} as ${reason}`, {
    cause: error,
  });
}

function whyNotOpened(error: unknown, server: string): string | undefined {
  if (isFromPostgres(error)) return undefined;
  if (error instanceof DeadlineExceeded) return `${server} does not answer`;
  if (isLost(error)) return `${server} ends the connection`;
  const said = error instanceof Error ? error.message : String(error);
  return `the connection failed: ${said}`;
}

function toPortError(error: unknown, action: string): unknown {
  if (!isFromPostgres(error)) return error;
  const meaning = MEANINGS[error.code] ?? MEANINGS[error.code.slice(0, 2)];
  const [code, reason] = meaning ?? ["unavailable", "it has failed"];
  return new PortError(
    code,
    `Cannot ${action} as ${reason}: Postgres says ${error.code}, ${error.message}`,
    { cause: error },
  );
}

function lost(action: string, cause: unknown): PortError {
  return new PortError(
    "unavailable",
    `Cannot ${action} as the connection was lost`,
    { cause },
  );
}

function isFromPostgres(
  error: unknown,
): error is Error & { readonly code: string } {
  return error instanceof Error && error.name === "PostgresError";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
