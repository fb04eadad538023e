/**
 * The roles as processes of their own, which talk over HTTP and events: one
 * database under them, a file or a server.
 *
 * @module
 */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { makeSchema } from "../support/postgres_world.ts";
import {
  type ServiceProcess,
  startService,
} from "../support/service_process.ts";
import { requireService } from "../support/services.ts";

const DATE = "2025-01-16";
const SYMBOLS = ["SYNA", "SYNB", "SYNC", "SYND"];
const ENDS = { top_n: 2, bottom_n: 2 };
const REQUEST = { symbols: SYMBOLS, as_of_date: DATE, ...ENDS };
const RUN = "/api/v1/orchestration/run";
const RUNS = "/api/v1/orchestration/runs";

type Env = Readonly<Record<string, string>>;

/** Where the database of a test is. */
interface Place extends AsyncDisposable {
  readonly env: Env;
}

/** Opens the places that there are here: a folder, and a schema if Postgres is there. */
const PLACES: Record<string, () => Promise<Place>> = {};

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  PLACES["sqlite"] = async () => {
    const path = await Deno.makeTempDir({ prefix: "holdfast-roles-" });
    return {
      env: { DATA_DIR: path },
      [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
    };
  };
  const database = await requireService(import.meta.url, "postgres");
  if (database !== undefined) {
    PLACES["postgres"] = async () => {
      const schema = await makeSchema(database);
      return {
        env: { DATABASE_URL: schema.url },
        [Symbol.asyncDispose]: () => schema[Symbol.asyncDispose](),
      };
    };
  }
}

/** The four processes; each can be ended and started again where it was. */
async function startFleet(
  place: Env,
  more: Readonly<Record<string, Env>> = {},
) {
  await using stack = new AsyncDisposableStack();
  const start = async (ROLE: string, env: Env = {}) =>
    stack.use(await startService({ ...place, ROLE, ...env, ...more[ROLE] }));
  const [signals, gateway] = await Promise.all([
    start("signal-service"),
    start("execution-gateway"),
  ]);
  const urls = {
    SIGNAL_SERVICE_URL: signals.url,
    EXECUTION_GATEWAY_URL: gateway.url,
  };
  const [orchestrator, state] = await Promise.all([
    start("orchestrator", urls),
    start("state"),
  ]);
  const open = stack.move();
  return {
    signals,
    gateway,
    orchestrator,
    state,
    /** Starts `role` again at `url`. */
    again: async (role: string, url: string) => {
      const PORT = new URL(url).port;
      return open.use(
        await startService({
          ...place,
          ...urls,
          ...more[role],
          ROLE: role,
          PORT,
        }),
      );
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** Orders that take long enough for somebody to die meanwhile. */
const SLOW = { PAPER_BROKER: "latency_ms=1000,in_flight_ms=100" };

/** Tests it in every place at the same time, as it is mostly waiting. */
function everywhere(what: string, test: (place: Place) => Promise<void>) {
  const kinds = Object.keys(PLACES);
  if (kinds.length === 0) return;
  Deno.test(`roles on ${kinds.join(" and ")}: ${what}`, async () => {
    const ends = await Promise.allSettled(kinds.map(async (kind) => {
      await using place = await PLACES[kind]!();
      await test(place);
    }));
    for (const [i, end] of ends.entries()) {
      if (end.status === "fulfilled") continue;
      throw new Error(`not so on ${kinds[i]}`, { cause: end.reason });
    }
  });
}

everywhere(
  "a run scores at the signal service and trades at the gateway, for its caller",
  async (place) => {
    await using fleet = await startFleet(place.env);
    const { signals, gateway, orchestrator, state } = fleet;

    await until(async () => {
      const { status, body } = await ask(orchestrator, "GET", "/health");
      equal(status, 200);
      equal(body.model_loaded, false);
      return body.status === "healthy" && body.signal_service_healthy &&
        body.execution_gateway_healthy;
    });
    const { body: model } = await ask(signals, "GET", "/api/v1/model/info");

    const { status, body: run } = await ask(orchestrator, "POST", RUN, {
      user: "ann",
      body: REQUEST,
    });
    equal(status, 200);
    equal(run.status, "completed");
    equal(run.signal_metadata.model_version, model.version);
    equal(run.num_orders_filled, 4);

    const orders = await ordersOf(gateway, "ann");
    deepEqual(
      orders.map(({ client_order_id: id, status }) => [id, status]).toSorted(),
      run.mappings.map((
        { client_order_id: id }: Json,
      ) => [id, "filled"]).toSorted(),
    );
    for (const { run_id } of orders) equal(run_id, run.run_id);
    deepEqual(await heldBy(gateway, "ann"), wantedBy(run));

    // Nobody else has any of it.
    for (const user of ["bob", undefined]) {
      deepEqual(await ordersOf(gateway, user), []);
      deepEqual(await heldBy(gateway, user), []);
      const of = user === undefined ? {} : { user };
      const list = await ask(orchestrator, "GET", RUNS, of);
      deepEqual(list.body, { runs: [] });
      const other = await ask(orchestrator, "GET", `${RUNS}/${run.run_id}`, of);
      equal(other.status, 404);
    }

    // The log is one, whoever wrote to it; scoring for a run is not news.
    const told = await eventsOf(state);
    deepEqual(
      told.filter(({ event_type: type }) => type === "positions.updated")
        .map(({ data }) => data.symbol).toSorted(),
      SYMBOLS,
    );
    deepEqual(endsOfRuns(told), [run.run_id]);
    ok(!told.some(({ event_type: type }) => type === "signals.generated"));

    // Nor does a caller become another by naming him.
    const named = await ask(orchestrator, "POST", RUN, {
      user: "bob",
      body: { ...REQUEST, user: "ann" },
    });
    equal(named.status, 400);

    const bobs = await ask(orchestrator, "POST", `${RUN}?user=ann`, {
      user: "bob",
      body: REQUEST,
    });
    equal(bobs.status, 200);
    ok(bobs.body.run_id !== run.run_id);
    deepEqual(await ordersOf(gateway, "ann"), orders);
    deepEqual(await heldBy(gateway, "bob"), wantedBy(bobs.body));
  },
);

everywhere(
  "the gateway dies under a run, and the same request completes that run",
  async (place) => {
    await using fleet = await startFleet(place.env, {
      "execution-gateway": SLOW,
    });
    const { gateway, orchestrator } = fleet;
    const send = () =>
      ask(orchestrator, "POST", RUN, { user: "ann", body: REQUEST });
    const first = send();
    await until(async () => (await ordersOf(gateway, "ann")).length > 0);
    await gateway.end("SIGKILL");

    const refused = await first;
    ok([503, 504].includes(refused.status), `${refused.status}`);
    match(
      refused.body.detail,
      /^Cannot finish run \S+ as its orders could not all be sent, and the same request goes on with it: Cannot .*(nobody answers at http:\S+: start it there|ask again)$/,
    );
    const health = await ask(orchestrator, "GET", "/health");
    equal(health.body.execution_gateway_healthy, false);
    match(health.body.reasons.join(), /Cannot reach the execution gateway/);
    const away = await send();
    equal(away.status, 503);
    match(away.body.detail, /nobody answers at .*: start it there$/);

    const risen = await fleet.again("execution-gateway", gateway.url);
    let last = refused;
    await until(async () => {
      last = await send();
      return last.status === 200;
    });
    const run = last.body;
    equal(run.run_id, refused.body.run_id);
    equal(
      (await ask(orchestrator, "GET", RUNS, { user: "ann" })).body.runs.length,
      1,
    );
    await until(async () =>
      (await ordersOf(risen, "ann")).every(({ status }) => status === "filled")
    );
    const orders = await ordersOf(risen, "ann");
    deepEqual(orders.map(({ symbol }) => symbol).toSorted(), SYMBOLS);
    deepEqual(await heldBy(risen, "ann"), wantedBy(run));
  },
);

everywhere(
  "signals that are generated are run once, though the orchestrator dies meanwhile",
  async (place) => {
    await using fleet = await startFleet(place.env, {
      "execution-gateway": SLOW,
      orchestrator: { ORCHESTRATE_SIGNALS: "true", ORCHESTRATION_USER: "ann" },
    });
    const { signals, gateway, orchestrator, state } = fleet;
    const GROUP = "/api/v1/events/groups/orchestrator";
    await until(async () => (await ask(state, "GET", GROUP)).status === 200);
    // What the dead one had is given to the next one sooner than in 30 s.
    const { body: policy } = await ask(state, "GET", GROUP);
    const { channels, max_attempts, backoff, on_poison } = policy;
    const sooner = {
      channels,
      max_attempts,
      backoff,
      on_poison,
      lease_ms: 1000,
    };
    equal((await ask(state, "PUT", GROUP, { body: sooner })).status, 200);

    const generate = "/api/v1/signals/generate";
    const asked = await ask(signals, "POST", generate, { body: REQUEST });
    equal(asked.status, 200);
    await until(async () => (await ordersOf(gateway, "ann")).length > 0);
    await orchestrator.end("SIGKILL");
    equal((await ask(state, "GET", GROUP)).body.outstanding, 1);
    const risen = await fleet.again("orchestrator", orchestrator.url);
    await until(async () => (await ask(state, "GET", GROUP)).body.lag === 0);

    const mine = { user: "ann" };
    const { body: { runs } } = await ask(risen, "GET", RUNS, mine);
    equal(runs.length, 1);
    const path = `${RUNS}/${runs[0].run_id}`;
    let run = runs[0];
    await until(async () => {
      run = (await ask(risen, "GET", path, mine)).body;
      return run.num_orders_filled === 4;
    });
    equal(run.as_of_date, DATE);
    equal(run.status, "completed");
    const orders = await ordersOf(gateway, "ann");
    deepEqual(orders.map(({ symbol }) => symbol).toSorted(), SYMBOLS);
    deepEqual(await heldBy(gateway, "ann"), wantedBy(run));
    deepEqual(endsOfRuns(await eventsOf(state)), [run.run_id]);
    const letters = await ask(state, "GET", "/api/v1/events/dead-letters");
    deepEqual(letters.body.dead_letters, []);
  },
);

// deno-lint-ignore no-explicit-any
type Json = any;

async function ask(
  { url }: ServiceProcess,
  method: string,
  path: string,
  { user, body }: { user?: string; body?: unknown } = {},
): Promise<{ readonly status: number; readonly body: Json }> {
  const response = await fetch(url + path, {
    method,
    headers: user === undefined ? {} : { "x-user-id": user },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

async function ordersOf(
  gateway: ServiceProcess,
  user: string | undefined,
): Promise<Json[]> {
  const of = user === undefined ? {} : { user };
  return (await ask(gateway, "GET", "/api/v1/orders", of)).body.orders;
}

/** `[symbol, units]` of what a user holds, by symbol. */
async function heldBy(gateway: ServiceProcess, user: string | undefined) {
  const of = user === undefined ? {} : { user };
  const { body } = await ask(gateway, "GET", "/api/v1/positions", of);
  return body.positions.map(({ symbol, qty }: Json) => [symbol, qty]);
}

/** `[symbol, units]` of what a run is to lead to, by symbol. */
function wantedBy({ mappings }: Json) {
  return mappings.map(({ symbol, target_qty: qty }: Json) => [symbol, qty])
    .toSorted();
}

async function eventsOf(state: ServiceProcess): Promise<Json[]> {
  const path = "/api/v1/events?after=0&limit=1000";
  return (await ask(state, "GET", path)).body.events;
}

/** The runs that `orders.executed` says have ended; it tells of orders, too. */
function endsOfRuns(events: readonly Json[]): string[] {
  return events.filter(({ event_type: type, data }) =>
    type === "orders.executed" && data.client_order_id === undefined
  ).map(({ data }) => data.run_id);
}

/** Asks again until it is so: other processes tell nobody when. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const late = performance.now() + 60_000;
  while (!await isSo()) {
    ok(performance.now() < late, "it is not so after 60 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
