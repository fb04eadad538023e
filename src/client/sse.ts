/**
 * Reads server-sent events from a stream of bytes, cut anywhere.
 *
 * @module
 */

/** One message of a stream. */
export interface SseMessage {
  /** Its name; absent for a plain message. */
  readonly event?: string | undefined;
  /** What to come back with. */
  readonly id?: string | undefined;
  /** The data. */
  readonly data: string;
}

/** Characters of one message: an event has at most a fraction of it. */
const MAX_MESSAGE = 4 * 1024 * 1024;

/**
 * Creates a reader that takes text piece by piece and gives the messages that
 * are complete. Comments and fields without a meaning are skipped.
 *
 * @throws {RangeError} From the reader, when a message is too long.
 */
export function createSseReader(): (piece: string) => SseMessage[] {
  let rest = "";
  let size = 0;
  let event: string | undefined;
  let id: string | undefined;
  let data: string[] = [];

  function readLine(line: string, messages: SseMessage[]): void {
    if (line === "") {
      if (data.length > 0) messages.push({ event, id, data: data.join("\n") });
      event = id = undefined;
      data = [];
      size = 0;
      return;
    }
    size += line.length;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0")) id = value;
  }

  return (piece) => {
    rest += piece;
    const messages: SseMessage[] = [];
    // Of a break that is cut in two, the second half is still to come.
    const end = rest.endsWith("\r") ? rest.length - 1 : rest.length;
    const lines = rest.slice(0, end).split(/\r\n|\n|\r/);
    const open = lines.pop()!;
    for (const line of lines) readLine(line, messages);
    rest = open + rest.slice(end);
    if (size + rest.length > MAX_MESSAGE) {
      throw new RangeError("Cannot read on as a message is too long");
    }
    return messages;
  };
}
