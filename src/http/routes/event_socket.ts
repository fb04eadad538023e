/**
 * The log and the volatile lane over a WebSocket, as fast as its client grants
 * credits.
 *
 * A WebSocket has no back-pressure of its own: what is sent piles up in memory
 * until the client takes it. So each event costs a credit that the client has
 * granted, and nothing is read from the log while there is none, nor while
 * more than `MAX_BUFFERED` is under way.
 *
 * @module
 */
import {
  formatEvent,
  formatVolatileEvent,
} from "../../../domain/event/envelope.ts";
import {
  formatResumeToken,
  type ResumeToken,
} from "../../../domain/event/event.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import type { Clock } from "../../../ports/clock.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";
import type { EventGap, EventStart } from "../../services/event_streams.ts";
import type { EventCaller } from "../../services/event_visibility.ts";
import type { EventService } from "../../services/events.ts";
import { HEARTBEAT_MS, WRITE_TIMEOUT_MS } from "../sse.ts";
import { CLOSE, Closing } from "./socket_closing.ts";
import { createCredits } from "./socket_credits.ts";
import {
  type ClientFrame,
  MAX_CREDITS,
  parseClientFrame,
  type Subscribe,
  textOfFrame,
} from "./socket_frames.ts";

/** Most bytes that are sent and not yet taken, one event aside. */
export const MAX_BUFFERED = 1024 * 1024;

/** How long a client has to say what it wants. */
export const SUBSCRIBE_MS = 3000;

/** How often a client that has too much under way is looked at. */
const DRAIN_POLL_MS = 20;

/** Why a socket is closed whose key was revoked or has expired. */
const KEY_ENDED =
  "Cannot go on as the API key is not good any more: use another one";

/** What a socket needs of the browser's and Deno's. */
export type EventSocket = Pick<
  WebSocket,
  "send" | "close" | "bufferedAmount" | "readyState" | "addEventListener"
>;

/**
 * Serves `socket` until one side closes it. What is wrong is told in an `error`
 * frame before the close.
 *
 * @param around.shutdown Closes the socket when it aborts.
 * @param around.keyEnded Does so too: the key of the caller is not good any more.
 * @param around.failed Hears why a socket ended that nobody asked to end.
 * @param around.ended Hears, perhaps twice, that the connection is no more.
 */
export function serveEventSocket(
  events: EventService,
  socket: EventSocket,
  caller: EventCaller,
  around: {
    readonly clock: Clock;
    readonly shutdown: AbortSignal;
    readonly keyEnded?: AbortSignal | undefined;
    readonly failed: (error: unknown) => void;
    readonly ended: () => void;
  },
): void {
  const { clock, shutdown, keyEnded, failed, ended } = around;
  const end = new AbortController();
  const { signal } = end;
  const credits = createCredits(MAX_CREDITS);
  let subscribed: Subscribe | undefined;
  /** What has been looked at, and the last position that the client was told. */
  let at: ResumeToken | undefined;
  let told = 0;

  function finish(code: number, detail: string): void {
    if (signal.aborted) return;
    end.abort();
    if (socket.readyState !== WebSocket.OPEN) return;
    send("error", { detail });
    socket.close(code, detail.slice(0, 100).replace(/[^\x20-\x7e]/g, "?"));
  }

  function fail(error: unknown): void {
    if (signal.aborted) return;
    if (error instanceof Closing) {
      if (error.code === CLOSE.tryLater) failed(error);
      return finish(error.code, error.message);
    }
    if (error instanceof InvalidInput || isInvalid(error)) {
      return finish(CLOSE.violation, error.message);
    }
    failed(error);
    if (error instanceof PortError) {
      return finish(CLOSE.tryLater, error.message);
    }
    finish(CLOSE.internal, "Cannot go on as something went wrong here");
  }

  function send(type: string, members: object): void {
    socket.send(JSON.stringify({ type, ...members }));
  }

  /** Waits until the client has taken enough of what was sent. */
  async function drained(): Promise<void> {
    const since = clock.monotonic();
    while (socket.bufferedAmount > MAX_BUFFERED) {
      if (clock.monotonic() - since >= WRITE_TIMEOUT_MS) {
        throw new Closing(
          CLOSE.tryLater,
          "Cannot go on as the client takes nothing: resume after the last id",
        );
      }
      await clock.sleep(DRAIN_POLL_MS, signal);
    }
  }

  /** Resolves when an event may be sent, and has been paid for. */
  async function pay(): Promise<void> {
    await drained();
    await credits.take(signal);
    await drained();
  }

  function tellPosition(position: ResumeToken): void {
    send("position", { id: formatResumeToken(position) });
    told = position.position;
  }

  function tellGap(gap: EventGap, position: ResumeToken): void {
    const { requested, requestedEpoch, head } = gap;
    send("gap", {
      id: formatResumeToken(position),
      requested,
      requested_epoch: requestedEpoch,
      earliest: head.earliest,
      head: head.position,
      epoch: head.epoch,
    });
    told = position.position;
  }

  function sendEvent(text: string, position?: ResumeToken): void {
    const id = position ? `"id":"${formatResumeToken(position)}",` : "";
    socket.send(`{"type":"event",${id}"event":${text}}`);
    if (position) told = position.position;
  }

  async function feed(asked: Subscribe): Promise<void> {
    const { channels, form } = asked;
    const first = await events.locate(await startOf(asked), signal);
    at = first.at;
    if (first.gap) tellGap(first.gap, at);
    else tellPosition(at);
    feedVolatile(asked).catch(fail);
    const steps = events.streamFrom(at, { channels }, caller, signal);
    try {
      for (;;) {
        // The next page is read when there is a credit for its first event.
        await credits.some(signal);
        const { value: step, done } = await steps.next();
        if (done) return;
        if (step.gap) tellGap(step.gap, step.at);
        const { epoch } = step.at;
        for (const event of step.events) {
          await pay();
          at = { epoch, position: event.position };
          sendEvent(formatEvent(event, epoch, form), at);
        }
        at = step.at;
      }
    } finally {
      await steps.return();
    }
  }

  async function startOf({ after, from_time }: Subscribe) {
    if (after === undefined || after === "head") return from_time;
    if (after !== "earliest") return after;
    const { head } = await events.read({ limit: 1 }, caller, signal);
    const { epoch, earliest } = head;
    return { after: earliest - 1, epoch } satisfies EventStart;
  }

  async function feedVolatile({ channels, form }: Subscribe): Promise<void> {
    for await (const newest of events.listen({ channels }, caller, signal)) {
      for (const event of newest) {
        await pay();
        sendEvent(formatVolatileEvent(event, form));
      }
    }
  }

  async function beat(): Promise<void> {
    for (;;) {
      await clock.sleep(HEARTBEAT_MS, signal);
      heartbeat();
    }
  }

  async function expectSubscription(): Promise<void> {
    await clock.sleep(SUBSCRIBE_MS, signal);
    // Its client has left in the middle of the handshake.
    if (socket.readyState === WebSocket.CONNECTING) return gone();
    if (subscribed) return;
    throw new Closing(
      CLOSE.violation,
      "Cannot keep a socket that asks for nothing: subscribe first",
    );
  }

  function gone(): void {
    end.abort();
    shutdown.removeEventListener("abort", onEnd);
    keyEnded?.removeEventListener("abort", onEnd);
    ended();
  }

  function heartbeat(): void {
    // Whoever takes nothing is not sent more.
    if (socket.bufferedAmount > MAX_BUFFERED) return;
    if (at && at.position !== told) tellPosition(at);
    send("heartbeat", { timestamp: new Date(clock.now()).toISOString() });
  }

  function hear(data: unknown): void {
    act(parseClientFrame(textOfFrame(data)));
  }

  function act(frame: ClientFrame): void {
    if (frame.type === "ping") return heartbeat();
    if (frame.type === "credit") {
      if (!subscribed) {
        throw new InvalidInput("Cannot take credits before a subscription");
      }
      return credits.add(frame.n);
    }
    if (subscribed) {
      throw new InvalidInput(
        "Cannot subscribe twice: open another socket for another subscription",
      );
    }
    subscribed = frame;
    credits.add(frame.credits);
    feed(frame).catch(fail);
  }

  function onEnd(): void {
    // A socket that is not open yet is told once it is.
    if (socket.readyState === WebSocket.CONNECTING) return;
    if (shutdown.aborted) {
      finish(CLOSE.shutdown, "Cannot go on as the service shuts down");
    } else if (keyEnded?.aborted) finish(CLOSE.violation, KEY_ENDED);
  }
  expectSubscription().catch(fail);
  socket.addEventListener("open", () => {
    if (signal.aborted) return socket.close();
    beat().catch(fail);
    onEnd();
  });
  socket.addEventListener("message", ({ data }) => {
    if (signal.aborted) return;
    try {
      hear(data);
    } catch (error) {
      fail(error);
    }
  });
  socket.addEventListener("error", gone);
  socket.addEventListener("close", gone);
  shutdown.addEventListener("abort", onEnd);
  keyEnded?.addEventListener("abort", onEnd);
}

function isInvalid(error: unknown): error is PortError {
  return hasCode(error, "invalid");
}
