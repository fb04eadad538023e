/**
 * Bodies of answers, read until something stops it.
 *
 * @module
 */
import { onFirstAbort } from "../../ports/waiting.ts";

/**
 * Yields what comes of `body` until it ends. However the reading ends, the rest
 * is not taken.
 *
 * It does not lean on the signal of the request: once the runtime has collected
 * the request, that signal no longer reaches the body.
 *
 * @throws The reason of the first of `stops` that has aborted or does so.
 */
export async function* chunksOf(
  body: ReadableStream<Uint8Array> | null,
  stops: readonly AbortSignal[],
): AsyncGenerator<Uint8Array, void> {
  if (!body) return;
  const reader = body.getReader();
  // Ends a read that waits; one that has failed already says so by itself.
  const cancel = () => reader.cancel().catch(() => {});
  const release = onFirstAbort(stops, cancel);
  try {
    for (;;) {
      for (const stop of stops) stop.throwIfAborted();
      const { done, value } = await reader.read();
      for (const stop of stops) stop.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    release();
    await cancel();
  }
}

/**
 * Reads the whole of `body` as text.
 *
 * @throws As `chunksOf` does.
 */
export async function textOf(
  body: ReadableStream<Uint8Array> | null,
  stops: readonly AbortSignal[],
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunksOf(body, stops)) {
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
