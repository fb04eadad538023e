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
  /** `disable`, `require`, `verify-full` or another mode of libpq's. */
  readonly sslMode: string;
  /** Settings of every session, such as `search_path`. */
  readonly parameters: Readonly<Record<string, string>>;
}

const SHAPE =
  /^postgres(?:ql)?:\/\/(?:([^/?]*)@)?([^/?@]*)(?:\/([^?]*))?(?:\?(.*))?$/;

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…`; several hosts
 * are separated by commas, further parameters are settings of the session.
 *
 * @throws {PortError} `invalid`; the message does not repeat the text, which
 * may hold a password.
 */
export function parseAddress(url: string): Address {
  try {
    const [, login = "", hosts = "", path = "", query = ""] = SHAPE.exec(url)!;
    const [, user = "", password = ""] = /^([^:]*):?(.*)$/.exec(login)!;
    const { sslmode = "disable", ...parameters } = Object.fromEntries(
      new URLSearchParams(query),
    );
    const name = decodeURIComponent(user) || "postgres";
    return {
      hosts: hosts.split(",").map(parseHost),
      user: name,
      password: decodeURIComponent(password),
      database: decodeURIComponent(path) || name,
      sslMode: sslmode,
      parameters,
    };
  } catch {
    throw new PortError(
      "invalid",
      "Cannot use the address of the database as it is malformed: expected postgres://user:password@host:port/database",
    );
  }
}

function parseHost(text: string): Host {
  const [, host, port] = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(text)!;
  return {
    host: host!.replace(/^\[|\]$/g, "") || "localhost",
    port: Number(port ?? 5432),
  };
}
