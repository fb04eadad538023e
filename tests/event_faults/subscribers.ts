/**
 * Subscribers over HTTP that go on where they were, through whichever instance
 * answers: by server-sent events, by WebSocket, by pages.
 *
 * @module
 */
import { sleep, within } from "../../scripts/server_process.ts";
import { askJson } from "../faults/http.ts";
import type { Instance } from "../faults/instance.ts";
import type { Delivery, Subscription } from "./model.ts";
import { Unexpected } from "./publishers.ts";

/** A subscriber at work, and what it has got so far. */
export interface Subscriber extends Subscription {
  /** Gaps that it was told of. */
  readonly gaps: number;
  /** Connections, or requests that failed. */
  readonly attempts: number;
  /** Follows the log until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Who is asked. */
export type Endpoint = Pick<Instance, "name" | "url">;

/** An instance that says nothing for so long is left for another one. */
const PATIENCE_MS = 1500;

const RETRY_MS = 30;
const CLOSE_MS = 200;
const LOOK_MS = 10;
const CREDITS = 64;

/** Where a subscriber is, and what it does with what it gets. */
interface Place {
  /** The last id, `epoch:position`; a position before there is any. */
  token: string;
  take(event: LoggedJson, instance: Endpoint): void;
  gap(): void;
}

interface LoggedJson {
  readonly id: string;
  readonly event_type: string;
  readonly metadata: { readonly position: number };
}

/** Stays with `instance` until it fails or `signal` aborts. */
type Stay = (
  instance: Endpoint,
  place: Place,
  signal: AbortSignal,
) => Promise<void>;

function createSubscriber(
  name: string,
  instances: readonly Endpoint[],
  after: number,
  channels: readonly string[] | undefined,
  stay: Stay,
): Subscriber {
  const deliveries: Delivery[] = [];
  let life = 0;
  let attempts = 0;
  const place: Place = {
    token: String(after),
    take({ id, event_type: channel, metadata: { position } }, { name }) {
      const at = performance.now();
      deliveries.push({ position, id, channel, life, at, instance: name });
    },
    gap: () => void life++,
  };
  return {
    name,
    after,
    ...channels && { channels },
    deliveries,
    get gaps() {
      return life;
    },
    get attempts() {
      return attempts;
    },
    async run(signal) {
      while (!signal.aborted) {
        const instance = instances[attempts++ % instances.length]!;
        try {
          await stay(instance, place, signal);
        } catch (error) {
          if (error instanceof Unexpected) throw error;
        }
        if (!signal.aborted) await sleep(RETRY_MS);
      }
    },
  };
}

/** A subscriber by server-sent events after position `after`. */
export function createSseSubscriber(
  instances: readonly Endpoint[],
  after: number,
  channels: readonly string[],
): Subscriber {
  return createSubscriber("sse", instances, after, channels, async (
    instance,
    place,
    signal,
  ) => {
    const patience = createPatience(signal);
    const query = channels.map((channel) => `channel=${channel}`).join("&");
    try {
      const response = await fetch(
        `${instance.url}/api/v1/events/stream?${query}`,
        {
          headers: { "Last-Event-ID": place.token },
          signal: patience.signal,
        },
      );
      const isLate = patience.signal.aborted;
      if (isLate || response.status !== 200) {
        return void await response.body?.cancel();
      }
      const blocks = response.body!.pipeThrough(new TextDecoderStream());
      let text = "";
      for await (const chunk of blocks) {
        // Deno does not end a body that was given up just as its head came.
        patience.signal.throwIfAborted();
        patience.renew();
        const parts = (text + chunk).split("\n\n");
        text = parts.pop()!;
        for (const block of parts) takeBlock(block, instance, place);
      }
    } finally {
      patience.end();
    }
  });
}

function takeBlock(block: string, instance: Endpoint, place: Place): void {
  const field = (name: string) =>
    new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1];
  const kind = field("event");
  const id = field("id");
  if (kind === "gap") place.gap();
  if (kind === undefined && id) {
    place.take(JSON.parse(field("data")!), instance);
  }
  if (id) place.token = id;
}

/** A subscriber by WebSocket, whose credits come as it reads. */
export function createSocketSubscriber(
  instances: readonly Endpoint[],
  after: number,
  channels: readonly string[],
): Subscriber {
  return createSubscriber("socket", instances, after, channels, async (
    instance,
    place,
    signal,
  ) => {
    const patience = createPatience(signal);
    const url = instance.url.replace("http", "ws");
    const socket = new WebSocket(`${url}/api/v1/events/ws`);
    const closed = new Promise<void>((resolve) => {
      socket.onclose = () => resolve();
    });
    let taken = 0;
    socket.onopen = () => {
      const { token: after } = place;
      const type = "subscribe";
      const subscribe = { type, channels, after, credits: CREDITS };
      socket.send(JSON.stringify(subscribe));
    };
    socket.onmessage = ({ data }) => {
      if (patience.signal.aborted) return;
      patience.renew();
      const { type, id, event } = JSON.parse(data);
      if (type === "gap") place.gap();
      if (type === "event") {
        place.take(event, instance);
        if (++taken % (CREDITS / 2) === 0) {
          socket.send(JSON.stringify({ type: "credit", n: CREDITS / 2 }));
        }
      }
      if (id) place.token = id;
    };
    const impatient = new Promise<void>((resolve) =>
      patience.signal.addEventListener("abort", () => resolve())
    );
    try {
      await Promise.race([closed, impatient]);
    } finally {
      patience.end();
      socket.close();
      // One that stands still closes it when it goes on.
      await within(CLOSE_MS, closed);
    }
  });
}

/** A subscriber to everything, page by page, each from another instance. */
export function createPageSubscriber(
  instances: readonly Endpoint[],
  after: number,
  name = "pages",
): Subscriber {
  return createSubscriber(name, instances, after, undefined, async (
    instance,
    place,
    signal,
  ) => {
    while (!signal.aborted) {
      const query = `after=${place.token}&limit=100`;
      const page = await askJson(`${instance.url}/api/v1/events?${query}`);
      if (page.http === 409 || page.http === 410) {
        place.gap();
        place.token = `${page.epoch}:${page.earliest - 1}`;
        continue;
      }
      if (page.http !== 200) return;
      for (const event of page.events) place.take(event, instance);
      place.token = page.resume_token;
      if (page.next_after < page.head) continue;
      await sleep(LOOK_MS);
      return;
    }
  });
}

/** Aborts with `signal`, and when it has not been renewed for a while. */
function createPatience(signal: AbortSignal) {
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener("abort", abort);
  let timer = setTimeout(abort, PATIENCE_MS);
  return {
    signal: stop.signal,
    renew() {
      clearTimeout(timer);
      timer = setTimeout(abort, PATIENCE_MS);
    },
    end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      abort();
    },
  };
}
