/**
 * Settings over HTTP, as one user asks for them.
 *
 * @module
 */
import type { UserDocument } from "../../domain/settings.ts";
import { equal } from "../support/assert.ts";
import {
  createHarness,
  type Harness,
  type HarnessOptions,
  type Reply,
} from "./harness.ts";

/** Where each document is found. */
export const PATHS: Readonly<Record<UserDocument, string>> = {
  "settings:all": "/api/user/settings",
  "mode:ultra": "/api/futures/ginie/modes/ultra",
  "mode:scalp": "/api/futures/ginie/modes/scalp",
  "mode:swing": "/api/futures/ginie/modes/swing",
  "mode:position": "/api/futures/ginie/modes/position",
  "scalp_reentry": "/api/futures/ginie/scalp-reentry-config",
  "circuit_breaker": "/api/user/global-circuit-breaker",
  "capital_allocation": "/api/futures/ginie/capital-allocation",
};

/** Every document with its path. */
export const PLACES = Object.entries(PATHS) as [UserDocument, string][];

/** More headers of a request. */
type Headers = Readonly<Record<string, string>>;

/** One user at the routes of settings. */
export interface SettingsClient {
  get(path: string, headers?: Headers): Promise<Reply>;
  put(path: string, body: unknown, headers?: Headers): Promise<Reply>;
  patch(path: string, body: unknown, headers?: Headers): Promise<Reply>;
  post(path: string, body?: unknown, headers?: Headers): Promise<Reply>;
  /** The versions of all documents, by name. */
  versions(): Promise<Record<string, number>>;
}

/** `user` at the application; the operator when absent. */
export function clientOf({ send }: Harness, user?: string): SettingsClient {
  const who: Headers = user === undefined ? {} : { "x-user-id": user };
  const ask = (method: string) =>
  (
    path: string,
    body?: unknown,
    headers: Headers = {},
  ) => send(method, path, { body, headers: { ...who, ...headers } });
  const get = ask("GET");
  return {
    get: (path, headers) => get(path, undefined, headers),
    put: ask("PUT"),
    patch: ask("PATCH"),
    post: ask("POST"),
    async versions() {
      const { status, json } = await get("/api/user/settings?include=all");
      equal(status, 200);
      return Object.fromEntries(
        Object.entries<{ version: number }>(json.documents)
          .map(([name, { version }]) => [name, version]),
      );
    },
  };
}

/** The operator at an application of his own. */
export function openSettings(
  options: HarnessOptions = {},
): SettingsClient & { readonly harness: Harness } {
  const harness = createHarness(options);
  return { ...clientOf(harness), harness };
}

/** The version that an answer tells. */
export function versionOf({ headers }: Reply): number {
  return Number(/^"(\d+)"$/.exec(headers.get("etag") ?? "")?.[1]);
}
