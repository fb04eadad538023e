/**
 * The AsyncAPI 3.0 document: every channel of the registry, and the ways in
 * which its events come and go.
 *
 * It describes Holdfast: what it `receive`s is what clients publish, what it
 * `send`s is what they get.
 *
 * @module
 */
import { z } from "zod";
import type { Channel } from "../../../domain/event/channel.ts";
import { EVENT_FORMS } from "../../../domain/event/envelope.ts";
import type { ChannelRegistry } from "../../../domain/event/registry.ts";
import { USER_ID_PATTERN } from "../../../domain/user_id.ts";
import { type Route, route } from "../route.ts";
import {
  eventMessage,
  FRAME_PREFIX,
  frameMessages,
  METADATA,
  type Part,
  ref,
  REQUEST,
  requestMessage,
} from "./asyncapi_messages.ts";
import { CLIENT_FRAMES, SERVER_FRAMES } from "./socket_frames.ts";

/** Where the events are, by how they travel. */
const PATHS = {
  stream: "/api/v1/events/stream",
  socket: "/api/v1/events/ws",
  request: "/api/v1/events/request",
} as const;

/** Their ids among those of the channels, whose names have no capitals. */
const IDS = {
  stream: "HTTP.stream",
  socket: "WS.socket",
  request: "HTTP.request",
} as const;

const HTTP_BINDING = "0.3.0";
const WS_BINDING = "0.1.0";

/** What a client sends to be known. */
const USER_HEADER = {
  type: "object",
  properties: {
    "X-User-Id": { type: "string", pattern: USER_ID_PATTERN },
  },
} as const;

/** What may be asked of a stream. */
const STREAM_QUERY = {
  type: "object",
  properties: {
    after: { type: "string", description: "`1207` or `epoch:1207`." },
    from_time: { type: "string", format: "date-time" },
    channel: { type: "string", description: "Patterns, joined by commas." },
    form: { type: "string", enum: EVENT_FORMS },
  },
} as const;

/**
 * Writes the document.
 *
 * @param host Where the service is reached, such as `127.0.0.1:8080`.
 */
export function asyncApiDocument(
  registry: ChannelRegistry,
  version: string,
  host: string,
): Part {
  const channels = registry.all;
  const names = channels.map(({ name }) => name);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Holdfast",
      version,
      description:
        "Events of a trading platform: one durable log that is followed by " +
        "server-sent events or a WebSocket, and a volatile lane.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    servers: {
      http: { host, protocol: "http", description: "Publishing and SSE." },
      ws: { host, protocol: "ws", description: "WebSocket." },
    },
    channels: {
      ...Object.fromEntries(channels.map((each) => [each.name, topic(each)])),
      [IDS.stream]: {
        address: PATHS.stream,
        title: "Server-sent events",
        description:
          "Ids are `epoch:position`: sent back as `Last-Event-ID` they go on " +
          "without loss or repeat.",
        servers: [ref("servers/http")],
        messages: messageRefs(names),
      },
      [IDS.request]: {
        address: PATHS.request,
        title: "Request and reply",
        description:
          "The answer is the first event after the request that names its id " +
          "as `metadata.correlation_id`.",
        servers: [ref("servers/http")],
        messages: messageRefs([REQUEST, ...names]),
      },
      [IDS.socket]: {
        address: PATHS.socket,
        title: "WebSocket with credits",
        description:
          "JSON texts. The client subscribes once and grants credits; each " +
          "event costs one.",
        servers: [ref("servers/ws")],
        messages: messageRefs([
          ...Object.keys(CLIENT_FRAMES),
          ...Object.keys(SERVER_FRAMES),
        ], FRAME_PREFIX),
        bindings: {
          ws: {
            method: "GET",
            headers: USER_HEADER,
            bindingVersion: WS_BINDING,
          },
        },
      },
    },
    operations: {
      ...Object.fromEntries(
        channels.filter(({ reserved }) => !reserved).map((each) => [
          `publish.${each.name}`,
          operation("receive", `Publish: ${each.summary}`, each.name, [
            each.name,
          ], { method: "POST" }),
        ]),
      ),
      ...Object.fromEntries(
        channels.map((each) => [
          `deliver.${each.name}`,
          operation("send", `Deliver: ${each.summary}`, each.name, [each.name]),
        ]),
      ),
      follow: operation(
        "send",
        "Follow events as server-sent events.",
        IDS.stream,
        names,
        { method: "GET", query: STREAM_QUERY },
      ),
      request: {
        ...operation(
          "receive",
          "Ask by an event, and wait for the event that answers.",
          IDS.request,
          [REQUEST],
          { method: "POST" },
        ),
        reply: {
          channel: ref(`channels/${IDS.request}`),
          messages: names.map((name) =>
            ref(`channels/${IDS.request}/messages/${name}`)
          ),
        },
      },
      "socket.ask": operation(
        "receive",
        "Subscribe, grant credits, ask for a heartbeat.",
        IDS.socket,
        Object.keys(CLIENT_FRAMES).map((name) => FRAME_PREFIX + name),
      ),
      "socket.tell": operation(
        "send",
        "Events, positions, gaps, heartbeats, errors.",
        IDS.socket,
        Object.keys(SERVER_FRAMES).map((name) => FRAME_PREFIX + name),
      ),
    },
    components: {
      messages: {
        ...Object.fromEntries(
          channels.map((each) => [each.name, eventMessage(each)]),
        ),
        [REQUEST]: requestMessage(),
        ...frameMessages(CLIENT_FRAMES),
        ...frameMessages(SERVER_FRAMES),
      },
      schemas: { Metadata: METADATA },
      correlationIds: {
        question: {
          description: "The id of the event that this one answers.",
          location: "$message.payload#/metadata/correlation_id",
        },
      },
    },
  };
}

/** A channel of the registry. */
function topic({ name, summary, lane, key, reserved, version }: Channel): Part {
  return {
    address: name,
    title: name,
    summary,
    description: `${
      lane === "durable"
        ? "Durable: committed to the log, delivered in its order."
        : "Volatile: of each key, only the newest matters; not in the log."
    }${reserved ? " Only Holdfast itself publishes here." : ""}`,
    messages: messageRefs([name]),
    "x-lane": lane,
    "x-key": key,
    "x-schema-version": version,
  };
}

function operation(
  action: "send" | "receive",
  summary: string,
  channel: string,
  messages: readonly string[],
  http?: Part,
): Part {
  return {
    action,
    summary,
    channel: ref(`channels/${channel}`),
    messages: messages.map((name) =>
      ref(`channels/${channel}/messages/${name}`)
    ),
    ...(http && {
      bindings: { http: { ...http, bindingVersion: HTTP_BINDING } },
    }),
  };
}

function messageRefs(names: readonly string[], prefix = ""): Part {
  return Object.fromEntries(
    names.map((name) => [
      prefix + name,
      ref(`components/messages/${prefix}${name}`),
    ]),
  );
}

/** The route of the document. */
export function asyncApiRoutes(
  registry: ChannelRegistry,
  version: string,
): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/asyncapi.json",
      id: "getAsyncApi",
      summary: "Channels and their messages, as AsyncAPI",
      tags: ["Reference"],
      responses: {
        200: {
          description: "The AsyncAPI 3.0 document.",
          schema: z.record(z.string(), z.unknown()),
        },
      },
      errors: [],
      handle: ({ context: { request } }) => {
        const { host } = new URL(request.url);
        return {
          status: 200,
          json: asyncApiDocument(registry, version, host),
          headers: { "Cache-Control": "no-cache" },
        };
      },
    }),
  ];
}
