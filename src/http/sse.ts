/**
 * Server-sent events: streams that never outlive their client, nor hold more
 * for it than it takes.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/port_error.ts";

/** How often a stream shows that it is alive. */
export const HEARTBEAT_MS = 15_000;

/** How long a client may take nothing before it is given up. */
export const WRITE_TIMEOUT_MS = 30_000;

/** How often a stream is looked after; `HEARTBEAT_MS` is a multiple. */
const WATCH_MS = 5_000;

/** Milliseconds after which a client that was cut off comes back. */
const RETRY_MS = 2_000;

/** The field that tells clients when to come back. */
export const RETRY_FIELD = `retry: ${RETRY_MS}\n`;

/** One event of a stream. */
export interface SseFrame {
  /** Its name; clients call it `message` when absent. */
  readonly event?: string;
  /** What a client that was cut off sends back as `Last-Event-ID`. */
  readonly id?: string;
  /** The data. */
  readonly data: string;
}

/** What a stream needs from its surroundings. */
export interface SseOptions {
  /** Times heartbeats and writes. */
  readonly clock: Clock;
  /** Any of these ends the stream. */
  readonly ends: readonly AbortSignal[];
  /** Frames to write every `HEARTBEAT_MS`, unless a write is under way. */
  readonly heartbeat: () => string;
  /** Hears why a stream ended that nobody asked to end. */
  readonly failed: (error: unknown) => void;
  /** Hears that the stream has ended, however that came. */
  readonly ended: () => void;
}

/**
 * Writes frames; resolves when the client's side has taken them.
 *
 * @throws The reason of the stream's end, when it ends first.
 */
export type SendFrames = (frames: string) => Promise<void>;

/** Writes `frame` as it goes over the wire. */
export function formatFrame({ event, id, data }: SseFrame): string {
  // A line break within JSON is white space, within a frame it ends a line.
  const line = /[\r\n]/.test(data) ? data.replace(/[\r\n]+/g, " ") : data;
  return `${event === undefined ? "" : `event: ${event}\n`}${
    id === undefined ? "" : `id: ${id}\n`
  }data:${line === "" ? "" : ` ${line}`}\n\n`;
}

/**
 * Opens a stream that `feed` writes to until its signal aborts. Frames go out
 * when the client's side asks for more, all that wait in one write; until then
 * `send` waits. The stream ends when the client leaves or takes nothing for
 * `WRITE_TIMEOUT_MS`, when one of `ends` aborts, and when `feed` returns or
 * throws; frames that still wait are dropped.
 */
export function openSse(
  feed: (send: SendFrames, signal: AbortSignal) => Promise<void>,
  { clock, ends, heartbeat, failed, ended }: SseOptions,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const end = new AbortController();
  const stop = () => end.abort();
  let waiting: { frames: string; done: PromiseWithResolvers<void> }[] = [];
  let isAsked = false;
  let waitingSince = 0;
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    pull() {
      isAsked = true;
      write();
    },
    cancel: stop,
  }, { highWaterMark: 0 });

  function write(): void {
    if (!isAsked || waiting.length === 0) return;
    const taken = waiting;
    waiting = [];
    isAsked = false;
    const frames = taken.map(({ frames }) => frames).join("");
    controller.enqueue(encoder.encode(frames));
    for (const { done } of taken) done.resolve();
  }

  async function send(frames: string): Promise<void> {
    end.signal.throwIfAborted();
    if (waiting.length === 0) waitingSince = clock.monotonic();
    const done = Promise.withResolvers<void>();
    waiting.push({ frames, done });
    write();
    await done.promise;
  }

  async function watch(): Promise<void> {
    for (let since = WATCH_MS;; since += WATCH_MS) {
      await clock.sleep(WATCH_MS, end.signal);
      if (waiting.length > 0) {
        if (clock.monotonic() - waitingSince < WRITE_TIMEOUT_MS) continue;
        throw new PortError(
          "timeout",
          "Cannot go on with a stream as its client takes nothing",
        );
      }
      if (since % HEARTBEAT_MS === 0) send(heartbeat()).catch(() => {});
    }
  }

  function onEnd(): void {
    ended();
    for (const signal of ends) signal.removeEventListener("abort", stop);
    for (const { done } of waiting) done.reject(end.signal.reason);
    waiting = [];
    try {
      controller.close();
    } catch {
      // The client has cancelled it, which is an end too.
    }
  }

  async function endWith(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!end.signal.aborted) failed(error);
    } finally {
      stop();
    }
  }

  end.signal.addEventListener("abort", onEnd);
  for (const signal of ends) {
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
  }
  endWith(feed(send, end.signal));
  endWith(watch());
  return stream;
}
