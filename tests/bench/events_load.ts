/**
 * Follows the event stream with many clients while it publishes at a steady
 * rate: a process of its own. Each line on its standard input is a plan, each
 * line that it prints what came of it. Every client holds positions against
 * each other; that of the last event published says when it has them all.
 *
 * @module
 */
import { textLines } from "../support/text_lines.ts";
import { openStreamClient, type StreamClient } from "./events_stream_client.ts";
import { quantile } from "./figure.ts";
import {
  type Connection,
  openConnection,
  requestOf,
} from "./raw_connection.ts";

/** What is to be done. */
export interface FollowPlan {
  /** Of the service that is followed. */
  readonly port: number;
  /** Of the service that is published to. */
  readonly publishTo: number;
  readonly clients: number;
  /** Events a second. */
  readonly rate: number;
  readonly events: number;
  /** How long after its publication was due an event may come. */
  readonly deadlineMs: number;
}

/** What came of it. */
export interface FollowResult {
  /** Deliveries that were owed: clients × events. */
  readonly owed: number;
  readonly delivered: number;
  readonly lost: number;
  readonly repeated: number;
  /** Deliveries past the deadline, those that never came among them. */
  readonly late: number;
  /** Streams that ended by themselves, and why the first did. */
  readonly ended: number;
  readonly reason?: string;
  /** From the moment at which an event was due to be sent to its arrival. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** From there to the answer to the publisher. */
  readonly ackP50Ms: number;
  /** Events a second that were acknowledged. */
  readonly published: number;
}

/** Streams that connect at once. */
const CONNECTING = 50;

/** How long after the deadline the last deliveries are waited for. */
const GRACE_MS = 5000;

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Follows and publishes as `plan` says. */
async function follow(plan: FollowPlan): Promise<FollowResult> {
  const { port, clients, events, rate } = plan;
  const dueAt = new Map<number, number>();
  /** Arrivals before the answer that tells the position. */
  const early = new Map<number, number[]>();
  const times: number[] = [];
  const endings: string[] = [];
  let closing = false;

  function onEvent(position: number): void {
    const now = performance.now();
    const due = dueAt.get(position);
    if (due !== undefined) times.push(now - due);
    else {
      const list = early.get(position);
      if (list) list.push(now);
      else early.set(position, [now]);
    }
  }

  const streams: StreamClient[] = [];
  const onEnd = (reason: string) => void (closing || endings.push(reason));
  while (streams.length < clients) {
    const count = Math.min(CONNECTING, clients - streams.length);
    streams.push(
      ...await Promise.all(
        Array.from(
          { length: count },
          () => openStreamClient({ port, onEvent, onEnd }),
        ),
      ),
    );
  }
  const publisher = await openPublisher(plan.publishTo);
  const began = performance.now();
  const acknowledged: Promise<void>[] = [];
  const acks: number[] = [];
  let last = 0;
  for (let i = 0; i < events; i++) {
    const due = began + i * 1000 / rate;
    const leftMs = due - performance.now();
    if (leftMs > 0) await sleep(leftMs);
    const sentAt = performance.now();
    acknowledged.push(
      publisher.publish(i).then((position) => {
        acks.push(performance.now() - sentAt);
        dueAt.set(position, sentAt);
        last = Math.max(last, position);
        for (const at of early.get(position) ?? []) times.push(at - sentAt);
        early.delete(position);
      }),
    );
  }
  await Promise.all(acknowledged);
  const published = events * 1000 / (performance.now() - began);
  const giveUpAt = performance.now() + plan.deadlineMs + GRACE_MS;
  while (
    performance.now() < giveUpAt &&
    streams.some(({ position }) => position < last)
  ) await sleep(20);

  closing = true;
  publisher.close();
  for (const stream of streams) stream.close();
  const sum = (count: (stream: StreamClient) => number) =>
    streams.reduce((all, stream) => all + count(stream), 0);
  const owed = clients * events;
  const inTime = times.filter((ms) => ms <= plan.deadlineMs).length;
  return {
    owed,
    delivered: times.length,
    lost: sum((stream) => stream.lost + last - stream.position),
    repeated: sum((stream) => stream.repeated),
    late: owed - inTime,
    ended: endings.length,
    ...(endings[0] !== undefined && { reason: endings[0] }),
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    maxMs: times.reduce((most, ms) => Math.max(most, ms), 0),
    ackP50Ms: quantile(acks, 0.5),
    published,
  };
}

/** Publishes events, each with its position as the answer. */
interface Publisher {
  publish(i: number): Promise<number>;
  close(): void;
}

/** As many connections as requests are under way at once. */
async function openPublisher(port: number): Promise<Publisher> {
  const idle: Connection[] = [];
  const all: Connection[] = [];

  async function connected(): Promise<Connection> {
    const made = await openConnection(port);
    all.push(made);
    return made;
  }

  async function publish(i: number): Promise<number> {
    const body = JSON.stringify({
      event_type: "setup.received",
      timestamp: new Date().toISOString(),
      setup_id: `bench-${i}`,
      source: "bench",
      tickers: ["SPY", "NVDA"],
    });
    const connection = idle.pop() ?? await connected();
    const answer = await connection.ask(requestOf({
      ...{ port, method: "POST", path: "/api/v1/events" },
      ...{ user: "bench", body },
    }));
    idle.push(connection);
    return JSON.parse(answer.toString()).position;
  }

  // The first request of a service takes longer than all others.
  await publish(-1);
  return { publish, close: () => all.forEach((one) => one.end()) };
}

if (import.meta.main) {
  console.log("ready");
  for await (const line of Deno.stdin.readable.pipeThrough(textLines())) {
    console.log(JSON.stringify(await follow(JSON.parse(line))));
  }
}
