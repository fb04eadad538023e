/**
 * The log and the volatile lane as one stream of server-sent events.
 *
 * @module
 */
import type { ChannelMatcher } from "../../../domain/event/channel_pattern.ts";
import {
  type EventForm,
  formatEvent,
  formatVolatileEvent,
} from "../../../domain/event/envelope.ts";
import {
  formatResumeToken,
  type LoggedEvent,
  type ResumeToken,
} from "../../../domain/event/event.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { EventGap, EventStep } from "../../services/event_streams.ts";
import type { EventCaller } from "../../services/event_visibility.ts";
import type { EventService } from "../../services/events.ts";
import type { Caller } from "../identity.ts";
import type { AnswerHeaders } from "../route.ts";
import {
  formatFrame,
  openSse,
  RETRY_FIELD,
  type SendFrames,
  type SseFrame,
} from "../sse.ts";

/** Most frames written at once, in UTF-16 units: what a client may hold up. */
const MAX_WRITE_CHARS = 64 * 1024;

/** The headers of a stream. */
export const STREAM_HEADERS: AnswerHeaders = {
  "Cache-Control": "no-cache, no-transform",
  "X-Accel-Buffering": "no",
};

/** What ends the stream of `caller`: he leaves, the service does, his key is over. */
export function endsOf(
  gone: AbortSignal,
  shutdown: AbortSignal,
  { ended }: Pick<Caller, "ended">,
): readonly AbortSignal[] {
  return ended ? [gone, shutdown, ended] : [gone, shutdown];
}

/** What a client asks for. */
export interface EventStreamRequest {
  /** Where the stream begins. */
  readonly first: EventStep;
  /** Only channels that match; all when absent. */
  readonly channels: ChannelMatcher | undefined;
  /** How events are written. */
  readonly form: EventForm;
  /** Writes the events of the log in place of `form`; leaves out those it gives nothing for. */
  readonly write?: (event: LoggedEvent) => SseFrame | undefined;
  /** Who asks. */
  readonly caller: EventCaller;
}

/**
 * Opens a stream of `events`. The frames of a page are one write; the next
 * page is read when the client has taken it.
 *
 * @param around.ends Any of these ends the stream.
 * @param around.failed Hears why a stream ended that nobody asked to end.
 * @param around.ended Hears that it has ended, however that came.
 */
export function openEventStream(
  events: EventService,
  request: EventStreamRequest,
  around: {
    readonly clock: Clock;
    readonly ends: readonly AbortSignal[];
    readonly failed: (error: unknown) => void;
    readonly ended: () => void;
  },
): ReadableStream<Uint8Array> {
  const { first, channels, form, caller } = request;
  const write = request.write ?? ((event: LoggedEvent, epoch: string) => ({
    data: formatOnce(event, epoch, form),
  }));
  /** What has been delivered, and the last id that the client was told. */
  let at = first.at;
  let told = first.at;

  async function feedLog(send: SendFrames, signal: AbortSignal): Promise<void> {
    const steps = events.streamFrom(at, { channels }, caller, signal);
    for await (const step of steps) {
      if (step.gap) {
        await send(printGap(step.gap, step.at));
        told = step.at;
      }
      for (const { frames, position } of printEvents(step, write)) {
        await send(frames);
        at = told = { ...step.at, position };
      }
      at = step.at;
    }
  }

  async function feedVolatile(
    send: SendFrames,
    signal: AbortSignal,
  ): Promise<void> {
    const news = events.listen({ channels }, caller, signal);
    for await (const newest of news) {
      const frames = newest.map((event) =>
        formatFrame({ data: formatVolatileEvent(event, form) })
      );
      await send(frames.join(""));
    }
  }

  /** Takes the client's position along past what it did not ask for. */
  function heartbeat(): string {
    const data = `{"timestamp":"${
      new Date(around.clock.now()).toISOString()
    }"}`;
    const moved = at.position !== told.position;
    told = at;
    return (moved ? printPosition(at) : "") +
      formatFrame({ event: "heartbeat", data });
  }

  return openSse(
    async (send, signal) => {
      await Promise.all([
        send(RETRY_FIELD + printStart(first)),
        feedLog(send, signal),
        feedVolatile(send, signal),
      ]);
    },
    { ...around, heartbeat },
  );
}

/** What was written last of events that many streams share. */
const written = new WeakMap<
  LoggedEvent,
  { readonly epoch: string; readonly form: EventForm; readonly text: string }
>();

/** As `formatEvent`; once for all streams of a form that share the event. */
function formatOnce(
  event: LoggedEvent,
  epoch: string,
  form: EventForm,
): string {
  const last = written.get(event);
  if (last?.epoch === epoch && last.form === form) return last.text;
  const text = formatEvent(event, epoch, form);
  written.set(event, { epoch, form, text });
  return text;
}

/** The events of a step, in parts that are each one write, with their last position. */
function* printEvents(
  { events, at: { epoch } }: EventStep,
  write: (event: LoggedEvent, epoch: string) => SseFrame | undefined,
): Generator<{ frames: string; position: number }, void> {
  let frames = "";
  for (const event of events) {
    const { position } = event;
    const id = formatResumeToken({ epoch, position });
    const frame = write(event, epoch);
    if (frame) frames += formatFrame({ ...frame, id });
    if (frames.length < MAX_WRITE_CHARS && event !== events.at(-1)) continue;
    if (frames === "") continue;
    yield { frames, position };
    frames = "";
  }
}

function printStart({ gap, at }: EventStep): string {
  return gap ? printGap(gap, at) : printPosition(at);
}

/** Has the client remember `at`; its name keeps it from handlers of events. */
function printPosition(at: ResumeToken): string {
  return formatFrame({
    event: "position",
    id: formatResumeToken(at),
    data: "",
  });
}

function printGap(gap: EventGap, at: ResumeToken): string {
  const { requested, requestedEpoch, head } = gap;
  return formatFrame({
    event: "gap",
    id: formatResumeToken(at),
    data: JSON.stringify({
      requested,
      requested_epoch: requestedEpoch,
      earliest: head.earliest,
      head: head.position,
      epoch: head.epoch,
    }),
  });
}
