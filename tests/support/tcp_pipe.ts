/**
 * One direction of a connection, with what may befall it.
 *
 * @module
 */
import type { Socket } from "node:net";
import { within } from "../../scripts/server_process.ts";

/** What befalls the bytes that go one way, on all connections of a proxy. */
export interface Weather {
  /** How long bytes are under way; `Infinity` holds them back. */
  delayMs: number;
  /** `Infinity` is no limit. */
  bytesPerSecond: number;
  /** Whether bytes vanish. */
  swallowing: boolean;
}

/** The bytes that go one way on one connection, in order. */
export interface Pipe {
  /** Whether bytes vanished here, after which the rest means nothing. */
  readonly torn: boolean;
  /** Looks at the weather again. */
  wake(): void;
  /** Takes and gives nothing more. */
  stop(): void;
}

/** Those who watch a pipe. */
export interface Watch {
  /** Told of bytes that arrive; those not admitted go no further. */
  admits(bytes: Uint8Array): boolean;
  /** Told of bytes just before they are given on, which it may prevent. */
  gives(bytes: Uint8Array): boolean;
}

/** How much may be under way before the sender has to wait. */
const MOST_BYTES = 8 << 20;

/** How finely a limited pipe trickles. */
const SLICES_PER_SECOND = 50;

interface Item {
  readonly what: Uint8Array | "end" | "reset";
  readonly arrivedAt: number;
}

/**
 * Carries what `from` says to `to` until it ends: bytes, the end of them and
 * resets, each as late as `weather` wants and never out of order. That a
 * sender has gone away does not take back what it has sent.
 */
export function openPipe(
  from: Socket,
  to: Socket,
  weather: Weather,
  watch: Watch,
): Pipe {
  const queue: Item[] = [];
  let queued = 0;
  let torn = false;
  let stopped = false;
  let pulse = Promise.withResolvers<void>();

  function wake(): void {
    pulse.resolve();
    pulse = Promise.withResolvers();
  }

  function take(what: Item["what"]): void {
    if (weather.swallowing) torn = true;
    if (stopped || weather.swallowing) return;
    queue.push({ what, arrivedAt: performance.now() });
    if (typeof what !== "string") queued += what.length;
    if (queued > MOST_BYTES) from.pause();
    wake();
  }

  /** The first item, once it is due; it may be cut down to a slice. */
  async function next(): Promise<Item["what"] | undefined> {
    while (!stopped) {
      if (weather.swallowing && queue.length > 0) {
        torn = true;
        queue.length = queued = 0;
      }
      const item = queue[0];
      if (!item) {
        await pulse.promise;
        continue;
      }
      const left = item.arrivedAt + weather.delayMs - performance.now();
      if (left <= 0) return shift(item);
      await within(Math.min(left, 1e9), pulse.promise);
    }
  }

  function shift({ what, arrivedAt }: Item): Item["what"] {
    queue.shift();
    if (typeof what === "string") return what;
    const most = Math.ceil(weather.bytesPerSecond / SLICES_PER_SECOND);
    const slice = what.subarray(0, most);
    if (slice.length < what.length) {
      queue.unshift({ what: what.subarray(most), arrivedAt });
    }
    queued -= slice.length;
    if (queued <= MOST_BYTES && from.isPaused()) from.resume();
    return slice;
  }

  async function run(): Promise<void> {
    for (;;) {
      const what = await next();
      if (what === undefined) return;
      if (what === "end") {
        to.end();
      } else if (what === "reset") {
        to.resetAndDestroy();
      } else if (watch.gives(what)) {
        await new Promise<void>((resolve) => to.write(what, () => resolve()));
        await rest(what.length);
      }
    }
  }

  /** Takes the time that `bytes` take where there is a limit. */
  async function rest(bytes: number): Promise<void> {
    const began = performance.now();
    while (!stopped) {
      const ends = began + 1000 * bytes / weather.bytesPerSecond;
      const left = ends - performance.now();
      if (left <= 0) return;
      await within(left, pulse.promise);
    }
  }

  from.on("data", (bytes: Uint8Array) => {
    if (watch.admits(bytes)) take(bytes);
  });
  from.on("end", () => take("end"));
  from.on("error", () => take("reset"));
  run();
  return {
    get torn() {
      return torn;
    },
    wake,
    stop() {
      stopped = true;
      wake();
    },
  };
}
