/**
 * Where the service of this machine listens.
 *
 * @module
 */

/** Addresses that stand for every one of the machine. */
const ALL = /^(?:0\.0\.0\.0|\[?::\]?)$/;

/**
 * The address of the service that the variables of this machine describe;
 * `undefined` when they say nothing of it, or what no service would take.
 */
export function urlHere(
  read: (name: string) => string | undefined,
): string | undefined {
  const [host, port, certificate] = ["HOST", "PORT", "TLS_CERT_PATH"]
    // Set to nothing is not set, as for the variables of the service.
    .map((name) => read(name) || undefined);
  const isPort = port === undefined || /^[1-9]\d{0,4}$/.test(port);
  if ((host ?? port ?? certificate) === undefined || !isPort) return undefined;
  const name = host === undefined || ALL.test(host)
    ? "127.0.0.1"
    : /^[^[].*:/.test(host)
    ? `[${host}]`
    : host;
  const scheme = certificate === undefined ? "http" : "https";
  return `${scheme}://${name}:${port ?? 8080}`;
}
