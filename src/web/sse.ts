/**
 * Server-sent events over fetch, which can send a key: EventSource cannot.
 *
 * @module
 */
import { createSseReader, type SseMessage } from "../client/sse.ts";
import { Refused, send } from "./api.ts";

/** How a stream is. */
export type Link = "connecting" | "live" | "reconnecting" | "refused";

/** What a follower hears. */
export interface Hears {
  event(message: SseMessage): void;
  /** How the stream is; `why` is what was thrown where it is not live. */
  link(link: Link, why?: unknown): void;
}

const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 2000;

/**
 * Follows the stream at `path` until `signal` aborts. Comes back after every
 * cut, and goes on after the last event that it has seen.
 *
 * @param silenceMs A stream that says nothing for so long is taken for dead.
 */
export async function follow(
  path: string,
  hears: Hears,
  silenceMs: number,
  signal: AbortSignal,
): Promise<void> {
  let lastId: string | undefined;
  let retryMs = FIRST_RETRY_MS;
  hears.link("connecting");
  while (!signal.aborted) {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    let watchdog = setTimeout(() => stop.abort(), silenceMs);
    try {
      const response = await send("GET", path, {
        headers: lastId === undefined ? {} : { "Last-Event-ID": lastId },
        signal: either,
      });
      hears.link("live");
      retryMs = FIRST_RETRY_MS;
      const read = createSseReader();
      const reader = response.body!.pipeThrough(new TextDecoderStream())
        .getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        clearTimeout(watchdog);
        watchdog = setTimeout(() => stop.abort(), silenceMs);
        for (const message of read(value)) {
          if (message.id !== undefined) lastId = message.id;
          hears.event(message);
        }
      }
      hears.link("reconnecting");
    } catch (error) {
      if (signal.aborted) return;
      const isFinal = error instanceof Refused && error.status >= 400 &&
        error.status < 500 && error.status !== 429;
      hears.link(isFinal ? "refused" : "reconnecting", error);
      if (isFinal) return;
    } finally {
      clearTimeout(watchdog);
    }
    await pause(retryMs, signal);
    retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
