import type { Holdfast } from "../../src/client/mod.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import {
  openClientWorld,
  problem,
  refused,
  type Responder,
  settle,
} from "./client_world.ts";

/** A stream that says `text`, then ends, fails or stays open. */
function streamOf(
  text: string,
  then: "end" | "fail" | "stay" = "end",
): Responder {
  return ({ signal }) => {
    const bytes = new TextEncoder().encode(text);
    return new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(bytes);
          signal.addEventListener("abort", () => {
            if (then === "stay") controller.error(signal.reason);
          });
          if (then === "end") controller.close();
        },
        pull(controller) {
          if (then === "fail") controller.error(new TypeError("cut off"));
        },
      }, { highWaterMark: 0 }),
      { headers: { "content-type": "text/event-stream" } },
    );
  };
}

const event = (position: number, epoch = "e") =>
  `id: ${epoch}:${position}\ndata: {"n":${position}}\n\n`;
const place = (position: number) =>
  `event: position\nid: e:${position}\ndata:\n\n`;

/** Answers with `responders`, one after another; the last one again and again. */
function inTurn(...responders: readonly Responder[]): Responder {
  let asked = 0;
  return (sent) => responders[Math.min(asked++, responders.length - 1)]!(sent);
}

/** The first `count` items of the stream, as short as can be. */
async function take(
  holdfast: Holdfast,
  count: number,
  options: Parameters<Holdfast["events"]["subscribe"]>[0] = {},
): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of holdfast.events.subscribe(options)) {
    items.push(item.kind === "gap" ? item : item.event.n);
    if (items.length === count) break;
  }
  return items;
}

const lastIds = (sent: readonly { readonly headers: Headers }[]) =>
  sent.map(({ headers }) => headers.get("Last-Event-ID"));

Deno.test("stream: after a cut it goes on behind the last event", async () => {
  const { holdfast, clock, sent } = openClientWorld(inTurn(
    streamOf(place(6) + event(7) + event(8)),
    streamOf(place(8), "fail"),
    refused,
    streamOf(event(9), "stay"),
  ));
  deepEqual(await settle(clock, take(holdfast, 3)), [7, 8, 9]);
  deepEqual(lastIds(sent), [null, "e:8", "e:8", "e:8"]);
  equal(sent[0]!.headers.get("Accept"), "text/event-stream");
});

Deno.test("stream: what comes twice is given once, what has no place always", async () => {
  const fleeting = 'data: {"n":"v"}\n\n';
  const { holdfast, clock } = openClientWorld(inTurn(
    streamOf(event(1) + event(2) + fleeting),
    streamOf(event(1) + event(2) + fleeting + event(3), "stay"),
  ));
  const items = await settle(clock, take(holdfast, 5));
  deepEqual(items, [1, 2, "v", "v", 3]);
});

Deno.test("stream: a place without an event is remembered, and is no event", async () => {
  const { holdfast, clock, sent } = openClientWorld(inTurn(
    streamOf(place(40) + "event: heartbeat\ndata: {}\n\n"),
    streamOf(event(41), "stay"),
  ));
  deepEqual(await settle(clock, take(holdfast, 1)), [41]);
  deepEqual(lastIds(sent), [null, "e:40"]);
});

Deno.test("stream: a gap is told, and followed from", async () => {
  const gap =
    'event: gap\nid: f:2\ndata: {"requested":9,"requested_epoch":"e",' +
    '"earliest":1,"head":2,"epoch":"f"}\n\n';
  const { holdfast, clock, sent } = openClientWorld(inTurn(
    streamOf(event(9)),
    streamOf(gap + event(3, "f")),
    streamOf(event(3, "f") + event(4, "f"), "stay"),
  ));
  const [first, told, third, fourth] = await settle(clock, take(holdfast, 4));
  deepEqual([first, third, fourth], [9, 3, 4]);
  deepEqual(told, {
    kind: "gap",
    requested: 9,
    requestedEpoch: "e",
    earliest: 1,
    head: 2,
    epoch: "f",
  });
  deepEqual(lastIds(sent), [null, "e:9", "f:3"]);
});

Deno.test("stream: a log that has lost its end is followed from there", async () => {
  const lost = 'event: gap\nid: e:2\ndata: {"requested":9,"earliest":1,' +
    '"head":2,"epoch":"e"}\n\n';
  const { holdfast, clock, sent } = openClientWorld(inTurn(
    streamOf(event(9)),
    streamOf(lost + event(3)),
    streamOf(event(4), "stay"),
  ));
  const items = await settle(clock, take(holdfast, 4));
  deepEqual([items[0], items[2], items[3]], [9, 3, 4]);
  deepEqual(lastIds(sent), [null, "e:9", "e:3"]);
});

Deno.test("stream: an event of another life of the log is new", async () => {
  const { holdfast, clock } = openClientWorld(inTurn(
    streamOf(event(9)),
    streamOf(event(3, "f"), "stay"),
  ));
  deepEqual(await settle(clock, take(holdfast, 2)), [9, 3]);
});

Deno.test("stream: one on which nothing comes for 45 s is opened again", async () => {
  const { holdfast, clock, sent } = openClientWorld(inTurn(
    streamOf(event(1), "stay"),
    streamOf(event(2), "stay"),
  ));
  deepEqual(await settle(clock, take(holdfast, 2)), [1, 2]);
  equal(sent.length, 2);
  ok(sent[1]!.atMs >= 45_000 && sent[1]!.atMs < 46_000, `${sent[1]!.atMs}`);
  ok(sent[0]!.signal.aborted);
});

Deno.test("stream: it comes back less and less often, up to every 5 s", async () => {
  const { holdfast, clock, sent } = openClientWorld(inTurn(
    streamOf(event(1)),
    ...Array(8).fill(streamOf("")),
    streamOf(event(2)),
    streamOf(event(3), "stay"),
  ));
  await settle(clock, take(holdfast, 3));
  const pauses = sent.slice(1).map(({ atMs }, i) => atMs - sent[i]!.atMs);
  // Whoever has heard something has begun anew.
  deepEqual(pauses, [
    ...[100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 100],
  ]);
});

Deno.test("stream: one that was refused is over", async () => {
  const revoked = () => problem(401, "unidentified");
  const { holdfast, clock, sent } = openClientWorld(
    inTurn(streamOf(event(1)), revoked),
  );
  await rejects(settle(clock, take(holdfast, 2)), { code: "unidentified" });
  equal(sent.length, 2);
});

Deno.test("stream: one that never began fails within the deadline", async () => {
  const { holdfast, clock } = openClientWorld(refused, { timeoutMs: 3000 });
  await rejects(settle(clock, take(holdfast, 1)), { code: "no-answer" });
  ok(clock.monotonic() <= 3000);
});

Deno.test("stream: who listens is told of cuts", async () => {
  const states: string[] = [];
  const { holdfast, clock, sent } = openClientWorld(
    inTurn(
      streamOf(event(1)),
      () => problem(503, "closed", { "Retry-After": "1" }),
      streamOf(event(2), "stay"),
    ),
    { attempts: 1 },
  );
  const onState = (
    now: { state: string; reason?: { code: string } | undefined },
  ) => void states.push(`${now.state} ${now.reason?.code ?? ""}`.trim());
  await settle(clock, take(holdfast, 2, { onState }));
  deepEqual(states, ["open", "cut", "cut closed", "open"]);
  // It had been asked to wait for a second.
  deepEqual(sent.map(({ atMs }) => atMs), [0, 100, 1100]);
});

Deno.test("stream: a signal ends the loop, before, while and between", async () => {
  const stop = new AbortController();
  const { holdfast, clock, sent } = openClientWorld(
    inTurn(streamOf(event(1), "stay")),
  );
  const seen: unknown[] = [];
  await settle(
    clock,
    (async () => {
      for await (
        const item of holdfast.events.subscribe({ signal: stop.signal })
      ) {
        seen.push(item.kind);
        stop.abort();
      }
    })(),
  );
  deepEqual(seen, ["event"]);
  ok(sent[0]!.signal.aborted);
  deepEqual(await take(holdfast, 1, { signal: stop.signal }), []);
  equal(sent.length, 1);

  const cut = openClientWorld(inTurn(streamOf(event(1)), refused));
  const late = new AbortController();
  const onState = ({ state }: { state: string }) => {
    if (state === "cut") late.abort();
  };
  const over = take(cut.holdfast, 2, { signal: late.signal, onState });
  deepEqual(await settle(cut.clock, over), [1]);
});

Deno.test("stream: leaving the loop lets the connection go", async () => {
  const { holdfast, clock, sent } = openClientWorld(streamOf(event(1), "stay"));
  await settle(clock, take(holdfast, 1));
  ok(sent[0]!.signal.aborted);
});

Deno.test("stream: what to follow is in the address", async () => {
  const { holdfast, clock, sent } = openClientWorld(streamOf(event(1), "stay"));
  await settle(
    clock,
    take(holdfast, 1, { channels: ["a.*", "b.>"], after: "e:0" }),
  );
  equal(
    sent[0]!.url.search,
    "?channel=a.*&channel=b.%3E&after=e%3A0",
  );
});
