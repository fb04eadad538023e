/**
 * Following events: what is cut off goes on where it was, and nothing twice.
 *
 * @module
 */
import { runCommandLine } from "../../src/cli/mod.ts";
import { OutputClosed } from "../../src/cli/terminal.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import {
  type Asked,
  problem,
  recordingTerminal,
  refusedConnection,
  stream,
} from "../support/cli_terminal.ts";
import { createFakeClock } from "../support/fake_clock.ts";

const E = "0e";
const message = (position: number, epoch = E) =>
  `id: ${epoch}:${position}\ndata: {"n":${position}.0}\n\n`;
const prime = (position: number) =>
  `retry: 2000\nevent: position\nid: ${E}:${position}\ndata:\n\n`;
const gap = (facts: Record<string, unknown>, id: string) =>
  `event: gap\nid: ${id}\ndata: ${JSON.stringify(facts)}\n\n`;
const HEARTBEAT = "event: heartbeat\ndata: {}\n\n";

type Step = (signal: AbortSignal) => Response;

/** Tails from 1 while each connection is answered by the next of `steps`; then it is interrupted. */
async function tail(steps: readonly Step[], words: readonly string[] = []) {
  const left = [...steps];
  const terminal = recordingTerminal((_, signal) => {
    const step = left.shift();
    if (step) return step(signal);
    terminal.interrupt();
    throw signal.reason;
  });
  const args = ["events", "tail", "--from", "1", ...words];
  const code = await runCommandLine(args, terminal);
  const numbers = terminal.said.join("").split("\n").filter(Boolean)
    .map((line) => /^\{"n":(\d+\.0)\}$/.exec(line)?.[1]);
  return { code, numbers: numbers.map(Number), ...terminal };
}

function resumed(asked: readonly Asked[]) {
  return asked.map(({ headers }) => headers.get("last-event-id"));
}

Deno.test("tail: it asks from where it is told, for what it is told", async () => {
  const { code, asked } = await tail([], ["orders.>", "signals.*"]);
  equal(code, 0);
  equal(
    asked[0]!.path,
    "/api/v1/events/stream?after=0&channel=orders.>&channel=signals.*&form=envelope",
  );
});

Deno.test("tail: a stream that ends or breaks goes on after its last event", async () => {
  const { code, numbers, asked, told } = await tail([
    () => stream([prime(0), message(1) + message(2).slice(0, 9)]),
    () => stream([message(2), HEARTBEAT]),
    () => {
      throw refusedConnection();
    },
    () => problem(503, "Cannot read now"),
    () => stream([prime(5), message(6)]),
  ]);
  equal(code, 0);
  deepEqual(numbers, [1, 2, 6]);
  deepEqual(resumed(asked), [
    null,
    ...[`${E}:1`, `${E}:2`, `${E}:2`, `${E}:2`, `${E}:6`],
  ]);
  deepEqual(told, [
    `Cut off after ${E}:1: coming back`,
    "Connected again",
    `Cut off after ${E}:2: coming back`,
    "Connected again",
    `Cut off after ${E}:6: coming back`,
  ]);
});

Deno.test("tail: a position without an event is resumed after too", async () => {
  const { asked } = await tail([() => stream([prime(41), HEARTBEAT])]);
  deepEqual(resumed(asked), [null, `${E}:41`]);
});

Deno.test("tail: an event that comes again is not shown again", async () => {
  const { numbers } = await tail([
    () => stream([prime(0), message(1), message(2)]),
    () => stream([message(1), message(2), message(3)]),
  ]);
  deepEqual(numbers, [1, 2, 3]);
});

Deno.test("tail: gaps are told, and another life of the log begins anew", async () => {
  const lives = { requested: 2, requested_epoch: E, epoch: "0f", earliest: 1 };
  const expired = { requested: 4, earliest: 9, head: 12, epoch: "0f" };
  const lost = { requested: 12, requested_epoch: "0f", epoch: "0f" };
  const { numbers, told } = await tail([
    () =>
      stream([
        prime(0) + message(2),
        gap({ ...lives, head: 1 }, "0f:0") + message(1, "0f"),
        gap(expired, "0f:8") + message(9, "0f"),
        gap({ ...lost, earliest: 9, head: 10 }, "0f:10") + message(11, "0f"),
      ]),
  ]);
  deepEqual(numbers, [2, 1, 9, 11]);
  match(told[0]!, /^Gap: .* another life after 2, .* going on with 1 of 0f$/);
  match(told[1]!, /^Gap: the events from 5 to 8 are no longer held/);
  match(told[2]!, /^Gap: the log has lost what came after 10/);
});

Deno.test("tail: what the service will not go on with ends it", async () => {
  const { code, told, numbers } = await tail([
    () => stream([prime(0), message(1)]),
    () => problem(403, "Cannot let you"),
  ]);
  deepEqual([code, numbers], [1, [1]]);
  equal(told.at(-1), "Cannot let you");
  const refused = await tail([() => problem(503, "Cannot begin now")]);
  deepEqual([refused.code, refused.told], [1, ["Cannot begin now"]]);
});

Deno.test("tail: a message that never ends is not held in memory", async () => {
  const { code, told } = await tail([
    () => stream(["data: ", ...Array(5).fill("x".repeat(1024 * 1024))]),
  ]);
  deepEqual([code, told], [1, ["Cannot read on as a message is too long"]]);
});

Deno.test("tail: an event of the volatile lane comes without a position", async () => {
  const { numbers, asked } = await tail([
    () => stream([prime(7), 'data: {"n":1.0}\n\n', 'data: {"n":1.0}\n\n']),
  ]);
  deepEqual(numbers, [1, 1]);
  deepEqual(resumed(asked), [null, `${E}:7`]);
});

Deno.test("tail: --limit ends it after so many", async () => {
  const { code, numbers, asked } = await tail([
    (signal) =>
      stream([prime(0), message(1) + message(2), message(3)], {
        isOpen: true,
        signal,
      }),
  ], ["--limit", "2"]);
  deepEqual([code, numbers, asked.length], [0, [1, 2], 1]);
});

Deno.test("tail: a reader that goes away ends it quietly", async () => {
  const terminal = recordingTerminal((_, signal) =>
    stream([prime(0), message(1)], { isOpen: true, signal })
  );
  const closed = {
    ...terminal,
    write: () => Promise.reject(new OutputClosed("gone")),
  };
  equal(await runCommandLine(["events", "tail", "--from", "1"], closed), 0);
  deepEqual(terminal.told, []);
});

Deno.test("tail: a stream on which not even heartbeats come is opened anew", async () => {
  const clock = createFakeClock();
  const opened = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const terminal = recordingTerminal((_, signal) => {
    opened[terminal.asked.length - 1]!.resolve();
    const first = [prime(0), message(1)];
    return stream(terminal.asked.length === 1 ? first : [], {
      isOpen: true,
      signal,
    });
  }, { clock });
  const shown = Promise.withResolvers<void>();
  const watched = { ...terminal, write: async () => shown.resolve() };
  const running = runCommandLine(["events", "tail", "--from", "1"], watched);
  await opened[0]!.promise;
  await shown.promise;
  const advancing = (async () => {
    while (terminal.asked.length < 2) {
      await clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve));
    }
  })();
  await opened[1]!.promise;
  await advancing;
  terminal.interrupt();
  equal(await running, 0);
  deepEqual(resumed(terminal.asked), [null, `${E}:1`]);
  equal(terminal.told[0], `Cut off after ${E}:1: coming back`);
});
