/**
 * The dashboard in a real browser, before the real service on a real Redis and
 * Postgres.
 *
 * @module
 */
import { type Browser, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "../../scripts/chromium.ts";
import { deepEqual } from "../support/assert.ts";
import { needs, skip } from "../support/needs.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { quietPort } from "../support/quiet_port.ts";
import {
  createRedis,
  findRedis,
  type PrivateRedis,
} from "../support/redis_server.ts";
import {
  type ServiceProcess,
  startService,
} from "../support/service_process.ts";
import { requireService } from "../support/services.ts";

/** How long a page may take to show what it is waited for. */
export const PATIENCE_MS = 10_000;

/** Lines of the service that are shown when a test fails. */
const MAX_LOG_LINES = 40;

/** How a page looks. */
export interface Look {
  readonly width?: number;
  readonly theme?: "light" | "dark";
  /** Where the viewer is, such as `Asia/Tokyo`. */
  readonly zone?: string;
}

/** A browser tab that notes what should not be. */
export interface Tab extends AsyncDisposable {
  readonly page: Page;
  /** Errors of scripts and of the console, and requests to other hosts. */
  readonly faults: string[];
  /** Opens a page of the dashboard. */
  open(name: string): Promise<void>;
}

/** Everything that a test of the dashboard stands on. */
export interface World {
  readonly redis: PrivateRedis;
  readonly url: string;
  /** The service as it runs now. */
  service(): ServiceProcess;
  /** The key that the service has made at its first start. */
  firstKey(): string;
  /** Kills the service and starts it again at the same address. */
  restart(): Promise<void>;
  /** Opens a tab; at its end it must have noted no fault. */
  tab(look?: Look): Promise<Tab>;
  /** Asks the service as another client. */
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
}

/** What the service answered another client. */
export interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

/** Where Postgres, Redis and Chromium are. */
interface Places {
  readonly database: string;
  readonly redis: string;
  readonly chromium: string;
}

const places = await findPlaces();

async function findPlaces(): Promise<Places | undefined> {
  const file = "tests/browser/all.ts";
  const granted = ["read", "write", "run", "net", "env", "sys"] as const;
  if (!await needs(file, granted)) return undefined;
  const database = await requireService(file, "postgres");
  const redis = await findRedis();
  const program = await findChromium();
  if (database && redis && program) {
    return { database, redis, chromium: program };
  }
  if (!redis) skip(file, "there is no redis-server to be stopped");
  if (!program) {
    skip(file, "there is no chromium: install it, or be root on Debian");
  }
  return undefined;
}

/** What a test needs otherwise than others. */
export interface Needs {
  /** Variables of the service; tests with the same ones share a world. */
  readonly env?: Readonly<Record<string, string>>;
  /** Who its tabs and clients are: a user whom no other test touches. */
  readonly user?: string;
}

/** The worlds that are open, by the variables of their services. */
const worlds = new Map<string, Promise<SharedWorld>>();

/** The one Chromium of all worlds. */
let browser: Promise<Browser> | undefined;

/**
 * Registers a test of the dashboard. It finds the world as the tests before it
 * have left it, with Redis and the service running; one that fails leaves none.
 */
export function testPage(
  name: string,
  run: (world: World) => Promise<void>,
  { env = {}, user }: Needs = {},
): void {
  if (!places) return;
  const found = places;
  const id = JSON.stringify(env);
  Deno.test({
    name: `dashboard: ${name}`,
    // The browser and the servers outlive a test.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const shared = worlds.get(id) ?? openWorld(found, env);
      worlds.set(id, shared);
      try {
        await run((await shared).as(user));
      } catch (error) {
        worlds.delete(id);
        const world = await shared;
        console.log(["The service has logged:", ...world.log()].join("\n"));
        await world[Symbol.asyncDispose]();
        throw error;
      }
    },
  });
}

if (places) {
  Deno.test.afterAll(async () => {
    for (const world of worlds.values()) {
      await (await world)[Symbol.asyncDispose]();
    }
    await (await browser)?.close();
  });
}

/** A world that several tests use, one after the other. */
interface SharedWorld extends AsyncDisposable {
  /** The world as `user` meets it. */
  as(user: string | undefined): World;
  /** What its services have logged, the newest last. */
  log(): readonly string[];
}

async function openWorld(
  found: Places,
  more: Readonly<Record<string, string>>,
): Promise<SharedWorld> {
  await using stack = new AsyncDisposableStack();
  browser ??= chromium.launch({
    executablePath: found.chromium,
    args: [...CHROMIUM_FLAGS],
  });
  const schema = stack.use(await makeSchema(found.database));
  const redis = stack.use(
    await createRedis(found.redis, { appendfsync: "everysec" }),
  );
  await redis.start();
  const port = quietPort();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const env = {
    DATABASE_URL: schema.url,
    REDIS_URL: redis.url,
    PORT: String(port),
    INSTANCE_ID: "trading-1",
    DATA_DIR: folder,
    ...more,
  };
  let service = await startService(env);
  const services = [service];
  stack.defer(() => service[Symbol.asyncDispose]());
  const { url } = service;
  const opened = await browser;
  const held = stack.move();

  return {
    as(user) {
      const headers = user === undefined ? {} : { "X-User-Id": user };
      return {
        redis,
        url,
        service: () => service,
        firstKey() {
          const [key] = /hf_\S+/.exec(service.said.join("\n")) ?? [];
          if (key === undefined) throw new Error("Cannot find the first key");
          return key;
        },
        async restart() {
          await service.end("SIGKILL");
          service = await startService(env);
          services.push(service);
        },
        tab: (look = {}) => openTab(opened, url, headers, look),
        async ask(method, path, body) {
          const response = await fetch(url + path, {
            method,
            headers,
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          });
          const text = await response.text();
          return {
            status: response.status,
            body: text.startsWith("{") ? JSON.parse(text) : text,
          };
        },
      };
    },
    log: () => services.flatMap(({ log }) => log).slice(-MAX_LOG_LINES),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function openTab(
  browser: Browser,
  url: string,
  headers: Readonly<Record<string, string>>,
  { width = 1440, theme = "light", zone }: Look,
): Promise<Tab> {
  const context = await browser.newContext({
    ...zone !== undefined && { timezoneId: zone },
    viewport: { width, height: 900 },
    colorScheme: theme,
    extraHTTPHeaders: headers,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("console", (message) => {
    // Chromium notes refused and cut requests by itself; tests look at what
    // the page makes of them.
    const text = message.text();
    if (message.type() !== "error" || text.startsWith("Failed to load")) return;
    faults.push(`console: ${text}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${url}/`)) {
      faults.push(`request: ${request.url()}`);
    }
  });
  return {
    page,
    faults,
    async open(name) {
      await page.goto(`${url}/#/${name}`);
      await page.locator("main h1").waitFor();
    },
    async [Symbol.asyncDispose]() {
      await context.close();
      deepEqual(faults, []);
    },
  };
}

/** Where screenshots go: `TEST_ARTEFACTS`, else a folder for temporary files. */
export async function artefacts(): Promise<string> {
  const folder = Deno.env.get("TEST_ARTEFACTS") ||
    `${Deno.env.get("TMPDIR") ?? "/tmp"}/holdfast-dashboard`;
  await Deno.mkdir(folder, { recursive: true });
  return folder;
}

/** By how many pixels a page is wider than the window. */
export function excessWidth({ page }: Tab): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

/** Most looks at what takes time. */
const MAX_LOOKS = 5;

/**
 * Whether two looks are good of five at most. What else the machine does makes
 * one or the other look bad; what is wrong with the page, all of them.
 */
export async function isGoodTwice(
  look: () => Promise<boolean>,
): Promise<boolean> {
  let good = 0;
  for (let looks = 0; looks < MAX_LOOKS && good < 2; looks++) {
    if (await look()) good++;
  }
  return good === 2;
}
