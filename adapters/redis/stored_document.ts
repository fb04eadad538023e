/**
 * Documents as they are stored: `{"version":N,"gen":"x","value":<json>}`, or,
 * when that is large, `{"version":N,"gen":"x","zstd":"<base64>"}`.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import type { Checkpoint } from "../../domain/checkpoint.ts";
import type { SettingsDocument } from "../../domain/settings.ts";
import { projectionsOf } from "../../domain/settings_projection.ts";

/** Longer texts are compressed, and do not go through Lua. */
export const MAX_SCRIPT_BYTES = 64 * 1024;

/** Longer documents are not kept. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** A document that was found; its value may be compressed still. */
export interface StoredDocument {
  /** Its version. */
  readonly version: number;
  /** The value, or the base64 of it. */
  readonly body: string;
  /** Whether `body` is compressed. */
  readonly isPacked: boolean;
}

/** A part of a document, which lies under a key of its own. */
export interface StoredPart {
  /** The key. */
  readonly key: string;
  /** What is stored there; empty when the part has no value. */
  readonly text: string;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const HEAD = '{"version":';
const VALUE = '"value":';
const PACKED = '"zstd":"';
const ANY_HEAD =
  /^\{"version":\d{1,15},"gen":"[0-9a-f]{1,64}",(?:"value":[^]+|"zstd":"[A-Za-z0-9+/=]*")\}$/;

/** Whether `text` takes so many bytes that it may not go through Lua. */
export function isLarge(text: string): boolean {
  return text.length > MAX_SCRIPT_BYTES / 3 &&
    Buffer.byteLength(text) > MAX_SCRIPT_BYTES;
}

/** Writes a document, compressed if it is large; `undefined` when it is too large. */
export async function storeDocument(
  { version, json }: Pick<SettingsDocument, "version" | "json">,
  generation: string,
): Promise<string | undefined> {
  const head = `${HEAD}${version},"gen":"${generation}",`;
  const text = `${head}${VALUE}${json}}`;
  if (!isLarge(text)) return text;
  const bytes = Buffer.from(json);
  if (bytes.length > MAX_DOCUMENT_BYTES) return undefined;
  const packed = await compress(bytes, {
    params: {
      [constants.ZSTD_c_compressionLevel]: 1,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });
  return `${head}${PACKED}${packed.toString("base64")}"}`;
}

/** Writes the parts of a document in the same form, of the same version. */
export async function storeParts(
  document: SettingsDocument,
  generation: string,
): Promise<StoredPart[]> {
  const { version } = document;
  return await Promise.all(
    projectionsOf(document).map(async ({ key, json }) => {
      const text = json && await storeDocument({ version, json }, generation);
      return { key, text: text ?? "" };
    }),
  );
}

/**
 * Finds the head of a stored text.
 *
 * @returns What is to be believed at `checkpoint`; `undefined` when nothing is;
 * `foreign` when nobody of us has written it so.
 */
export function readHead(
  text: string,
  { generation, position }: Checkpoint,
): StoredDocument | undefined | "foreign" {
  const comma = text.indexOf(",", HEAD.length);
  const gen = `,"gen":"${generation}",`;
  const body = comma + gen.length;
  if (!text.startsWith(HEAD) || !text.startsWith(gen, comma)) {
    return ANY_HEAD.test(text) ? undefined : "foreign";
  }
  const digits = text.slice(HEAD.length, comma);
  const version = /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : NaN;
  const isPacked = text.startsWith(PACKED, body);
  const begin = body + (isPacked ? PACKED : VALUE).length;
  const end = text.length - (isPacked ? 2 : 1);
  const isWhole = isPacked
    ? text.endsWith('"}')
    : text.startsWith(VALUE, body) && text.endsWith("}") &&
      isJson(text.slice(begin, end));
  if (!isWhole || Number.isNaN(version)) return "foreign";
  if (version > position) return undefined;
  return { version, body: text.slice(begin, end), isPacked };
}

/**
 * Unpacks the value of a document.
 *
 * @throws When it is damaged.
 */
export async function unpack({ body }: StoredDocument): Promise<string> {
  const limit = { maxOutputLength: MAX_DOCUMENT_BYTES };
  const bytes = await decompress(Buffer.from(body, "base64"), limit);
  if (bytes.length === 0) throw new RangeError("it is empty");
  return bytes.toString();
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
