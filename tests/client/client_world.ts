/**
 * A client whose network, time and chance are the test's.
 *
 * @module
 */
import {
  createHoldfast,
  type Holdfast,
  type HoldfastOptions,
} from "../../src/client/mod.ts";
import { createFakeClock, type FakeClock } from "../support/fake_clock.ts";

/** A request that the client has sent. */
export interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: unknown;
  /** When, on the monotonic clock. */
  readonly atMs: number;
  readonly signal: AbortSignal;
}

/** How a request is answered. */
export type Responder = (sent: Sent) => Response | Promise<Response>;

/** A client, and what it has done. */
export interface ClientWorld {
  readonly holdfast: Holdfast;
  readonly clock: FakeClock;
  readonly sent: readonly Sent[];
}

/** A client whose requests `respond` answers. */
export function openClientWorld(
  respond: Responder,
  options: HoldfastOptions = {},
): ClientWorld {
  const clock = createFakeClock();
  const sent: Sent[] = [];
  let uuids = 0;
  const holdfast = createHoldfast(options, {
    monotonic: clock.monotonic,
    sleep: clock.sleep,
    fraction: () => 0,
    uuid: () => `00000000-0000-4000-8000-${`${++uuids}`.padStart(12, "0")}`,
    async fetch(input, init = {}) {
      const { method = "GET", body, signal } = init;
      const request: Sent = {
        method,
        url: new URL(`${input}`),
        headers: new Headers(init.headers),
        body: typeof body === "string" ? JSON.parse(body) : undefined,
        atMs: clock.monotonic(),
        signal: signal!,
      };
      if (init.redirect !== "error") throw new Error("It follows redirects");
      sent.push(request);
      return await respond(request);
    },
  });
  return { holdfast, clock, sent };
}

/** A success. */
export const answer = (json: unknown, headers: HeadersInit = {}) =>
  Response.json(json, { headers });

/** A problem as the service tells it. */
export function problem(
  status: number,
  code: string,
  headers: Record<string, string> = {},
): Response {
  const body = {
    type: `urn:holdfast:problem:${code}`,
    title: "A title",
    status,
    detail: `Cannot as ${code}`,
    instance: "/",
    request_id: "r",
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

/** A request that nobody answers. */
export function silence({ signal }: Sent): Promise<Response> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** What a failing network throws. */
export function refused(): never {
  const cause = new Error("connection refused");
  throw new TypeError("fetch failed", { cause });
}

/** Lets time pass, until `work` is over, in steps of 100 ms. */
export async function settle<T>(clock: FakeClock, work: Promise<T>) {
  let isOver = false;
  const watched = work.finally(() => isOver = true);
  watched.catch(() => {});
  while (!isOver) {
    // Reading a body takes turns of the event loop.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (!isOver) await clock.advance(100);
  }
  return await watched;
}
