/**
 * Lines of a byte stream, as many at a time as have come.
 *
 * @module
 */
import { CommandFailed } from "./failures.ts";

/** A line and its number, from 1. */
export interface Line {
  /** Which line it is. */
  readonly number: number;
  /** The line without its end; its beginning where it is too long. */
  readonly text: string;
  /** Whether it is longer than any event: the rest of it is passed over. */
  readonly isTooLong?: true;
}

/** Characters of a line that is read at all: no event is larger. */
const MAX_LINE = 1024 * 1024;

/**
 * Yields the lines of `bytes` that are not empty, at once when they have come:
 * a slow writer is not waited for, a fast one gives many at a time.
 *
 * @throws {CommandFailed} When the bytes are no UTF-8.
 * @throws The reason of `stop`.
 */
export async function* lineBatches(
  bytes: ReadableStream<Uint8Array>,
  stop: AbortSignal,
): AsyncGenerator<readonly Line[], void> {
  const decoder = new TextDecoderStream("utf-8", { fatal: true });
  const texts = bytes.pipeThrough(
    decoder as ReadableWritablePair<string, Uint8Array>,
    { signal: stop },
  );
  let rest = "";
  let count = 0;
  /** Whether what comes is the rest of a line that is too long. */
  let isPassing = false;
  const lineOf = (text: string): Line => ({
    number: ++count,
    ...(text.length > MAX_LINE
      ? { text: text.slice(0, MAX_LINE), isTooLong: true }
      : { text: text.replace(/\r$/, "") }),
  });
  const iterator = texts[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await read(iterator, count, stop);
      const parts = (done ? `${rest}\n` : rest + value).split("\n");
      if (isPassing && parts.length > 1) {
        parts.shift();
        isPassing = false;
      }
      rest = isPassing ? "" : parts.pop() ?? "";
      const lines = isPassing ? [] : parts.map(lineOf);
      if (rest.length > MAX_LINE) {
        lines.push(lineOf(rest));
        rest = "";
        isPassing = true;
      }
      const full = lines.filter(({ text }) => text.trim() !== "");
      if (full.length > 0) yield full;
      if (done) return;
    }
  } finally {
    await iterator.return?.();
  }
}

async function read(
  texts: AsyncIterator<string>,
  count: number,
  stop: AbortSignal,
): Promise<IteratorResult<string>> {
  try {
    return await texts.next();
  } catch (error) {
    stop.throwIfAborted();
    throw new CommandFailed(
      `Cannot read on after line ${count} as ${(error as Error).message}`,
      { cause: error },
    );
  }
}
