/**
 * Lines of a byte stream.
 *
 * @module
 */

/** A transform from bytes to lines without their ends. */
export function textLines(): ReadableWritablePair<string, BufferSource> {
  const decoder = new TextDecoderStream();
  let rest = "";
  const split = new TransformStream<string, string>({
    transform(chunk, controller) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) controller.enqueue(line);
    },
    flush(controller) {
      if (rest !== "") controller.enqueue(rest);
    },
  });
  return {
    writable: decoder.writable,
    readable: decoder.readable.pipeThrough(split),
  };
}
