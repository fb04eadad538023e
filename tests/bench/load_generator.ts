/**
 * Sends requests to services: a process of its own. Each line on its standard
 * input is a plan, each line that it prints what came of it.
 *
 * @module
 */
import { textLines } from "../support/text_lines.ts";
import { quantile } from "./figure.ts";
import {
  type Connection,
  openConnection,
  requestOf,
} from "./raw_connection.ts";

/** What is to be sent. */
export interface LoadPlan {
  readonly port: number;
  readonly method: "GET" | "PUT" | "POST";
  readonly path: string;
  /** Whose settings are meant. */
  readonly user: string;
  /** What the service knows the user by, where it asks for keys. */
  readonly apiKey?: string;
  /** Bodies, in turn. */
  readonly bodies?: readonly string[];
  readonly connections: number;
  readonly requests: number;
  /** Requests a second, whether or not those before have been answered; else one after the other. */
  readonly rate?: number;
}

/** What came of it. */
export interface LoadResult {
  /** From the first request to the last answer. */
  readonly totalMs: number;
  /** From the moment at which a request was due to its answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Bytes of the last body. */
  readonly bodyBytes: number;
}

/** Runs `plan`. */
async function run(plan: LoadPlan): Promise<LoadResult> {
  const { port, method, path, user, apiKey, bodies = [""], requests } = plan;
  const texts = bodies.map((body) =>
    requestOf({ port, method, path, user, body, apiKey })
  );
  const connections = await Promise.all(
    Array.from({ length: plan.connections }, () => openConnection(port)),
  );
  const times: number[] = [];
  let bodyBytes = 0;
  const began = performance.now();
  let sent = 0;

  async function send(connection: Connection, dueAt: number): Promise<void> {
    const body = await connection.ask(texts[sent++ % texts.length]!);
    bodyBytes = body.length;
    times.push(performance.now() - dueAt);
  }

  async function oneAfterTheOther(connection: Connection): Promise<void> {
    while (sent < requests) await send(connection, performance.now());
  }

  async function atRate(rate: number): Promise<void> {
    const idle = [...connections];
    const late: number[] = [];
    const running = new Set<Promise<void>>();
    const start = (connection: Connection, dueAt: number) => {
      const done = send(connection, dueAt).then(() => {
        running.delete(done);
        const next = late.shift();
        if (next === undefined) idle.push(connection);
        else start(connection, next);
      });
      running.add(done);
    };
    for (let i = 0; i < requests;) {
      const due = Math.min(
        requests,
        Math.floor((performance.now() - began) * rate / 1000),
      );
      // That this process woke up late is no fault of the service.
      const now = performance.now();
      for (; i < due; i++) {
        const connection = idle.pop();
        if (connection) start(connection, now);
        else late.push(now);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    while (running.size > 0) await Promise.all(running);
  }

  if (plan.rate === undefined) {
    await Promise.all(connections.map(oneAfterTheOther));
  } else {
    await atRate(plan.rate);
  }
  const totalMs = performance.now() - began;
  for (const connection of connections) connection.end();
  return {
    totalMs,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    bodyBytes,
  };
}

if (import.meta.main) {
  console.log("ready");
  for await (const line of Deno.stdin.readable.pipeThrough(textLines())) {
    console.log(JSON.stringify(await run(JSON.parse(line))));
  }
}
