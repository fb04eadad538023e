/**
 * Calls of the service: with the key of whoever signed in, and errors in the
 * service's own words.
 *
 * @module
 */
import { signal } from "@preact/signals";

const KEY = "holdfast.key";
const USER = "holdfast.user";

/** The API key of this tab; kept until the tab is closed. */
export const apiKey = signal(sessionStorage.getItem(KEY) ?? undefined);

/** For whom an administrator acts in this tab; for himself when absent. */
export const actingFor = signal(sessionStorage.getItem(USER) ?? undefined);

/** Whether the service wants to know who asks; why, in its words. */
export const signInReason = signal<string | undefined>(undefined);

/** Takes `key` for all calls from now on; `undefined` forgets it. */
export function signIn(key: string | undefined): void {
  keep(KEY, key);
  apiKey.value = key;
  signInReason.value = undefined;
}

/** Makes all calls from now on for `user`; `undefined` for oneself. */
export function actFor(user: string | undefined): void {
  keep(USER, user);
  actingFor.value = user;
}

function keep(name: string, value: string | undefined): void {
  if (value === undefined) sessionStorage.removeItem(name);
  else sessionStorage.setItem(name, value);
}

/** What is wrong with one field of a request. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** The service has refused a call, or could not be reached: then the status is 0. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly errors: readonly FieldError[];
  constructor(
    status: number,
    message: string,
    errors: readonly FieldError[] = [],
  ) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** An answer. */
export interface Answer<Body> {
  readonly body: Body;
  readonly headers: Headers;
}

/** What a call may have besides method and path. */
export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Sends a request.
 *
 * @throws {Refused} When it is not answered with success.
 */
export async function call<Body>(
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer<Body>> {
  const response = await send(method, path, options);
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get("content-type") ?? "");
  const body = isJson && text !== "" ? JSON.parse(text) : text;
  return { body, headers: response.headers };
}

/**
 * Sends a request, and gives the answer before its body.
 *
 * @throws {Refused} When it is not answered with success.
 */
export async function send(
  method: string,
  path: string,
  { body, headers = {}, signal }: CallOptions = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(apiKey.value ? { Authorization: `Bearer ${apiKey.value}` } : {}),
        ...(actingFor.value ? { "X-User-Id": actingFor.value } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused(0, "Cannot reach the service: it may be restarting");
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const detail = problem.detail ?? problem.title ??
    `The service answered ${response.status}`;
  if (response.status === 401) signInReason.value = detail;
  throw new Refused(response.status, detail, problem.errors ?? []);
}

/** What to say of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
