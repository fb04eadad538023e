/**
 * Certificates for tests, made here and now: an authority, and what it signs.
 *
 * @module
 */

/** A certificate and its key, as PEM texts. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Somebody whose signature is believed, or not. */
export interface Authority {
  /** Its own certificate. */
  readonly cert: string;
  /** Signs a certificate for `names`, host names and IPv4 addresses. */
  sign(...names: readonly string[]): Promise<TestCertificate>;
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };

/** Makes an authority. */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await newKeys();
  const issuer = nameOf(name);
  const own = await certify(issuer, issuer, keys, keys.privateKey, [
    extension(BASIC_CONSTRAINTS, sequence(tag(0x01, [0xff]))),
  ]);
  return {
    cert: own,
    async sign(...names) {
      const leaf = await newKeys();
      const subject = nameOf(names[0]!);
      const cert = await certify(issuer, subject, leaf, keys.privateKey, [
        extension(SUBJECT_ALT_NAME, sequence(...names.map(altName))),
      ]);
      const pkcs8 = await crypto.subtle.exportKey("pkcs8", leaf.privateKey);
      return { cert, key: pem("PRIVATE KEY", new Uint8Array(pkcs8)) };
    },
  };
}

type Bytes = readonly number[] | Uint8Array;

const tag = (kind: number, ...parts: readonly Bytes[]): number[] => {
  const content = parts.flatMap((part) => [...part]);
  return [kind, ...lengthOf(content.length), ...content];
};
const sequence = (...parts: readonly Bytes[]) => tag(0x30, ...parts);
const bits = (content: Bytes) => tag(0x03, [0], content);
const text = (value: string) => new TextEncoder().encode(value);

// Object identifiers, encoded.
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];
const SUBJECT_ALT_NAME = [0x55, 0x1d, 0x11];
const COMMON_NAME = [0x55, 0x04, 0x03];
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  return [0x82, length >> 8, length & 0xff];
}

function nameOf(name: string): number[] {
  const attribute = sequence(tag(0x06, COMMON_NAME), tag(0x0c, text(name)));
  return sequence(tag(0x31, attribute));
}

function altName(name: string): number[] {
  return /^[\d.]+$/.test(name)
    ? tag(0x87, name.split(".").map(Number))
    : tag(0x82, text(name));
}

function extension(id: readonly number[], value: Bytes): number[] {
  return sequence(tag(0x06, id), tag(0x01, [0xff]), tag(0x04, value));
}

/** A number without a sign, as short as can be. */
function integer(bytes: Uint8Array): number[] {
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = [...bytes.subarray(Math.max(first, 0))];
  return tag(0x02, short[0]! >= 0x80 ? [0, ...short] : short);
}

function time(atMs: number): number[] {
  const digits = new Date(atMs).toISOString().replace(/\D/g, "");
  return tag(0x17, text(`${digits.slice(2, 14)}Z`));
}

async function certify(
  issuer: Bytes,
  subject: Bytes,
  { publicKey }: CryptoKeyPair,
  signer: CryptoKey,
  extensions: readonly number[][],
): Promise<string> {
  const algorithm = sequence(tag(0x06, ECDSA_WITH_SHA256));
  const day = 86_400_000;
  const body = sequence(
    tag(0xa0, tag(0x02, [2])),
    integer(crypto.getRandomValues(new Uint8Array(8))),
    algorithm,
    issuer,
    sequence(time(Date.now() - day), time(Date.now() + day)),
    subject,
    new Uint8Array(await crypto.subtle.exportKey("spki", publicKey)),
    tag(0xa3, sequence(...extensions)),
  );
  const signed = new Uint8Array(
    await crypto.subtle.sign(SIGNATURE, signer, new Uint8Array(body)),
  );
  const signature = sequence(
    integer(signed.subarray(0, 32)),
    integer(signed.subarray(32)),
  );
  const whole = sequence(body, algorithm, bits(signature));
  return pem("CERTIFICATE", new Uint8Array(whole));
}

async function newKeys(): Promise<CryptoKeyPair> {
  const keys = await crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
  return keys as CryptoKeyPair;
}

function pem(kind: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN ${kind}-----\n${lines}\n-----END ${kind}-----\n`;
}

/** Asks by TLS, and believes nobody but the authority of `cert`. */
export interface Believer extends Disposable {
  fetch(url: string): Promise<Response>;
}

/** Creates one who believes the authority of `cert` only. */
export function believing(cert: string): Believer {
  const client = Deno.createHttpClient({ caCerts: [cert] });
  const init: RequestInit & { client: Deno.HttpClient } = { client };
  return {
    fetch: (url) => fetch(url, init),
    [Symbol.dispose]: () => client.close(),
  };
}
