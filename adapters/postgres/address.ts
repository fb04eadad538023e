/**
 * Where a Postgres server is and how to log in to it.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";

/** One server of those that an address names. */
export interface Host {
  /** Name or number. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
}

/**
 * What `sslmode` may be, as libpq defines it: `prefer` takes plain text where
 * the server has no TLS, `require` believes any certificate, `verify-ca` any of
 * the authorities', `verify-full` only one of theirs for the host.
 */
export const TLS_MODES = [
  "disable",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
] as const;

/** How a server is to be reached, and believed. */
export interface Tls {
  /** Of `sslmode`; without one `verify-full` where there are authorities, else `disable`. */
  readonly mode: typeof TLS_MODES[number];
  /** Whose certificates are believed, as PEM; those that Deno knows when absent. */
  readonly ca: string | undefined;
}

/** A parsed `postgres://` address. */
export interface Address {
  /** At least one; the others are tried when it fails. */
  readonly hosts: readonly Host[];
  /** Whom to log in as. */
  readonly user: string;
  /** Never part of a message. */
  readonly password: string;
  /** Name of the database. */
  readonly database: string;
  /** How the server is to be reached. */
  readonly tls: Tls;
  /** Settings of every session, such as `search_path`. */
  readonly parameters: Readonly<Record<string, string>>;
}

const SHAPE =
  /^postgres(?:ql)?:\/\/(?:([^/?]*)@)?([^/?@]*)(?:\/([^?]*))?(?:\?(.*))?$/;

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…`; several hosts
 * are separated by commas, further parameters are settings of the session.
 *
 * @param ca Whose certificates are believed, as PEM; makes `sslmode`
 * verify-full, and refuses one that verifies nothing.
 * @throws {PortError} `invalid`; the message does not repeat the text, which
 * may hold a password.
 */
export function parseAddress(url: string, ca?: string): Address {
  const { sslmode, ...address } = parse(url);
  return { ...address, tls: tlsOf(sslmode, address.parameters, ca) };
}

function parse(url: string) {
  try {
    const [, login = "", hosts = "", path = "", query = ""] = SHAPE.exec(url)!;
    const [, user = "", password = ""] = /^([^:]*):?(.*)$/.exec(login)!;
    const { sslmode, ...parameters } = Object.fromEntries(
      new URLSearchParams(query),
    );
    const name = decodeURIComponent(user) || "postgres";
    return {
      hosts: hosts.split(",").map(parseHost),
      user: name,
      password: decodeURIComponent(password),
      database: decodeURIComponent(path) || name,
      sslmode,
      parameters,
    };
  } catch {
    throw new PortError(
      "invalid",
      "Cannot use the address of the database as it is malformed: expected postgres://user:password@host:port/database, each part percent-encoded",
    );
  }
}

function tlsOf(
  sslmode: string | undefined,
  { sslrootcert }: Readonly<Record<string, string>>,
  ca: string | undefined,
): Tls {
  if (sslrootcert !== undefined) {
    throw refusal(
      "sslrootcert has no place in it: name the file in DATABASE_CA_PATH instead",
    );
  }
  const wanted = sslmode ?? (ca === undefined ? "disable" : "verify-full");
  const mode = TLS_MODES.find((mode) => mode === wanted);
  if (mode === undefined) {
    throw refusal(`its sslmode is not one of ${TLS_MODES.join(", ")}`);
  }
  if (ca !== undefined && !mode.startsWith("verify-")) {
    throw refusal(
      `sslmode=${mode} would not ask the authorities of DATABASE_CA_PATH: leave it out, or use verify-full`,
    );
  }
  return { mode, ca };
}

function refusal(reason: string): PortError {
  return new PortError(
    "invalid",
    `Cannot use the address of the database as ${reason}`,
  );
}

function parseHost(text: string): Host {
  const [, host, digits] = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(text)!;
  const port = Number(digits ?? 5432);
  if (port < 1 || port > 65535) throw new RangeError("no port");
  return { host: host!.replace(/^\[|\]$/g, "") || "localhost", port };
}
