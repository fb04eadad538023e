/**
 * The files of TLS: our certificate, and whose certificates to believe.
 *
 * @module
 */
import { ConfigError } from "./config.ts";
import type { Certificate } from "./http/address.ts";

/** Where the files are; `Config.tls`. */
export interface TlsPaths {
  /** `TLS_CERT_PATH`; set together with the key. */
  readonly certPath: string | undefined;
  /** `TLS_KEY_PATH`. */
  readonly keyPath: string | undefined;
  /** `DATABASE_CA_PATH`. */
  readonly databaseCaPath: string | undefined;
  /** `REDIS_CA_PATH`. */
  readonly redisCaPath: string | undefined;
}

/** Authorities to believe, as PEM texts. */
export interface Authorities {
  /** For the certificate of Postgres. */
  readonly database: string | undefined;
  /** For that of Redis. */
  readonly redis: string | undefined;
}

/**
 * Reads what the listeners speak TLS with; `undefined` for plain HTTP.
 *
 * @throws {ConfigError} When a file cannot be read; what is in it is for the
 * listener to judge.
 */
export async function readCertificate(
  { certPath, keyPath }: TlsPaths,
): Promise<Certificate | undefined> {
  if (certPath === undefined || keyPath === undefined) return undefined;
  return {
    cert: await readFile("TLS_CERT_PATH", certPath),
    key: await readFile("TLS_KEY_PATH", keyPath),
  };
}

/**
 * Reads whose certificates to believe.
 *
 * @throws {ConfigError} When a file cannot be read or holds no certificate.
 */
export async function readAuthorities(
  { databaseCaPath, redisCaPath }: TlsPaths,
): Promise<Authorities> {
  return {
    database: await readAuthority("DATABASE_CA_PATH", databaseCaPath),
    redis: await readAuthority("REDIS_CA_PATH", redisCaPath),
  };
}

async function readAuthority(
  variable: string,
  path: string | undefined,
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const text = await readFile(variable, path);
  // Without one, nobody would be believed, and an outage be all that is told.
  if (/-----BEGIN CERTIFICATE-----[^]+-----END CERTIFICATE-----/.test(text)) {
    return text;
  }
  throw new ConfigError(
    `Cannot use ${variable} ${path} as it holds no certificate: it must be PEM, beginning with -----BEGIN CERTIFICATE-----`,
  );
}

async function readFile(variable: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new ConfigError(
      `Cannot read ${variable} ${path}: ${(cause as Error).message}`,
      { cause },
    );
  }
}
