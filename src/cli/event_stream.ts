/**
 * The live stream of events, over whatever cuts it off.
 *
 * @module
 */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { parseResumeToken } from "../../domain/event/event.ts";
import { pauseMs } from "../services/retry.ts";
import { CommandFailed } from "./failures.ts";
import type { Service } from "./http_client.ts";
import { isTransient, NoAnswerInTime } from "./service_failure.ts";
import type { Terminal } from "./terminal.ts";
import { createWatchdog } from "./watchdog.ts";

/** The stream shows that it is alive three times as often. */
export const SILENCE_MS = 45_000;

const STREAM = "/api/v1/events/stream";

/** Characters of one message: an event has at most a fraction of it. */
const MAX_MESSAGE = 4 * 1024 * 1024;

/** An event that came. */
export interface StreamedEvent {
  /** Its position; none where it is not in the log. */
  readonly position?: number;
  /** The event as the service printed it. */
  readonly text: string;
}

/**
 * Follows the stream that `query` names until `stop` aborts. When it is cut off
 * it is opened again after the last event that was yielded: none is lost and
 * none comes twice. What cannot be had any more is told.
 *
 * @throws {ServiceFailure} When there is no stream to begin with, or the
 * service refuses to go on with it.
 */
export async function* followEvents(
  service: Service,
  query: readonly (readonly [name: string, value: string])[],
  terminal: Terminal,
): AsyncGenerator<readonly StreamedEvent[], void> {
  const { clock, entropy, stop } = terminal;
  /** The last id that came: everything up to it has been yielded. */
  let last: string | undefined;
  let failures = 0;

  /** Takes what a message says; gives its event, if it is one that is new. */
  function take({ id, event, data }: EventSourceMessage) {
    const isNew = isAfter(id, last);
    if (id !== undefined && (isNew || event !== undefined)) last = id;
    if (event === "gap") terminal.tell(describeGap(data));
    if (event !== undefined || !isNew) return undefined;
    const position = id === undefined
      ? undefined
      : parseResumeToken(id)?.position;
    return { text: data, ...(position !== undefined && { position }) };
  }

  async function* readOnce(): AsyncGenerator<readonly StreamedEvent[], void> {
    const over = new AbortController();
    using watchdog = createWatchdog(
      clock,
      SILENCE_MS,
      () => over.abort(new NoAnswerInTime("nothing has come", SILENCE_MS)),
    );
    const resume: Record<string, string> = last === undefined
      ? {}
      : { "Last-Event-ID": last };
    const chunks = service.open(STREAM, query, resume, over.signal);
    for await (const messages of messagesOf(chunks)) {
      watchdog.feed();
      if (failures > 0) terminal.tell("Connected again");
      failures = 0;
      const events = messages.map(take).filter((event) => event !== undefined);
      if (events.length > 0) yield events;
    }
  }

  while (!stop.aborted) {
    try {
      yield* readOnce();
      if (stop.aborted) return;
    } catch (error) {
      if (stop.aborted) return;
      const failure = service.failureOf(error);
      if (last === undefined || !isTransient(failure)) throw failure;
    }
    if (++failures === 1) {
      terminal.tell(`Cut off after ${last ?? "the start"}: coming back`);
    }
    await clock.sleep(pauseMs(failures, entropy), stop).catch(() => {});
  }
}

/** The messages of each of `chunks`. */
async function* messagesOf(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly EventSourceMessage[], void> {
  let messages: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (message) => void messages.push(message),
    onError(error) {
      if (error.type !== "max-buffer-size-exceeded") return;
      throw new CommandFailed("Cannot read on as a message is too long");
    },
    maxBufferSize: MAX_MESSAGE,
  });
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield messages;
    messages = [];
  }
}

/** Whether the event with `id` has not come yet; those without one are always new. */
function isAfter(id: string | undefined, last: string | undefined): boolean {
  if (id === undefined || last === undefined) return true;
  const [is, was] = [parseResumeToken(id), parseResumeToken(last)];
  if (!is || !was || is.epoch !== was.epoch) return true;
  return is.position > was.position;
}

function describeGap(data: string): string {
  const { requested, requested_epoch, earliest, head, epoch } = JSON.parse(
    data,
  );
  if (requested_epoch !== undefined && requested_epoch !== epoch) {
    return `Gap: the log began another life after ${requested}, as after a restore; going on with ${earliest} of ${epoch}`;
  }
  return requested > head
    ? `Gap: the log has lost what came after ${head}, as after a restore; going on from there`
    : `Gap: the events from ${requested + 1} to ${
      earliest - 1
    } are no longer held; going on with ${earliest}`;
}
