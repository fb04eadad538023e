/**
 * Two whole services on a real Postgres and Redis share a group over HTTP
 * while Redis is killed and comes back.
 *
 * @module
 */
import { join } from "node:path";
import { parseConfig } from "../src/config.ts";
import { type Holdfast, openHoldfast } from "../src/holdfast.ts";
import { deepEqual, equal } from "./support/assert.ts";
import { makeSchema } from "./support/postgres_world.ts";
import { createRecordingTelemetry } from "./support/recording_telemetry.ts";
import { createRedis, findRedis } from "./support/redis_server.ts";
import { requireService } from "./support/services.ts";

const EVENTS = 200;
const KEYS = 5;
const GROUP = "/api/v1/events/groups/fleet";

/** A delivery, as a member gets it. */
interface Delivered {
  readonly position: number;
  readonly token: string;
  readonly event: { readonly metadata: { readonly key: string } };
}

const url = await requireService(import.meta.url, "postgres");
const program = url && await findRedis();

if (url && program) {
  Deno.test("two services share a group while Redis dies and comes back: each event once, in the order of its key", async () => {
    await using stack = new AsyncDisposableStack();
    const schema = stack.use(await makeSchema(url));
    const folder = await Deno.makeTempDir({ prefix: "holdfast-groups-" });
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const redis = stack.use(await createRedis(program));
    await redis.start();
    const services = await Promise.all(["ann", "bob"].map(async (name) => {
      const config = parseConfig({
        DATABASE_URL: schema.url,
        REDIS_URL: redis.url,
        DATA_DIR: join(folder, name),
        INSTANCE_ID: name,
      });
      const telemetry = { ...createRecordingTelemetry(), exposition: () => "" };
      return stack.use(await openHoldfast(config, { telemetry }));
    }));
    const [ann, bob] = services as [Holdfast, Holdfast];
    const policy = { channels: ["setup.*"], start: "earliest", lease_ms: 5000 };
    equal((await ask(ann, "PUT", GROUP, policy)).status, 201);

    const acked: Delivered[] = [];
    const stop = new AbortController();
    const members = [ann, bob, ann, bob].map((service, i) =>
      consume(service, i)
    );
    for (let i = 0; i < EVENTS; i += 5) {
      const events = Array.from({ length: 5 }, (_, j) => ({
        event_type: "setup.received",
        data: { setup_id: `${(i + j) % KEYS}` },
      }));
      equal((await ask(bob, "POST", "/api/v1/events", { events })).status, 201);
      if (i === EVENTS / 4) await redis.stop();
      if (i === EVENTS / 2) await redis.start();
    }
    while (acked.length < EVENTS) await new Promise((go) => setTimeout(go, 20));
    stop.abort();
    await Promise.all(members);

    const positions = acked.map(({ position }) => position);
    deepEqual(
      positions.toSorted((a, b) => a - b),
      Array.from({ length: EVENTS }, (_, i) => i + 1),
    );
    for (let key = 0; key < KEYS; key++) {
      const of = acked.filter(({ event }) => event.metadata.key === `${key}`)
        .map(({ position }) => position);
      deepEqual(of, of.toSorted((a, b) => a - b));
    }
    const { json } = await ask(ann, "GET", GROUP);
    deepEqual([json.checkpoint, json.lag, json.outstanding], [EVENTS, 0, 0]);

    async function consume(service: Holdfast, i: number): Promise<void> {
      while (!stop.signal.aborted) {
        const path = `${GROUP}/next?wait=1&limit=4&member=m${i}`;
        const { json } = await ask(service, "GET", path);
        const { deliveries } = json as { deliveries: Delivered[] };
        if (deliveries.length === 0) continue;
        const refs = deliveries.map(({ position, token }) => ({
          position,
          token,
        }));
        // Of a key only one is out, so that this is the order of handling.
        acked.push(...deliveries);
        const { status } = await ask(service, "POST", `${GROUP}/ack`, {
          deliveries: refs,
        });
        equal(status, 200);
      }
    }
  });
}

async function ask(
  { app }: Holdfast,
  method: string,
  path: string,
  body?: unknown,
) {
  const response = await app.request(path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // deno-lint-ignore no-explicit-any
  return { status: response.status, json: await response.json() as any };
}
