/**
 * Writes lines to a stream without making anybody wait for it.
 *
 * @module
 */

/** Bytes that may wait for a reader that has stopped reading. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** Where the bytes go, such as `Deno.stderr`. */
export interface ByteSink {
  /** Writes some of `bytes`, and says how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Takes lines. */
export interface LineWriter extends AsyncDisposable {
  /** Queues a line; drops it, and counts that, while too much is waiting. */
  write(line: string): void;
  /** Resolves when every line queued so far has been written. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Creates a writer; the lines of one turn of the event loop are one write. A
 * sink that fails is given up silently: there is nowhere left to say so.
 */
export function createLineWriter(sink: ByteSink): LineWriter {
  const encoder = new TextEncoder();
  let lines: string[] = [];
  let waiting = 0;
  let dropped = 0;
  let writing: Promise<void> | undefined;

  async function drain(): Promise<void> {
    // Lets the turn end first, so that its lines go out together.
    await new Promise((resolve) => setTimeout(resolve));
    try {
      while (lines.length > 0 || dropped > 0) {
        const taken = waiting;
        if (dropped > 0) lines.push(droppedLine(dropped));
        const bytes = encoder.encode(lines.join("\n") + "\n");
        lines = [];
        dropped = 0;
        for (let at = 0; at < bytes.length;) {
          at += await sink.write(bytes.subarray(at));
        }
        waiting -= taken;
      }
    } catch {
      lines = [];
      waiting = 0;
    } finally {
      writing = undefined;
    }
  }

  return {
    write(line) {
      if (waiting > MAX_WAITING_BYTES) {
        dropped++;
        return;
      }
      waiting += line.length;
      lines.push(line);
      writing ??= drain();
    },
    async [Symbol.asyncDispose]() {
      await writing;
    },
  };
}

/** Readable by people and by programs: lines of either format go through here. */
function droppedLine(count: number): string {
  return JSON.stringify({ level: "warn", message: "log lines dropped", count });
}
