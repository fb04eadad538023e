/**
 * Two services on one Postgres: the same program for a fleet.
 *
 * @module
 */
import { deepEqual, equal, match } from "../support/assert.ts";
import { userSettings } from "../support/default_documents.ts";
import { needs } from "../support/needs.ts";
import { makeSchema } from "../support/postgres_world.ts";
import {
  type ServiceProcess,
  startService,
} from "../support/service_process.ts";
import { requireService } from "../support/services.ts";

const database = await requireService(import.meta.url, "postgres");

if (
  database !== undefined &&
  await needs(import.meta.url, ["read", "write", "run", "net", "env"])
) {
  Deno.test("e2e: two services on one Postgres are one", async () => {
    await using schema = await makeSchema(database);
    const env = { DATABASE_URL: schema.url };
    await using ann = await startService(env);
    await using bob = await startService(env);
    equal((await ask(ann, "GET", "/health")).adapters.event_bus, "postgres");

    for (let round = 0; round < 20; round++) {
      const [writer, reader] = round % 2 ? [ann, bob] : [bob, ann];
      const settings = userSettings({ round });
      await ask(writer, "PUT", "/api/user/settings", settings);
      deepEqual(await ask(reader, "GET", "/api/user/settings"), settings);
    }

    const day = "20260105";
    const taken = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const service = i % 2 ? ann : bob;
        return (await ask(service, "POST", "/api/orders/sequence", { day }))
          .first as number;
      }),
    );
    deepEqual(
      taken.toSorted((a, b) => a - b),
      taken.map((_, i) => i + 1),
    );

    const stream = await fetch(
      `${bob.url}/api/v1/events/stream?channel=signals.*`,
    );
    const heard = firstEvent(stream.body!);
    const { metadata } = await ask(ann, "POST", "/api/v1/signals/generate", {
      symbols: ["SYNA", "SYNB"],
    });
    equal((await heard).id, metadata.event.id);
    equal(metadata.event.position, 21);
  });

  Deno.test("e2e: a service starts while Postgres is away, and says so without the password", async () => {
    const url = new URL(database);
    const DATABASE_URL = `postgres://me:hunter2@${url.hostname}:1/none`;
    await using service = await startService({ DATABASE_URL });
    equal((await ask(service, "GET", "/health")).database_connected, false);
    equal((await ask(service, "GET", "/health/live")).status, "alive");
    const vector = "/api/v1/features/SYNA/2025-01-16";
    equal((await ask(service, "GET", vector)).symbol, "SYNA");
    const settings = await ask(service, "GET", "/api/user/settings");
    equal(settings.status, 503);
    match(settings.detail, /^Cannot /);
    const { code } = await service.end("SIGTERM");
    equal(code, 0);
    equal(service.log.join("\n").includes("hunter2"), false);
  });
}

// deno-lint-ignore no-explicit-any
type Json = any;

async function ask(
  { url }: ServiceProcess,
  method: string,
  path: string,
  body?: unknown,
): Promise<Json> {
  const response = await fetch(url + path, {
    method,
    body: body === undefined ? null : JSON.stringify(body),
  });
  return await response.json();
}

async function firstEvent(body: ReadableStream<Uint8Array>): Promise<Json> {
  let seen = "";
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    seen += decoder.decode(bytes, { stream: true });
    const event = /^data: (\{"id".*\})$/m.exec(seen);
    if (event) return JSON.parse(event[1]!);
  }
}
