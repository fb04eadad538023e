/**
 * The client against the service as its users run it, on Deno and on Node.
 *
 * @module
 */
import { createHoldfast, HoldfastError } from "../../src/client/mod.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { installClient, needsNode } from "./installed.ts";
import { quietPort } from "../support/quiet_port.ts";
import {
  type ServiceProcess,
  startService,
} from "../support/service_process.ts";
import { textLines } from "../support/text_lines.ts";
import { publishAndHear } from "./outage.js";

/** Events of an outage; the service is killed in their midst. */
const COUNT = 60;
const KILLED_AFTER = 20;

/** A loaded machine takes its time to start the service again. */
const PATIENT = { timeoutMs: 60_000, attempts: 50 };

/** What came of an outage in which nothing was lost and nothing came twice. */
const EACH_ONCE = Array.from({ length: COUNT }, (_, i) => i + 1);

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("client: it speaks with the service of everything", async () => {
    await using world = await openWorld();
    const holdfast = createHoldfast({ url: world.url, user: "ann" });

    equal((await holdfast.health()).status, "healthy");
    deepEqual((await holdfast.ready()).ready, true);

    const { settings } = holdfast;
    const scalp = await settings.get("scalp");
    ok(scalp.verified);
    equal(await settings.getUnless(scalp.etag, "scalp"), undefined);
    const changes = { size: { leverage: 3 } };
    const watched = settings.watch();
    const change = watched.next();
    const opened = Promise.withResolvers<void>();
    const listening = firstChange(opened.resolve);
    await opened.promise;
    const patched = await settings.patch("scalp", changes, {
      ifMatch: scalp.etag,
    });
    equal(patched.value.size.leverage, 3);
    const told = await listening;
    deepEqual([told.kind, told.document], ["change", "mode:scalp"]);
    await watched.return();
    await change;
    await rejects(settings.put("scalp", scalp.value, { ifMatch: scalp.etag }), {
      code: "version-conflict",
      status: 412,
    });
    const restored = await settings.update("scalp", () => scalp.value);
    deepEqual(restored.value, scalp.value);
    const bundle = await settings.bundle(["modes", "circuit_breaker"]);
    equal(Object.keys(bundle.value).length, 5);
    ok(await settings.getUnless(scalp.etag, "scalp"));
    const others = await holdfast.as("bob").settings.get("scalp");
    ok(others.etag !== restored.etag);

    async function firstChange(open: () => void) {
      for await (const item of settings.watch({ onState: open })) {
        if (item.kind === "change") return item;
      }
      throw new Error("The watch ended");
    }

    const numbers = await holdfast.orders.numbers({ count: 3 });
    equal(numbers.last - numbers.first, 2);
    const key = crypto.randomUUID();
    const wanted = { mode: "ULT", type: "E", symbol: "BTCUSDT" } as const;
    const id = await holdfast.orders.clientOrderId(wanted, {
      idempotencyKey: key,
    });
    const again = await holdfast.orders.clientOrderId(wanted, {
      idempotencyKey: key,
    });
    equal(again.client_order_id, id.client_order_id);
    const order = await holdfast.orders.submit({
      symbol: "SYNA",
      side: "buy",
      qty: "1",
      order_type: "market",
      client_order_id: "client-1",
    });
    equal(order.client_order_id, "client-1");
    equal((await holdfast.orders.get("client-1")).symbol, "SYNA");
    equal((await holdfast.orders.list({ limit: 1 })).orders.length, 1);
    ok((await holdfast.orders.positions()).total_positions >= 0);
    await rejects(holdfast.orders.cancel("unknown"), { code: "not-found" });

    const vector = await holdfast.features.get("SYNA", "2024-03-01");
    equal(Object.keys(vector.features).length, 158);
    const batch = await holdfast.features.batch(["SYNA", "SYNB"], "2024-03-01");
    equal(batch.features.length, 2);
    ok(await holdfast.features.stats());
    const signals = await holdfast.signals.generate({
      symbols: ["SYNA", "SYNB"],
      publish: false,
    });
    equal(signals.signals.length, 2);
    ok((await holdfast.signals.model()).version);
  });

  Deno.test("client: it publishes, reads and shares out events", async () => {
    await using world = await openWorld();
    // Groups take the events of all users: nobody named is the operator.
    const holdfast = createHoldfast({ url: world.url });
    const { events, groups } = holdfast;
    const setup = (n: number) => ({
      event_type: "setup.received",
      data: { setup_id: `s${n}` },
    });
    const id = crypto.randomUUID();
    const first = await events.publish({ ...setup(0), id });
    const again = await events.publish({ ...setup(0), id });
    deepEqual([again.position, again.duplicate], [first.position, true]);
    const many = Array.from({ length: 500 }, (_, i) => setup(i + 1));
    equal((await events.publishAll(many)).length, 500);
    await events.publishAll(many.slice(0, 3));

    const page = await events.read({ limit: 2, channels: ["setup.*"] });
    equal(page.events.length, 2);
    let count = 0;
    for await (const event of events.readAll({ after: page.resume_token })) {
      count++;
      equal(event.event_type, "setup.received");
    }
    equal(count, 502);

    const group = await groups.put("billing", {
      channels: ["setup.*"],
      start: "earliest",
    });
    equal(group.state, "running");
    const { deliveries } = await groups.next("billing", {
      limit: 2,
      waitS: 1,
      member: "worker-1",
    });
    equal(deliveries.length, 2);
    ok((await groups.extend("billing", deliveries)).lease_until);
    const [done, failed] = deliveries;
    const settled = await groups.ack("billing", [done!], [setup(1000)]);
    equal(settled.effects.length, 1);
    const error = "the bank does not answer";
    equal((await groups.nack("billing", [{ ...failed!, error }])).settled, 1);
    equal((await groups.list()).length, 1);
    equal((await groups.get("billing")).outstanding >= 1, true);
    await rejects(groups.get("nobody"), { code: "not-found" });
  });

  Deno.test("client: a service that is killed and comes back is no loss", async () => {
    await using world = await openWorld();
    const holdfast = createHoldfast({ url: world.url, ...PATIENT });
    const live = publishAndHear(holdfast, COUNT, world.killAfter(KILLED_AFTER));
    const { heard, states } = await live;
    deepEqual(heard, EACH_ONCE);
    deepEqual([states[0], states[1], states.at(-1)], ["open", "cut", "open"]);
  });

  Deno.test("client: where nobody listens it says so, in time", async () => {
    const url = `http://127.0.0.1:${quietPort()}`;
    const holdfast = createHoldfast({ url, timeoutMs: 300 });
    const error = await holdfast.health().catch((error) => error);
    ok(error instanceof HoldfastError);
    ok(["no-answer", "timeout"].includes(error.code), error.code);
    match(error.message, /^Cannot (?:reach Holdfast at|wait longer than) /);
  });
}

if (
  await needs(import.meta.url, ["read", "write", "run", "net", "env"]) &&
  await needsNode(import.meta.url)
) {
  Deno.test("client: packed, it is all that a Node program needs, types too", async () => {
    await using home = await installClient();
    const readme = "../../src/client/README.md";
    const programs = ["node_program.js", "outage.js", "consumer.ts", readme];
    for (const name of programs) {
      await home.add(new URL(name, import.meta.url));
    }
    await using world = await openWorld();
    const checking = new Deno.Command(Deno.execPath(), {
      args: ["check", "--doc", "consumer.ts", "README.md"],
      cwd: home.path,
    }).output();
    const child = new Deno.Command("node", {
      args: ["node_program.js", world.url],
      cwd: home.path,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const onHeard = world.killAfter(KILLED_AFTER);
    let last = "";
    for await (const line of child.stdout.pipeThrough(textLines())) {
      onHeard(line);
      last = line;
    }
    equal((await child.status).code, 0);
    const { status, enabled, conflict, heard, states } = JSON.parse(last);
    deepEqual([status, enabled, conflict], [
      "healthy",
      false,
      "version-conflict",
    ]);
    deepEqual(heard, EACH_ONCE);
    ok(states.includes("cut"));
    const { code, stderr } = await checking;
    equal(code, 0, new TextDecoder().decode(stderr));
  });
}

/** A service that can be killed, and is then started again where it was. */
async function openWorld() {
  const path = await Deno.makeTempDir({ prefix: "holdfast-client-" });
  const port = `${quietPort()}`;
  const start = () => startService({ DATA_DIR: path, PORT: port });
  let service: ServiceProcess = await start();
  let again: Promise<void> | undefined;
  return {
    url: service.url,
    /** Kills the service at the line that says that so many were heard. */
    killAfter: (count: number) => (line: string) => {
      if (line !== `heard ${count}`) return;
      again = (async () => {
        await service.end("SIGKILL");
        service = await start();
      })();
      // Told when the world is closed.
      again.catch(() => {});
    },
    async [Symbol.asyncDispose]() {
      await again;
      await service[Symbol.asyncDispose]();
      await Deno.remove(path, { recursive: true });
    },
  };
}
