/**
 * Reads the body of a request, within a limit.
 *
 * @module
 */
import {
  isDeeperThan,
  MAX_JSON_DEPTH,
  MAX_TEXT_DEPTH,
} from "../../domain/json_value.ts";
import { RequestRefused } from "./errors.ts";
import { findJsonFault } from "./json_fault.ts";
import type { BodyPatience } from "./slow_bodies.ts";

/** Largest body when a route says nothing else: 2 MiB. */
export const DEFAULT_BODY_LIMIT = 2 * 1024 * 1024;

/**
 * Reads the body as JSON, whatever its Content-Type says.
 *
 * @param limit Most bytes to accept, declared or not.
 * @param isOptional Whether a body that is empty is `undefined`, not refused.
 * @param patience Waits for it; without, as long as it takes.
 * @throws {RequestRefused} `too_large`; `too_slow`; `invalid` when the body is not JSON in
 * UTF-8, or nested too deep for any route; `cancelled` when the client stopped
 * sending.
 */
export async function readJson(
  request: Request,
  limit: number,
  isOptional = false,
  patience?: BodyPatience,
): Promise<unknown> {
  const reading = readBytes(request, limit);
  const text = decode(await (patience ? patience.within(reading) : reading));
  if (isOptional && text.trim() === "") return undefined;
  const value = parse(text);
  // What goes down into it step by step may rely on that.
  if (isDeeperThan(MAX_TEXT_DEPTH, value)) throw tooDeep();
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notJson(text, cause);
  }
}

async function readBytes(
  request: Request,
  limit: number,
): Promise<Uint8Array> {
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) > limit) throw tooLarge(limit);
  try {
    // Looking at the body makes a stream of it, which takes a while.
    const bytes = declared === null
      ? await readWithin(request.body ?? ReadableStream.from([]), limit)
      : new Uint8Array(await request.arrayBuffer());
    if (bytes.length > limit) throw tooLarge(limit);
    return bytes;
  } catch (error) {
    if (error instanceof RequestRefused) throw error;
    throw new RequestRefused(
      "cancelled",
      "Cannot read the body as the client stopped sending",
    );
  }
}

/** Reads a body whose size nobody has declared; stops at the limit. */
async function readWithin(
  body: ReadableStream<Uint8Array>,
  limit: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    // Leaving the loop cancels the stream.
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new RequestRefused(
      "invalid",
      "Cannot read the body as it is not UTF-8",
    );
  }
}

function notJson(text: string, cause: unknown): Error {
  if (text.trim() === "") {
    return new RequestRefused(
      "invalid",
      "Cannot read the body as it is empty: JSON is expected",
    );
  }
  const fault = findJsonFault(text);
  // The two parsers disagree: that is a defect of ours, not of the client.
  if (!fault) return new Error("Cannot find the fault in a body", { cause });
  const where = `line ${fault.line}, column ${fault.column}`;
  return new RequestRefused(
    "invalid",
    `Cannot read the body as it is not JSON: at ${where} stands ` +
      `${fault.found} instead of ${fault.expected}`,
    { errors: [{ path: "body", message: `is not JSON at ${where}` }] },
  );
}

function tooDeep(): RequestRefused {
  // What is told is what counts: more is let through only to what is around it.
  const message = `is nested more than ${MAX_JSON_DEPTH} levels deep`;
  return new RequestRefused(
    "invalid",
    `Cannot accept the body as it ${message}`,
    { errors: [{ path: "body", message }] },
  );
}

function tooLarge(limit: number): RequestRefused {
  return new RequestRefused(
    "too_large",
    `Cannot accept the body as it is larger than ${limit} bytes`,
  );
}
