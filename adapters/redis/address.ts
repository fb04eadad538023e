/**
 * Where a Redis server is and how to log in to it.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";

/** A server, its database and who logs in. */
export interface RedisAddress {
  /** Name or number. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
  /** Number of the database. */
  readonly db: number;
  /** Whom to log in as; the server's default user when absent. */
  readonly user: string | undefined;
  /** Never part of a message. */
  readonly password: string | undefined;
  /** Whether to speak TLS; then the server must prove that it is `host`. */
  readonly tls: boolean;
  /** Whose certificates are believed, as PEM; those that Deno knows when absent. */
  readonly ca: string | undefined;
}

/** Where a server is, as the configuration says it: by address or by parts. */
export interface RedisLocation {
  /** `redis://user:password@host:port/db`, or `rediss://` for TLS; wins over the parts. */
  readonly url?: string | undefined;
  /** 127.0.0.1 when absent. */
  readonly host?: string | undefined;
  /** 6379 when absent. */
  readonly port?: number | undefined;
  /** 0 when absent. */
  readonly db?: number | undefined;
  /** Whose certificates are believed, as PEM; those that Deno knows when absent. */
  readonly ca?: string | undefined;
  /** None when absent. */
  readonly password?: string | undefined;
}

/**
 * Reads a location.
 *
 * @throws {PortError} `invalid`; the message does not repeat the address, which
 * may hold a password.
 */
export function parseRedisAddress(location: RedisLocation): RedisAddress {
  const { url, host, port, db, password, ca } = location;
  if (url !== undefined) return { ...parseUrl(url), ca };
  return {
    host: host ?? "127.0.0.1",
    port: port ?? 6379,
    db: db ?? 0,
    user: undefined,
    password: password || undefined,
    tls: false,
    ca: undefined,
  };
}

function parseUrl(text: string): Omit<RedisAddress, "ca"> {
  try {
    const url = new URL(text);
    const [, db] = /^(?:\/(\d{1,9})?)?$/.exec(url.pathname)!;
    if (!/^rediss?:$/.test(url.protocol) || url.hostname === "") throw text;
    return {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port || 6379),
      db: Number(db ?? 0),
      user: decodeURIComponent(url.username) || undefined,
      password: decodeURIComponent(url.password) || undefined,
      tls: url.protocol === "rediss:",
    };
  } catch {
    throw new PortError(
      "invalid",
      "Cannot use the address of Redis as it is malformed: expected redis://user:password@host:port/db",
    );
  }
}
