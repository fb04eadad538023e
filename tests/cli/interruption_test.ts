/**
 * Reading from a real connection is ended by an interruption, and by silence,
 * also when the runtime has collected the request meanwhile.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { runCommandLine } from "../../src/cli/mod.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { type Asked, recordingTerminal } from "../support/cli_terminal.ts";
import { createFakeClock, type FakeClock } from "../support/fake_clock.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

const EVENT = 'id: 0e:1\ndata: {"n":1}\n\n';

/** A service that sends `text` to each request, and then nothing. */
function serveSilence(text: string) {
  const ends: (() => void)[] = [];
  const server = Deno.serve({ port: 0, onListen() {} }, () => {
    const { readable, writable } = new TransformStream<string, string>();
    const writer = writable.getWriter();
    writer.write(text).catch(() => {});
    ends.push(() => writer.close().catch(() => {}));
    return new Response(readable.pipeThrough(new TextEncoderStream()));
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      for (const end of ends) end();
      await server.shutdown();
    },
  };
}

/** A terminal that asks the service at `url` in earnest. */
function realTerminal(url: string, clock: FakeClock) {
  const answered = Promise.withResolvers<void>();
  const terminal = recordingTerminal(
    async ({ method, path, headers }: Asked, signal) => {
      const answer = await fetch(url + path, { method, headers, signal });
      answered.resolve();
      return answer;
    },
    { clock },
  );
  return { terminal, answered: answered.promise };
}

/** Lets what is under way finish, and then takes away all that nobody holds. */
async function collectAll(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    collect();
  }
}

/** Fails rather than waits for ever: what is tested is that something ends. */
async function soon<T>(ending: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error("It has not ended in 5 s")),
    5_000,
  );
  try {
    return await Promise.race([ending, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Moves `clock` on until `isSo`. */
async function passTime(clock: FakeClock, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

const TESTS = { sanitizeResources: false, sanitizeOps: false };

Deno.test(
  "tail: an interruption ends it, whatever has been collected",
  TESTS,
  async () => {
    await using service = serveSilence(EVENT);
    const { terminal, answered } = realTerminal(service.url, createFakeClock());
    const args = ["events", "tail", "--from", "1"];
    const running = runCommandLine(args, terminal);
    await answered;
    await collectAll();
    terminal.interrupt();
    equal(await soon(running), 0);
    equal(terminal.said.join(""), '{"n":1}\n');
  },
);

Deno.test(
  "tail: silence is told, and the stream opened anew, whatever has been collected",
  TESTS,
  async () => {
    await using service = serveSilence(EVENT);
    const clock = createFakeClock();
    const { terminal, answered } = realTerminal(service.url, clock);
    const running = runCommandLine(
      ["events", "tail", "--from", "1"],
      terminal,
    );
    await answered;
    await collectAll();
    const before = clock.monotonic();
    await soon(passTime(clock, () => terminal.told.length > 0));
    deepEqual(terminal.told, ["Cut off after 0e:1: coming back"]);
    equal(clock.monotonic() - before <= 46_000, true);
    await soon(passTime(clock, () => terminal.asked.length === 2));
    terminal.interrupt();
    equal(await soon(running), 0);
  },
);

Deno.test(
  "cli: an answer that stays half is given up, whatever has been collected",
  TESTS,
  async () => {
    await using service = serveSilence('{"groups":');
    const clock = createFakeClock();
    const { terminal, answered } = realTerminal(service.url, clock);
    let isOver = false;
    const running = runCommandLine(["events", "groups", "pause", "a"], terminal)
      .finally(() => isOver = true);
    await answered;
    await collectAll();
    await soon(passTime(clock, () => isOver));
    equal(await running, 1);
    match(terminal.told[0]!, /did not answer: no answer for 30 s$/);
  },
);

Deno.test(
  "cli: an interruption ends the wait for the rest of an answer, whatever has been collected",
  TESTS,
  async () => {
    await using service = serveSilence('{"events":');
    const { terminal, answered } = realTerminal(service.url, createFakeClock());
    const running = runCommandLine(["events", "export"], terminal);
    await answered;
    await collectAll();
    terminal.interrupt();
    equal(await soon(running), 130);
  },
);
