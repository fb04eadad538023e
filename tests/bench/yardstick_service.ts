/**
 * What settings are measured beside: a constant from Hono, and the service that
 * an engineer writes in an afternoon, with none of our guarantees.
 *
 * @module
 */
import { createClient } from "@redis/client";
import { Hono } from "hono";
import postgres from "postgres";
import { BUILT_IN_DOCUMENTS } from "../../domain/settings/catalogue.ts";
import { USER_DOCUMENTS } from "../../domain/settings.ts";
import { SECURE_HEADERS } from "../../src/http/respond.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const MODE = "/api/futures/ginie/modes/:mode";
const BUNDLE = "/api/user/settings";
/** The same, put together as objects, as most would do it. */
const PARSED = `${BUNDLE}/parsed`;
const EVENTS = "/api/v1/events";
const NUMBERS = "/api/orders/sequence";

const defaults = BUILT_IN_DOCUMENTS;

/** What every request of ours is asked for. */
const READ = ["x-request-id", "host", "x-user-id", "if-none-match"];

/** What answers with a document carry. */
const OUR_HEADERS = {
  ...JSON_TYPE,
  ...SECURE_HEADERS,
  "cache-control": "private, no-cache",
  etag: '"7"',
  "x-holdfast-source": "redis",
  "x-holdfast-verified": "true",
};

/** Joins texts that are printed already, as we do. */
function bundle(texts: readonly (string | null)[]): string {
  const members = USER_DOCUMENTS.map((name, i) =>
    `"${name}":{"version":1,"value":${texts[i]}}`
  );
  return `{"documents":{${members.join()}}}`;
}

const one = JSON.stringify(defaults["mode:scalp"]);

let answers = 0;

/** Answers as we do: having read as many headers, with as many. */
function dressed({ headers }: Request): Response {
  for (const name of READ) headers.get(name);
  const response = new Response(one);
  for (const [name, value] of Object.entries(OUR_HEADERS)) {
    response.headers.append(name, value);
  }
  response.headers.append("x-request-id", `0123456789abcdef-${++answers}`);
  return response;
}

function createConstant(): Hono {
  const all = bundle(
    USER_DOCUMENTS.map((name) => JSON.stringify(defaults[name])),
  );
  return new Hono()
    .get(MODE, (c) => c.body(one, 200, JSON_TYPE))
    .get(`${MODE}/dressed`, ({ req }) => dressed(req.raw))
    .get(BUNDLE, (c) => c.body(all, 200, JSON_TYPE));
}

/**
 * What nobody can do without who answers as we do: one script of Redis a turn,
 * for all who have asked meanwhile, and our headers. No routes, no schemas, nobody is
 * told from anybody else, nothing is counted, and the document is always the same.
 */
async function createFloor(): Promise<Served> {
  const redis = createClient({
    url: Deno.env.get("REDIS_URL")!,
    RESP: 2,
    commandOptions: { timeout: 0 },
  });
  redis.on("error", () => {});
  await redis.connect();
  const script = "return {redis.call('GET', KEYS[1]), false}";
  const sha = await redis.sendCommand<string>(["SCRIPT", "LOAD", script]);
  const waiting: (() => void)[] = [];
  let isAsking = false;

  async function askForAll(): Promise<void> {
    isAsking = true;
    await Promise.resolve();
    while (waiting.length > 0) {
      const asked = waiting.splice(0);
      await redis.sendCommand(["EVALSHA", sha, "1", "checkpoint"]);
      for (const answer of asked) answer();
    }
    isAsking = false;
  }

  return {
    fetch: (request) =>
      new Promise((resolve) => {
        waiting.push(() => resolve(dressed(request)));
        if (!isAsking) askForAll();
      }),
  };
}

async function createAfternoon(): Promise<Hono> {
  const sql = postgres(Deno.env.get("DATABASE_URL")!, { onnotice() {} });
  const redis = createClient({ url: Deno.env.get("REDIS_URL")! });
  redis.on("error", () => {});
  await redis.connect();
  await sql`CREATE TABLE IF NOT EXISTS afternoon (key text PRIMARY KEY, value text)`;

  /** The key, else the row, which then becomes the key. */
  async function read(key: string): Promise<string | null> {
    const held = await redis.get(key);
    if (held !== null) return held;
    const [row] = await sql`SELECT value FROM afternoon WHERE key = ${key}`;
    if (row) await redis.set(key, row["value"]);
    return row?.["value"] ?? null;
  }

  async function write(key: string, value: string): Promise<void> {
    await sql`INSERT INTO afternoon VALUES (${key}, ${value})
      ON CONFLICT (key) DO UPDATE SET value = ${value}`;
    await redis.set(key, value);
  }

  return new Hono()
    .get(MODE, async (c) => {
      const user = c.req.header("x-user-id");
      const text = await read(`user:${user}:mode:${c.req.param("mode")}`);
      return text === null ? c.notFound() : c.body(text, 200, JSON_TYPE);
    })
    .put(MODE, async (c) => {
      const user = c.req.header("x-user-id");
      const text = JSON.stringify(await c.req.json());
      await write(`user:${user}:mode:${c.req.param("mode")}`, text);
      return c.body(text, 200, JSON_TYPE);
    })
    .get(BUNDLE, async (c) => {
      const user = c.req.header("x-user-id");
      const texts = await Promise.all(
        USER_DOCUMENTS.map((name) => read(`user:${user}:${name}`)),
      );
      return c.body(bundle(texts), 200, JSON_TYPE);
    })
    .get(PARSED, async (c) => {
      const user = c.req.header("x-user-id");
      const entries = await Promise.all(USER_DOCUMENTS.map(async (name) => [
        name,
        {
          version: 1,
          value: JSON.parse((await read(`user:${user}:${name}`))!),
        },
      ]));
      return c.json({ documents: Object.fromEntries(entries) });
    })
    .post(NUMBERS, async (c) => {
      const user = c.req.header("x-user-id");
      const {
        day = new Date().toISOString().slice(0, 10).replaceAll("-", ""),
      } = await c.req.json();
      const key = `user:${user}:sequence:${day}`;
      const number = await redis.incr(key);
      if (number === 1) await redis.expire(key, 48 * 3600);
      return c.json({ user_id: user, day, first: number, last: number });
    })
    .post("/seed", async (c) => {
      const user = c.req.header("x-user-id");
      for (const name of USER_DOCUMENTS) {
        await write(`user:${user}:${name}`, JSON.stringify(defaults[name]));
      }
      return c.json({});
    });
}

/** Events as one writes them down in an afternoon: one INSERT a request. */
async function createEvents(): Promise<Hono> {
  const sql = postgres(Deno.env.get("DATABASE_URL")!, { onnotice() {} });
  await sql`CREATE TABLE IF NOT EXISTS afternoon_event (
    id uuid PRIMARY KEY, channel text, timestamp text, data text)`;

  return new Hono()
    .post(EVENTS, async (c) => {
      const { event_type, timestamp, ...data } = await c.req.json();
      const id = crypto.randomUUID();
      await sql`INSERT INTO afternoon_event
        VALUES (${id}, ${event_type}, ${timestamp}, ${JSON.stringify(data)})`;
      return c.json({ id }, 201);
    });
}

/** What answers requests. */
interface Served {
  fetch(request: Request): Response | Promise<Response>;
}

const KINDS: Record<string, () => Served | Promise<Served>> = {
  constant: createConstant,
  floor: createFloor,
  events: createEvents,
  afternoon: createAfternoon,
};

if (import.meta.main) {
  const app = await KINDS[Deno.args[0] ?? "afternoon"]!();
  Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`),
  }, app.fetch);
}
