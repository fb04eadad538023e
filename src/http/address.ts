/**
 * Addresses that are bound to, and why they cannot be.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";

/** What a listener binds to. */
export interface Address {
  /** The address of the machine. */
  readonly hostname: string;
  /** The port; 0 picks a free one. */
  readonly port: number;
  /** The variable that names the port; `PORT` when absent. */
  readonly portVariable?: "PORT" | "ADMIN_PORT";
  /** Speaks TLS with it; plain HTTP when absent. */
  readonly certificate?: Certificate | undefined;
}

/** The certificate of a listener and its key, as PEM texts. */
export interface Certificate {
  /** The certificate, and those between it and the authority's. */
  readonly cert: string;
  /** Its private key; never part of a message. */
  readonly key: string;
}

/**
 * Binds to an address and lets go of it at once, so that who cannot serve there
 * hears of it before he has done anything.
 *
 * @throws {PortError} As `bound`.
 */
export function tryAddress(address: Address): void {
  const { hostname, port, certificate } = address;
  bound(
    address,
    () =>
      certificate
        ? Deno.listenTls({ hostname, port, ...certificate })
        : Deno.listen({ hostname, port }),
  ).close();
}

/**
 * Does what binds to an address.
 *
 * @throws {PortError} `unavailable` when it cannot be bound to, naming the
 * variable to change; `invalid` when the certificate cannot be used.
 */
export function bound<T>(
  { hostname, port, portVariable = "PORT", certificate }: Address,
  bind: () => T,
): T {
  try {
    return bind();
  } catch (cause) {
    const { name, message } = cause instanceof Error
      ? cause
      : new Error(String(cause));
    const fault = certificate && certificateFault(message);
    if (fault) {
      throw new PortError(
        "invalid",
        `Cannot serve by TLS as ${fault}`,
        { cause },
      );
    }
    const hint = HINTS[name]?.replace("PORT", portVariable) ??
      `there is no such address (${message}): set HOST to one that this machine has, such as 127.0.0.1`;
    throw new PortError(
      "unavailable",
      `Cannot listen on ${hostname}:${port} as ${hint}`,
      { cause },
    );
  }
}

/** What is wrong with a certificate, by what Deno says of it. */
function certificateFault(said: string): string | undefined {
  return CERTIFICATE_FAULTS.find(([words]) => words.test(said))?.[1];
}

const CERTIFICATE_FAULTS: readonly (readonly [RegExp, string])[] = [
  [
    /no certificates found/i,
    "the file of TLS_CERT_PATH holds no certificate: it must be PEM, beginning with -----BEGIN CERTIFICATE-----",
  ],
  [
    /no keys found/i,
    "the file of TLS_KEY_PATH holds no private key: it must be PEM without a password, such as -----BEGIN PRIVATE KEY-----",
  ],
  [
    /KeyMismatch/,
    "the key in the file of TLS_KEY_PATH does not belong to the certificate in that of TLS_CERT_PATH",
  ],
  [
    /(?:peer|decode) certificate/i,
    "the certificate in the file of TLS_CERT_PATH is damaged",
  ],
  [
    /private key|decode key/i,
    "the key in the file of TLS_KEY_PATH is damaged, or of a kind that is not known: use RSA, P-256, P-384 or Ed25519",
  ],
];

/** Why an address cannot be bound to, by the name of Deno's error. */
const HINTS: Readonly<Record<string, string>> = {
  AddrInUse:
    "the port is in use: set PORT to another one, or to 0 for any free one",
  AddrNotAvailable:
    "this machine has no such address: set HOST to one it has, such as 127.0.0.1",
  PermissionDenied:
    "the port may not be used by this account: set PORT to one above 1023",
};
