/**
 * One instance of a service: a process that is paused, killed and started
 * again, and its own ways to Redis and Postgres.
 *
 * @module
 */
import { quietPort } from "../support/quiet_port.ts";
import type { ServiceProcess } from "../support/service_process.ts";
import type { TcpProxy } from "../support/tcp_proxy.ts";

/** What starts a process of a service with the variables given. */
export type Launch = (env: Record<string, string>) => Promise<ServiceProcess>;

/** A service that keeps its address from one process to the next. */
export interface Instance extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  /** Whether there is a process that has not ended by itself. */
  readonly isAlive: boolean;
  /** Its way to Redis. */
  readonly redis: TcpProxy;
  /** Its way to Postgres. */
  readonly postgres: TcpProxy;
  /** What all of its processes have logged. */
  readonly log: readonly string[];
  /** Starts a process and waits until it says that it is ready. */
  start(): Promise<void>;
  /** Ends the process with `signal`; SIGKILL unless given. */
  stop(signal?: Deno.Signal): Promise<Deno.CommandStatus>;
  /** Stops the process where it is; connections stay open. */
  pause(): void;
  /** Lets it go on. */
  resume(): void;
}

/** Makes an instance that is not started. */
export function createInstance(
  name: string,
  ways: { readonly redis: TcpProxy; readonly postgres: TcpProxy },
  launch: Launch,
): Instance {
  const port = quietPort();
  const { redis, postgres } = ways;
  const env = {
    PORT: `${port}`,
    INSTANCE_ID: name,
    REDIS_URL: `redis://${redis.hostname}:${redis.port}`,
    DATABASE_URL:
      `postgres://holdfast@${postgres.hostname}:${postgres.port}/postgres`,
  };
  const past: string[] = [];
  let process: ServiceProcess | undefined;

  async function stop(signal: Deno.Signal = "SIGKILL") {
    const ending = process!;
    process = undefined;
    const status = await ending.end(signal);
    past.push(...ending.log, `-- ended: ${JSON.stringify(status)}`);
    return status;
  }

  /** Whether there is a process, which goes on if it was paused. */
  function isAlive(): boolean {
    try {
      if (process) Deno.kill(process.pid, "SIGCONT");
      return process !== undefined;
    } catch {
      return false;
    }
  }

  return {
    name,
    get isAlive() {
      return isAlive();
    },
    url: `http://127.0.0.1:${port}`,
    redis,
    postgres,
    get log() {
      return [...past, ...process?.log ?? []];
    },
    async start() {
      process = await launch(env);
    },
    stop,
    pause: () => Deno.kill(process!.pid, "SIGSTOP"),
    resume: () => Deno.kill(process!.pid, "SIGCONT"),
    async [Symbol.asyncDispose]() {
      if (!isAlive()) return;
      await stop("SIGTERM");
    },
  };
}
