/**
 * Questions that are asked as events, and the events that answer them.
 *
 * A question is a durable event whose `correlation_id` is its own id. Its
 * answer is the first event after it, in the order of the log, that names that
 * id as its `correlation_id`, on a channel that the question's `reply_to`
 * matches. Its `expires_at` tells who would answer until when that was waited
 * for when it was asked first; a later answer counts all the same, for who asks
 * again. Nothing is remembered here: the log is searched, so that everybody
 * who asks with one id gets one answer, at any time, from any instance.
 *
 * @module
 */
import {
  isChannelPattern,
  parseChannelPatterns,
} from "../../domain/event/channel_pattern.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { onFirstAbort } from "../../ports/waiting.ts";
import type { EventService } from "./events.ts";
import type { EventCaller } from "./event_visibility.ts";
import { createReplyWatch } from "./reply_watch.ts";
import { subscribe } from "./subscription.ts";

/** Where answers are looked for when nothing is said: on every channel. */
export const ANY_CHANNEL = ">";

/** Most questions that wait for an answer at once. */
export const MAX_PENDING = 256;

/** Most of one user, who must not keep all others from asking. */
export const MAX_USER_PENDING = 64;

/** A question. */
export interface Question {
  /** The channel that it goes to; a durable one. */
  readonly event_type: string;
  /** Its data. */
  readonly data: unknown;
  /** Its key; that of its data when absent. */
  readonly key?: string | undefined;
  /** A UUID; asking again with it asks the same question. Made when absent. */
  readonly id?: string | undefined;
  /** Pattern of the channels that an answer counts on; any when absent. */
  readonly reply_to?: string | undefined;
}

/** A question that has been answered. */
export interface Answered {
  /** The id of the question. */
  readonly id: string;
  /** Where it stands in the log. */
  readonly position: number;
  /** Whether it had been asked before. */
  readonly duplicate: boolean;
  /** The answer. */
  readonly reply: LoggedEvent;
  /** The life of the log that both stand in. */
  readonly epoch: string;
}

/** Asks questions. */
export interface RequestReply {
  /**
   * Publishes `question` and waits for its answer. One that was asked before
   * is not published again, for as long as the log holds it: its answer may be
   * there already.
   *
   * @param traceparent Trace context of the question.
   * @throws {InvalidInput} When the question is not acceptable.
   * @throws {PortError} `timeout` when no answer came within `timeoutMs`
   * (facts: `id`, and `position` where it is known): the question stays, and
   * asking again with its id goes on waiting; `conflict` when the id is that of
   * another event, or of a question that nobody can answer; `epoch_changed`
   * when the log begins another life meanwhile; `unavailable` when `MAX_PENDING`
   * questions wait already, or `MAX_USER_PENDING` of a user who may not act for
   * others, and this one has not been published; else as `EventService.publish`.
   */
  ask(
    question: Question,
    timeoutMs: number,
    caller: EventCaller,
    traceparent?: string,
    signal?: AbortSignal,
  ): Promise<Answered>;
}

/** Creates the service over `bus`, which `events` publishes to. */
export function createRequestReply(ports: {
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
  readonly events: Pick<EventService, "publish" | "channels">;
}): RequestReply {
  const { bus, clock, entropy, events } = ports;

  const replies = createReplyWatch(ports);
  let pending = 0;
  const byUser = new Map<string, number>();

  function countOf(user: string, by: 1 | -1): void {
    const left = (byUser.get(user) ?? 0) + by;
    if (left > 0) byUser.set(user, left);
    else byUser.delete(user);
    pending += by;
  }

  /** Where the question `id`, which the log holds at `position`, wants its answer. */
  async function replyToOf(
    id: string,
    position: number,
    signal: AbortSignal,
  ): Promise<string> {
    const after = position - 1;
    for await (
      const page of subscribe(bus, { ...ports, after, signal, pageSize: 1 })
    ) {
      const held = page.events[0];
      const { correlation_id, reply_to } = held?.meta ?? {};
      if (held?.id !== id || correlation_id !== id || reply_to === undefined) {
        throw taken(id, position, "an event that asks nothing");
      }
      if (isChannelPattern(reply_to)) return reply_to;
      throw taken(id, position, "a question whose reply_to is no channel");
    }
    throw signal.reason;
  }

  async function work(
    question: Question & { readonly id: string; readonly expires_at: string },
    caller: EventCaller,
    traceparent: string | undefined,
    signal: AbortSignal,
    mayBeKnown: boolean,
    onAsked: (position: number) => void,
  ): Promise<Answered> {
    const { id, event_type, data, key, expires_at } = question;
    const { reply_to = ANY_CHANNEL } = question;
    const body = {
      event_type,
      id,
      ...(key === undefined ? {} : { key }),
      data,
      metadata: { correlation_id: id, reply_to, expires_at },
    };
    const [result] = await events.publish(body, caller, traceparent, signal);
    const { position, duplicate } = result!;
    onAsked(position!);
    // Where a publish was uncertain, another asker's may be the one that counts.
    const where = mayBeKnown
      ? await replyToOf(id, position!, signal)
      : reply_to;
    const channels = parseChannelPatterns([where]);
    const wanted = { id, position: position!, channels, caller };
    const reply = await replies.first(wanted, signal);
    return { id, position: position!, duplicate, ...reply };
  }

  /** Refuses what could not be asked again: a question must be in the log. */
  function check({ event_type, reply_to }: Question): void {
    if (events.channels.find(event_type)?.lane === "volatile") {
      const message = `is volatile, and a question must be durable`;
      throw new InvalidInput(`Cannot ask as ${event_type} ${message}`, [
        { path: "event_type", message: `${message}: ${event_type}` },
      ]);
    }
    if (reply_to === undefined) return;
    try {
      parseChannelPatterns([reply_to]);
    } catch (error) {
      const { message } = error as Error;
      throw new InvalidInput(message, [{ path: "reply_to", message }]);
    }
  }

  return {
    async ask(question, timeoutMs, caller, traceparent, signal) {
      check(question);
      signal?.throwIfAborted();
      const { user, isAdmin = false } = caller;
      if (pending >= MAX_PENDING) throw tooMany(`${MAX_PENDING} questions`);
      if (!isAdmin && (byUser.get(user) ?? 0) >= MAX_USER_PENDING) {
        throw tooMany(`${MAX_USER_PENDING} questions of yours`);
      }
      const id = question.id?.toLowerCase() ??
        uuidV7(clock.now(), entropy.bytes(10));
      const mayBeKnown = question.id !== undefined;
      const expires_at = new Date(clock.now() + timeoutMs).toISOString();
      let position: number | undefined;
      countOf(user, 1);
      const end = new AbortController();
      const release = onFirstAbort([signal], (reason) => end.abort(reason));
      clock.sleep(timeoutMs, end.signal).then(
        () => end.abort(tooLate(id, position, timeoutMs)),
        () => {},
      );
      try {
        const asked = { ...question, id, expires_at };
        return await work(
          asked,
          caller,
          traceparent,
          end.signal,
          mayBeKnown,
          (at) => {
            position = at;
          },
        );
      } catch (error) {
        // What an end breaks off may fail in words of its own.
        throw end.signal.aborted ? end.signal.reason : error;
      } finally {
        countOf(user, -1);
        release();
        end.abort();
      }
    },
  };
}

function taken(id: string, position: number, by: string): PortError {
  return new PortError(
    "conflict",
    `Cannot ask as id ${id} is that of ${by}: give the question an id of its own`,
    { facts: { position } },
  );
}

function tooMany(what: string): PortError {
  return new PortError(
    "unavailable",
    `Cannot ask as ${what} wait for an answer already: try again later`,
  );
}

function tooLate(
  id: string,
  position: number | undefined,
  timeoutMs: number,
): PortError {
  return new PortError(
    "timeout",
    `Cannot answer as no reply to ${id} came within ${timeoutMs} ms: ask again with this id to go on waiting`,
    { facts: { id, position } },
  );
}
