/**
 * The live tail of the log: events are gathered as they come and shown in
 * steps, so that a fast log does not freeze the page.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { follow, type Link } from "../sse.ts";
import { status } from "../live.ts";

/** An event, as the service writes envelopes. */
export interface LogEvent {
  readonly id: string;
  readonly event_type: string;
  readonly timestamp: string;
  readonly data: unknown;
  readonly metadata: {
    readonly position?: number;
    readonly committed_at?: string;
    readonly key?: string;
    readonly source?: string;
    readonly user?: string;
  };
}

/** Events that the page keeps. */
const MAX_KEPT = 1000;

/** Events that wait while the tail is paused; beyond that the oldest go. */
const MAX_WAITING = 5000;

/** Events before now that a tail begins with. */
const BACKLOG = 100;

/** How soon after what has come was shown more is shown. */
const SHOW_MS = 250;

/** That time again, as a multiple of what showing has taken: so much is left for all else. */
const SHOW_TIMES = 25;

/** However slow the machine is, what has come is shown after that. */
const MAX_SHOW_MS = 1000;

/** A stream speaks every 15 seconds at least. */
const SILENCE_MS = 40_000;

/** The newest events, the newest first. */
export const shown = signal<readonly LogEvent[]>([]);
/** How many have come since the tail was paused. */
export const waitingCount = signal(0);
/** Whether the tail stands still. */
export const isPaused = signal(false);
/** How the stream is, and why it is not live. */
export const tailLink = signal<Link>("connecting");
/** What is wrong with the stream. */
export const tailFault = signal<unknown>(undefined);
/** Where the log had a gap. */
export const gap = signal<string | undefined>(undefined);

let waiting: LogEvent[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
/** From when on more may be shown. */
let nextAt = 0;

/** Shows what has come. */
function show(): void {
  timer = undefined;
  const began = performance.now();
  nextAt = began + SHOW_MS;
  if (isPaused.value) {
    waiting = waiting.slice(-MAX_WAITING);
    waitingCount.value = waiting.length;
    return;
  }
  const newest = waiting.reverse();
  waiting = [];
  waitingCount.value = 0;
  shown.value = [...newest, ...shown.value].slice(0, MAX_KEPT);
  // What is asked for in a frame comes before it is painted.
  requestAnimationFrame(() =>
    setTimeout(() => {
      const tookMs = performance.now() - began;
      const pauseMs = Math.min(MAX_SHOW_MS, SHOW_TIMES * tookMs);
      nextAt = began + Math.max(SHOW_MS, pauseMs);
    })
  );
}

function take(event: LogEvent): void {
  waiting.push(event);
  timer ??= setTimeout(show, Math.max(0, nextAt - performance.now()));
}

/** Lets the tail stand still, or go on. */
export function pause(paused: boolean): void {
  isPaused.value = paused;
  if (!paused) show();
}

/**
 * Follows the log until `signal` aborts.
 *
 * @param from A time to replay from; the newest events when absent.
 */
export async function tail(
  channel: string,
  from: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  shown.value = [];
  waiting = [];
  gap.value = tailFault.value = undefined;
  const query = new URLSearchParams();
  if (channel !== "") query.set("channel", channel);
  if (from !== undefined) query.set("from_time", from);
  else {
    const head = status.peek()?.log?.head ?? 0;
    query.set("after", String(Math.max(0, head - BACKLOG)));
  }
  await follow(
    `/api/v1/events/stream?${query}`,
    {
      event({ event, data }) {
        if (event === "gap") {
          const told = JSON.parse(data);
          gap.value =
            `Events before position ${told.earliest} are no longer held.`;
        } else if (event === undefined || event === "message") {
          take(JSON.parse(data));
        }
      },
      link(now, why) {
        tailLink.value = now;
        tailFault.value = now === "refused" ? why : undefined;
      },
    },
    SILENCE_MS,
    signal,
  ).catch((error) => {
    tailFault.value = error;
  });
}
