/**
 * Events: publishing, reading and following them.
 *
 * @module
 */
import { z } from "zod";
import { type EventForm, formatEvent } from "../../../domain/event/envelope.ts";
import { formatResumeToken } from "../../../domain/event/event.ts";
import { isPublicationBatch } from "../../../domain/event/publication.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { EventPage } from "../../../ports/event_bus.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { errorFields } from "../../services/error_fields.ts";
import type { EventService } from "../../services/events.ts";
import { RequestRefused } from "../errors.ts";
import { refuseCrossSite } from "../host_guard.ts";
import { type Route, route } from "../route.ts";
import {
  CloudEventBatch,
  EventList,
  ReadQuery,
  startOf,
  StreamHeaders,
  StreamQuery,
} from "./event_schemas.ts";
import { serveEventSocket } from "./event_socket.ts";
import { endsOf, openEventStream, STREAM_HEADERS } from "./event_stream.ts";
import { publishBody, PublishedAny, refusalOf } from "./publish_schemas.ts";
import {
  MAX_KEY_STREAMS,
  MAX_STREAMS,
  type StreamSeats,
} from "./stream_seats.ts";

const TAGS = ["Events"];

/** Several CloudEvents. */
const CLOUD_EVENT_BATCH = "application/cloudevents-batch+json";

/** Events of a page when nothing is said. */
const DEFAULT_LIMIT = 100;

/** How long a WebSocket may leave a ping without an answer, in seconds. */
const IDLE_S = 30;

/** The routes of events. */
export function eventRoutes(
  events: EventService,
  clock: Clock,
  telemetry: Telemetry,
  seats: StreamSeats,
): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/events",
      id: "publishEvents",
      summary: "Publish events",
      description:
        "Durable events are committed, all of a request together, before the " +
        "answer. Publishing an event again with its id answers with its first " +
        "position and changes nothing: give an id to be able to try again " +
        "safely. An id of another event is refused; the rest of its batch is " +
        "committed all the same. CloudEvents may come one by one or as a batch, " +
        "which is a list.",
      tags: TAGS,
      bodyTypes: ["application/cloudevents+json", CLOUD_EVENT_BATCH],
      request: {
        headers: z.object({ traceparent: z.string().optional() }),
        body: publishBody(events.channels),
      },
      responses: {
        201: {
          description: "What became of the event, or of each of several.",
          schema: PublishedAny,
        },
      },
      errors: [409, 501, 503, 504, 507],
      // The signal is let be: asking for it takes as long as a small answer.
      handle: async ({ body, headers: { traceparent }, caller }) => {
        try {
          const results = await events.publish(body, caller, traceparent);
          const json = isPublicationBatch(body) ? { results } : results[0];
          return { status: 201, text: JSON.stringify(json) };
        } catch (error) {
          throw error instanceof InvalidInput ? refusalOf(error) : error;
        }
      },
    }),

    route({
      method: "GET",
      path: "/api/v1/events",
      id: "readEvents",
      summary: "Read events",
      description:
        "From the oldest event held, unless `after` or `from_time` is given. " +
        "A page may end before its limit, and may be empty although the log " +
        "goes on: read on after `next_after` until it is `head`. With " +
        `\`Accept: ${CLOUD_EVENT_BATCH}\` the events alone, in form ` +
        "`cloudevents`: read on where `Link` says, until it names the same place.",
      tags: TAGS,
      request: { query: ReadQuery },
      responses: {
        200: {
          description: "A stretch of the log.",
          schema: EventList,
          also: { [CLOUD_EVENT_BATCH]: CloudEventBatch },
        },
      },
      errors: [409, 410, 503, 504],
      handle: async ({ query, caller, signal, context: { request } }) => {
        const { channel: channels, limit = DEFAULT_LIMIT, form } = query;
        const start = startOf(query);
        const page = await events.read(
          { start, channels, limit },
          caller,
          signal,
        );
        const accepted = request.headers.get("accept") ?? "";
        const isBatch = (form ?? "cloudevents") === "cloudevents" &&
          accepted.includes(CLOUD_EVENT_BATCH);
        return isBatch
          ? {
            status: 200,
            headers: {
              "content-type": CLOUD_EVENT_BATCH,
              link: `<${placeAfter(request.url, page)}>; rel="next"`,
            },
            text: `[${printEvents(page, "cloudevents")}]`,
          }
          : { status: 200, text: printPage(page, form ?? "envelope") };
      },
    }),

    route({
      method: "GET",
      path: "/api/v1/events/stream",
      id: "streamEvents",
      summary: "Follow events",
      description:
        "Server-sent events, from the head unless a start is named. An event " +
        "of the log is a message with id `epoch:position`; send the last id " +
        "back as `Last-Event-ID` to go on without loss or repeat. Volatile " +
        "events are messages without an id. `position` has an id and no data: " +
        "everything up to it has been delivered. `gap` tells that events are " +
        "no longer to be had, or that the log has lost some. `heartbeat` comes every 15 seconds. " +
        `An API key may have ${MAX_KEY_STREAMS} streams and WebSockets at a time: one more is 429.`,
      tags: TAGS,
      request: { query: StreamQuery, headers: StreamHeaders },
      responses: {
        200: {
          description: "The stream.",
          schema: z.string(),
          contentType: "text/event-stream",
        },
      },
      errors: [503, 504],
      handle: async ({ query, headers, caller, signal, context }) => {
        const { channel: channels, form } = query;
        const start = headers["Last-Event-ID"] ?? startOf(query);
        const first = await events.locate(start, signal);
        const stream = openEventStream(
          events,
          { first, channels, form, caller },
          {
            clock,
            ends: endsOf(signal, context.shutdown, caller),
            ended: seats.take(caller, "stream"),
            failed: (error) =>
              telemetry.log("warn", "event stream ended", {
                ...errorFields(error),
                request_id: context.requestId,
              }),
          },
        );
        return { status: 200, headers: STREAM_HEADERS, stream };
      },
    }),

    route({
      method: "GET",
      path: "/api/v1/events/ws",
      id: "openEventSocket",
      summary: "Follow events over a WebSocket",
      description:
        "JSON texts; `/asyncapi.json` describes each. The client sends " +
        "`subscribe` once, and `credit` to go on: every event costs one, and " +
        "without any the server reads no further. `position` comes at once; " +
        "an event of the log has the id `epoch:position`, which as `after` " +
        "goes on without loss or repeat. Closes with 1001 when the service " +
        "shuts down, 1003, 1008 or 1009 for frames it cannot take, 1008 when " +
        "no `subscribe` comes within 3 s, and 1013 when the client takes " +
        "nothing: `error` says why just before. An API key may have " +
        `${MAX_KEY_STREAMS} streams and WebSockets at a time, all callers ` +
        `${MAX_STREAMS}. A message is ` +
        "put together before its length is seen: a frame of 64 MiB ends the " +
        "connection, a message of many frames has no end, so that a proxy in " +
        "front has to limit both, 64 KiB being ample. A client that answers no " +
        `ping within ${IDLE_S} s is let go; one that answers no close counts ` +
        "until its connection ends.",
      tags: TAGS,
      request: {
        headers: z.object({ upgrade: z.string().optional() }),
      },
      responses: { 101: { description: "The WebSocket." } },
      errors: [403, 503],
      handle: ({ headers, caller, context }) => {
        const { request, requestId, shutdown } = context;
        if (headers.upgrade?.toLowerCase() !== "websocket") {
          throw new RequestRefused(
            "invalid",
            "Cannot open a WebSocket as the request asks for none: send a handshake",
          );
        }
        refuseCrossSite(request, "open a WebSocket");
        const leave = seats.take(caller, "WebSocket");
        const { socket, response } = upgrade(request, leave);
        serveEventSocket(events, socket, caller, {
          clock,
          shutdown,
          keyEnded: caller.ended,
          ended: leave,
          failed: (error) =>
            telemetry.log("warn", "event socket ended", {
              ...errorFields(error),
              request_id: requestId,
            }),
        });
        return { response };
      },
    }),
  ];
}

function upgrade(
  request: Request,
  leave: () => void,
): Deno.WebSocketUpgrade {
  try {
    return Deno.upgradeWebSocket(request, { idleTimeout: IDLE_S });
  } catch (error) {
    leave();
    throw new RequestRefused(
      "invalid",
      `Cannot open a WebSocket as the handshake is malformed: ${
        (error as Error).message
      }`,
    );
  }
}

function printEvents({ events, head }: EventPage, form: EventForm): string {
  return events.map((event) => formatEvent(event, head.epoch, form)).join(",");
}

/** Where to read on after `page`, which was asked for at `url`. */
function placeAfter(url: string, { scannedTo, head }: EventPage): string {
  const { pathname, searchParams } = new URL(url);
  const { epoch } = head;
  searchParams.delete("from_time");
  searchParams.set("after", formatResumeToken({ epoch, position: scannedTo }));
  return `${pathname}?${searchParams}`;
}

function printPage(page: EventPage, form: EventForm): string {
  const { scannedTo, head } = page;
  const { epoch, position, earliest } = head;
  const token = formatResumeToken({ epoch, position: scannedTo });
  return `{"events":[${printEvents(page, form)}],"next_after":${scannedTo},` +
    `"resume_token":"${token}","head":${position},"earliest":${earliest},` +
    `"epoch":"${epoch}"}`;
}
