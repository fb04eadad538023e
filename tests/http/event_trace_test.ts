/**
 * Trace context: what a publisher names goes along every path, unchanged.
 *
 * @module
 */
import { deepEqual, equal } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { settle } from "../support/turns.ts";
import { follow } from "./event_client.ts";
import { listenForSockets } from "./socket_client.ts";

const PATH = "/api/v1/events";
const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";
const trace = (n: number) =>
  `00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333${n}-01`;
const [HEADER, OWN, ASKED] = [trace(1), trace(2), trace(3)];
const setup = (more: object = {}) => ({
  event_type: "setup.received",
  data: { setup_id: "s-1" },
  ...more,
});

if (await needs(import.meta.url, ["net"])) {
  Deno.test("trace context survives every path", async () => {
    await using listener = listenForSockets();
    const { world: { app, send, bus }, connect } = listener;
    const publish = (body: object, traceparent?: string) =>
      send("POST", PATH, {
        body,
        headers: traceparent === undefined ? {} : { traceparent },
      });
    const sse = {
      envelope: await follow(app, "?after=0"),
      cloudevents: await follow(app, "?after=0&form=cloudevents"),
    };
    const ws = {
      envelope: await connect({ credits: 9 }),
      cloudevents: await connect({ credits: 9, form: "cloudevents" }),
    };
    for (const client of Object.values(ws)) await client.next();

    // By header, of its own, and of a question.
    await publish(setup(), HEADER);
    await publish(setup({ metadata: { traceparent: OWN } }), HEADER);
    const asked = send("POST", `${PATH}/request`, {
      body: setup({ id: ID }),
      headers: { traceparent: ASKED },
    });
    await settle();
    await publish(setup({ metadata: { correlation_id: ID } }), HEADER);
    await publish(setup(), "malformed");
    const expected = [HEADER, OWN, ASKED, HEADER, undefined];

    const log = await bus.read({ after: 0, limit: 9 });
    deepEqual(log.events.map(({ meta }) => meta.traceparent), expected);
    equal((await asked).json.reply.metadata.traceparent, HEADER);

    // deno-lint-ignore no-explicit-any
    const read: Record<string, (event: any) => unknown> = {
      envelope: ({ metadata }) => metadata.traceparent,
      cloudevents: ({ traceparent }) => traceparent,
    };
    for (const form of ["envelope", "cloudevents"] as const) {
      const page = await send("GET", `${PATH}?form=${form}`);
      deepEqual(page.json.events.map(read[form]!), expected, `page ${form}`);
      const [, ...frames] = await sse[form].take(6);
      const events = frames.map(({ data }) => JSON.parse(data!));
      deepEqual(events.map(read[form]!), expected, `SSE ${form}`);
      const told = await ws[form].take(5);
      deepEqual(
        told.map(({ event }) => read[form]!(event)),
        expected,
        `WebSocket ${form}`,
      );
      await sse[form].leave();
      await ws[form].leave();
    }
  });

  Deno.test("a volatile event carries its trace context too", async () => {
    await using listener = listenForSockets();
    const client = await listener.connect({ credits: 1 });
    await client.next();
    await listener.world.send("POST", PATH, {
      body: { event_type: "market.price_update", ticker: "SPY", price: "1" },
      headers: { traceparent: HEADER },
    });
    equal((await client.next()).event.metadata.traceparent, HEADER);
    await client.leave();
  });
}
