/**
 * Requests for settings.
 *
 * @module
 */

/** An answer that is not the one asked for. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  constructor(status: number, said: string) {
    super(`${status} ${said}`);
    this.status = status;
  }
}

/** An answer. */
export interface Answer {
  readonly headers: Headers;
  /** `undefined` where nothing is stored. */
  readonly document: string | undefined;
}

/** Nothing may take longer, whatever happens. */
const PATIENCE_MS = 15_000;

/**
 * Asks the service at `url` for the settings of `user`, or puts `body` there.
 *
 * @throws {Refused} When the answer is another one. Another error when there is
 * none.
 */
export async function ask(
  url: string,
  method: "GET" | "PUT",
  user: string,
  body?: string,
  etag?: string,
): Promise<Answer> {
  const headers: Record<string, string> = { "X-User-Id": user };
  if (etag !== undefined) headers["If-Match"] = etag;
  const path = "/api/user/settings";
  return await withinPatience(async (signal) => {
    const init = { method, headers, body: body ?? null, signal };
    const response = await fetch(url + path, init);
    const text = await response.text();
    const { status } = response;
    if (status === 200) return { headers: response.headers, document: text };
    if (status === 404 && method === "GET") {
      return { headers: response.headers, document: undefined };
    }
    throw new Refused(status, detailOf(text));
  });
}

// deno-lint-ignore no-explicit-any
type Json = any;

/** Asks for JSON of any path, whatever the status of the answer is. */
export async function askJson(
  url: string,
  method = "GET",
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Json> {
  return await withinPatience(async (signal) => {
    const init = { method, headers, signal };
    const response = await fetch(
      url,
      body === undefined ? init : { ...init, body: JSON.stringify(body) },
    );
    return { http: response.status, ...await response.json() };
  });
}

async function withinPatience<T>(
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const timer = setTimeout(
    () => stop.abort(new Error(`no answer within ${PATIENCE_MS} ms`)),
    PATIENCE_MS,
  );
  try {
    return await work(stop.signal);
  } finally {
    clearTimeout(timer);
  }
}

function detailOf(text: string): string {
  try {
    return JSON.parse(text).detail;
  } catch {
    return text;
  }
}
