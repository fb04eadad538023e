/**
 * Streams of Holdfast, over whatever cuts them off.
 *
 * @module
 */
import type { HoldfastError } from "./errors.ts";
import { createSseReader, type SseMessage } from "./sse.ts";
import { pauseMs } from "./surroundings.ts";
import type { QueryValue, Transport } from "./transport.ts";

/** The log no longer holds, or has never held, what was asked for. */
export interface Gap {
  /** Tells it from what else comes. */
  readonly kind: "gap";
  /** The position after which to go on had been asked for. */
  readonly requested: number;
  /** The life of the log that this position was of, where it was told. */
  readonly requestedEpoch: string | undefined;
  /** The oldest position held: the stream goes on with it. */
  readonly earliest: number;
  /** The newest position. */
  readonly head: number;
  /** The present life of the log: another one after a restore. */
  readonly epoch: string;
}

/** How a stream is: followed, or cut off and coming back. */
export type StreamState =
  | { readonly state: "open" }
  | { readonly state: "cut"; readonly reason: HoldfastError | undefined };

/** How to follow a stream. */
export interface FollowOptions {
  /** Ends the stream; the loop over it then ends without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of each opening and each cut. */
  readonly onState?: ((state: StreamState) => void) | undefined;
}

/** The service shows that it is alive three times as often. */
const SILENCE_MS = 45_000;

/** The longest pause before a stream is opened again. */
const PAUSE_CAP_MS = 5_000;

/**
 * Follows the stream at `path` until it is stopped. When it is cut off it is
 * opened again after the last message that was given: none is lost, and none
 * comes twice. What cannot be had any more comes as a message `gap`.
 *
 * @throws {HoldfastError} When it cannot be opened to begin with, or the
 * service refuses to go on with it.
 */
export async function* follow(
  transport: Transport,
  path: string,
  query: Readonly<Record<string, QueryValue>>,
  { signal, onState }: FollowOptions,
): AsyncGenerator<SseMessage, void, undefined> {
  const { surroundings } = transport;
  /** The last id that came: everything up to it has been given. */
  let last: string | undefined;
  let wasOpen = false;
  let failures = 0;
  const stop = new AbortController();
  const leave = () => stop.abort();
  if (signal?.aborted) return;
  signal?.addEventListener("abort", leave);

  /** Whether the message is news to whoever reads the stream. */
  function take({ id, event }: SseMessage): boolean {
    const isNew = isAfter(id, last);
    const isMark = event === "position" || event === "gap";
    if (id !== undefined && (isNew || isMark)) last = id;
    return event === "gap" ||
      isNew && event !== "position" && event !== "heartbeat";
  }

  async function* readOnce(): AsyncGenerator<SseMessage, void, undefined> {
    const cut = new AbortController();
    const end = () => cut.abort();
    stop.signal.addEventListener("abort", end);
    try {
      const stream = await transport.open(path, {
        query,
        headers: { Accept: "text/event-stream", "Last-Event-ID": last },
        signal: cut.signal,
      });
      onState?.({ state: "open" });
      wasOpen = true;
      const read = createSseReader();
      const waitForIt = (heard: AbortSignal) =>
        surroundings.sleep(SILENCE_MS, heard).then(end, () => {});
      for await (const piece of piecesOf(stream, waitForIt)) {
        for (const message of read(piece)) {
          failures = 0;
          if (take(message)) yield message;
        }
      }
    } finally {
      stop.signal.removeEventListener("abort", end);
      end();
    }
  }

  try {
    for (;;) {
      let reason: HoldfastError | undefined;
      try {
        yield* readOnce();
      } catch (error) {
        if (stop.signal.aborted) return;
        reason = transport.failureOf(error);
        if (!wasOpen || !reason.isTransient) throw reason;
      }
      if (stop.signal.aborted) return;
      onState?.({ state: "cut", reason });
      if (stop.signal.aborted) return;
      const pause = pauseMs(++failures, PAUSE_CAP_MS, surroundings.fraction());
      const asked = reason?.retryAfterMs ?? 0;
      await surroundings.sleep(Math.max(pause, asked), stop.signal)
        .catch(() => {});
      if (stop.signal.aborted) return;
    }
  } finally {
    signal?.removeEventListener("abort", leave);
  }
}

/** Reads what a message `gap` says. */
export function gapOf(data: string): Gap {
  const { requested, requested_epoch, earliest, head, epoch } = JSON.parse(
    data,
  );
  const requestedEpoch = requested_epoch ?? undefined;
  return { kind: "gap", requested, requestedEpoch, earliest, head, epoch };
}

/** The text of `stream` as it comes; `watch` is told when it need wait no more. */
async function* piecesOf(
  stream: ReadableStream<Uint8Array>,
  watch: (heard: AbortSignal) => void,
): AsyncGenerator<string, void, undefined> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const heard = new AbortController();
      watch(heard.signal);
      const { done, value } = await reader.read()
        .finally(() => heard.abort());
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Whether the message with `id` has not come yet; without one it is new. */
function isAfter(id: string | undefined, last: string | undefined): boolean {
  if (id === undefined || last === undefined) return true;
  const [epoch, position] = split(id);
  const [lastEpoch, lastPosition] = split(last);
  return epoch !== lastEpoch || position > lastPosition;
}

/** The epoch and the position of a place in the log. */
function split(id: string): readonly [epoch: string, position: number] {
  const colon = id.lastIndexOf(":");
  return [id.slice(0, Math.max(colon, 0)), Number(id.slice(colon + 1))];
}
