/**
 * Two whole services on one database, with or without a Redis that each of
 * them has a way of its own to.
 *
 * @module
 */
import { join } from "node:path";
import {
  parseSettingsKey,
  type SettingsDocument,
  type SettingsKey,
} from "../../domain/settings.ts";
import type { SettingsSource } from "../../ports/settings_store.ts";
import { parseConfig } from "../../src/config.ts";
import { type Holdfast, openHoldfast } from "../../src/holdfast.ts";
import { makeSchema, type Psql } from "../support/postgres_world.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "../support/recording_telemetry.ts";
import type { RedisReply } from "../support/resp.ts";
import { openTcpProxy, type TcpProxy } from "../support/tcp_proxy.ts";

/** What a service answered. */
export interface Reply {
  readonly etag: string | null;
  readonly text: string;
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

/** Asks a service as `user`, the operator when absent; fails unless it is pleased. */
export type Ask = (
  method: string,
  path: string,
  options?: { readonly user?: string; readonly body?: unknown },
) => Promise<Reply>;

/** One of the services. */
export interface Member {
  /** The service itself. */
  readonly service: Holdfast;
  readonly ask: Ask;
  /** The documents that there are of `keys`, each group of keys read as one. */
  read(...groups: (readonly SettingsKey[])[]): Promise<Seen>;
  /** Its way to Redis. */
  readonly way: TcpProxy | undefined;
  /** Resolves once it serves from Redis, at once where there is none. */
  normal(): Promise<void>;
  /** How often Redis has not answered a read so far, or was not believed. */
  failures(): number;
}

/** Documents by key, and where each group of them came from. */
export interface Seen {
  readonly documents: ReadonlyMap<SettingsKey, SettingsDocument>;
  readonly sources: readonly SettingsSource[];
}

/** A Redis of the test's own. */
export interface FleetRedis {
  readonly hostname: string;
  readonly port: number;
  /** The number of the database that the fleet has for itself. */
  readonly database: number;
  /** Sends one command, to that database. */
  command(...args: string[]): Promise<RedisReply>;
}

/** The services and what they stand on. */
export interface Fleet extends AsyncDisposable {
  /** The one that changes are made on. */
  readonly writer: Member;
  /** The one that they are looked for on. */
  readonly reader: Member;
  /** A person with psql. */
  readonly psql: Psql;
  readonly redis: FleetRedis | undefined;
  /** Everything in the database of record. */
  record(): Promise<ReadonlyMap<SettingsKey, SettingsDocument>>;
}

/** Opens a fleet on a schema of its own at `databaseUrl`. */
export async function openFleet(
  databaseUrl: string,
  redis?: FleetRedis,
): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const schema = stack.use(await makeSchema(databaseUrl));
  const { psql } = schema;
  const folder = await Deno.makeTempDir({ prefix: "holdfast-fleet-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));

  async function openMember(name: string): Promise<Member> {
    const way = redis && stack.use(await openTcpProxy(redis));
    const config = parseConfig({
      DATABASE_URL: schema.url,
      DATA_DIR: join(folder, name),
      INSTANCE_ID: name,
      ...way && {
        REDIS_URL: `redis://${way.hostname}:${way.port}/${redis.database}`,
      },
    });
    const telemetry = { ...createRecordingTelemetry(), exposition: () => "" };
    const service = stack.use(await openHoldfast(config, { telemetry }));
    return createMember(service, telemetry, way);
  }
  const [writer, reader] = await Promise.all(
    ["ann", "bob"].map(openMember),
  );
  const open = stack.move();
  return {
    writer: writer!,
    reader: reader!,
    psql,
    redis,
    async record() {
      const rows =
        await psql`SELECT key, version::integer, value FROM settings`;
      return new Map(rows.map(({ key, version, value }) => [
        parseSettingsKey(key),
        { key, version, json: value } as SettingsDocument,
      ]));
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** How long it may take until Redis serves. */
const PATIENCE_MS = 15_000;

/** What Redis is asked for settings. */
const READS = ["settings_read", "settings_confirm"];

function createMember(
  service: Holdfast,
  telemetry: RecordingTelemetry,
  way: TcpProxy | undefined,
): Member {
  const { app, ports } = service;
  return {
    service,
    way,
    async ask(method, path, { user, body } = {}) {
      const response = await app.request(`http://127.0.0.1${path}`, {
        method,
        headers: user === undefined ? {} : { "x-user-id": user },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} answered ${text}`);
      const etag = response.headers.get("etag");
      return { etag, text, json: JSON.parse(text) };
    },
    async read(...groups) {
      const { settingsStore: store } = ports;
      const found = await Promise.all(groups.map((keys) => store.read(keys)));
      const documents = found.flatMap(({ documents }) => documents)
        .filter((document) => document !== undefined);
      return {
        documents: new Map(documents.map((one) => [one.key, one])),
        sources: found.map(({ source }) => source),
      };
    },
    async normal() {
      const deadline = performance.now() + PATIENCE_MS;
      while (way && ports.state.mode() !== "normal") {
        if (performance.now() > deadline) {
          throw new Error(`Redis does not serve: ${ports.state.mode()}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
    failures() {
      const failed = READS.flatMap((kind) =>
        ["timeout", "unavailable"].map((code) =>
          telemetry.counted("holdfast_redis_errors_total", { kind, code })
        )
      ).reduce((sum, count) => sum + count);
      // Each time that it was not believed was told.
      const told = telemetry.logged("warn")
        .filter(({ message }) => message.startsWith("The service is "));
      return failed + told.length;
    },
  };
}
