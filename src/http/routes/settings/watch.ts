/**
 * Changes of settings as they come.
 *
 * @module
 */
import { z } from "zod";
import type { LoggedEvent } from "../../../../domain/event/event.ts";
import { treePathsOf } from "../../../../domain/settings/catalogue.ts";
import {
  settingsKey,
  USER_DOCUMENTS,
  type UserDocument,
} from "../../../../domain/settings.ts";
import type { UserId } from "../../../../domain/user_id.ts";
import type { Clock } from "../../../../ports/clock.ts";
import type { Telemetry } from "../../../../ports/telemetry.ts";
import { errorFields } from "../../../services/error_fields.ts";
import type { EventService } from "../../../services/events.ts";
import { subjectOf } from "../../identity.ts";
import { type Route, route } from "../../route.ts";
import { instantOf } from "../../schemas.ts";
import type { SseFrame } from "../../sse.ts";
import { After, StreamHeaders } from "../event_schemas.ts";
import { endsOf, openEventStream, STREAM_HEADERS } from "../event_stream.ts";
import type { StreamSeats } from "../stream_seats.ts";
import { TAGS, UserQuery } from "./schemas.ts";

/** The route of changes as they come. */
export function watchRoute(around: {
  readonly events: EventService;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly seats: StreamSeats;
}): Route {
  const { events, clock, telemetry, seats } = around;
  return route({
    method: "GET",
    path: "/api/user/settings/watch",
    id: "watchSettings",
    summary: "Hear of changes as they come",
    description:
      "Server-sent events `settings.updated` with key, document, version, " +
      "actor and changed paths (a path stands for everything beneath it; no " +
      "paths: anything may have changed), from now on or after a position. " +
      "Send the last id back as `Last-Event-ID` to go on without loss. " +
      "`position`, `gap` and `heartbeat` are those of the event stream.",
    tags: TAGS,
    request: {
      query: z.strictObject({ user: UserQuery, after: After.optional() }),
      headers: StreamHeaders,
    },
    responses: {
      200: {
        description: "The stream.",
        schema: z.string(),
        contentType: "text/event-stream",
      },
    },
    errors: [403, 503, 504],
    handle: async ({ query, headers, caller, signal, context }) => {
      const user = subjectOf(caller, query.user);
      const start = headers["Last-Event-ID"] ?? query.after;
      const stream = openEventStream(events, {
        first: await events.locate(start, signal),
        channels: (channel) => channel === "settings.updated",
        form: "flat",
        write: updatesOf(user),
        caller,
      }, {
        clock,
        ends: endsOf(signal, context.shutdown, caller),
        ended: seats.take(caller, "stream"),
        failed: (error) =>
          telemetry.log("warn", "settings watch ended", {
            ...errorFields(error),
            request_id: context.requestId,
          }),
      });
      return { status: 200, headers: STREAM_HEADERS, stream };
    },
  });
}

/** Writes the changes of `user`'s documents. */
function updatesOf(
  user: UserId,
): (event: LoggedEvent) => SseFrame | undefined {
  const names = new Map<string, UserDocument>(
    USER_DOCUMENTS.map((name) => [settingsKey(user, name), name]),
  );
  return ({ key, json, committedAt, channel }) => {
    const document = names.get(key ?? "");
    if (document === undefined) return undefined;
    const { paths, ...told } = JSON.parse(json);
    const data = {
      ...told,
      ...(paths === undefined ? {} : { paths: treePaths(document, paths) }),
      document,
      at: instantOf(committedAt),
    };
    return { event: channel, data: JSON.stringify(data) };
  };
}

function treePaths(
  document: UserDocument,
  paths: readonly string[],
): readonly string[] {
  return paths.flatMap((path) => treePathsOf(document, path));
}
