import {
  createMemoryFastServer,
  openMemoryFastLayer,
} from "../../adapters/memory/fast_layer.ts";
import { evictions, storedText } from "../../adapters/memory/fast_data.ts";
import type { SequenceName } from "../../domain/sequence.ts";
import { testFastLayer } from "../contracts/fast_layer.ts";
import type { Damage, Evictable, Heard } from "../contracts/fast_layer.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

const DAMAGED: Readonly<Record<Damage, (text: string) => string>> = {
  "cut short": (text) => text.slice(0, text.indexOf("value")),
  "garbage": () => "garbage",
  "another type": () => "[]",
};

function createServer() {
  const clock = createFakeClock();
  const entropy = createSeededEntropy();
  return { clock, server: createMemoryFastServer({ clock, entropy }) };
}

function nameOf(what: Evictable): string {
  if (what === "checkpoint") return "mark";
  if (typeof what === "string") return what;
  return "document" in what
    ? `documents ${what.document}`
    : `tokens ${what.token}`;
}

const series = ({ user, day }: SequenceName) => `${user}:${day}`;

testFastLayer("memory", async () => {
  const { clock, server } = createServer();
  const layer = openMemoryFastLayer(server);
  const heard: Heard[] = [];
  server.subscribe((channel, text) => heard.push({ channel, text }));
  return {
    layer,
    server: {
      async plant(document, generation) {
        const text = storedText(document, generation);
        server.data.documents.set(document.key, text);
      },
      async damage(key, how) {
        const { documents } = server.data;
        documents.set(key, DAMAGED[how](documents.get(key)!));
      },
      async mark(text) {
        server.data.mark = text;
      },
      async evict(what) {
        const name = nameOf(what);
        evictions(server.data).find((one) => one.name === name)?.evict();
      },
      async newHistory() {
        server.restore(server.snapshot());
      },
      async demote() {
        server.become("replica");
      },
      async promote() {
        server.become("master");
      },
      async starve(isFull) {
        server.isFull = isFull;
      },
      elapse: (ms) => clock.advance(ms),
      heard: async () => heard,
      async plantVector(key) {
        server.data.vectors.set(`${key.symbol}:${key.date}`, key);
      },
      holdsVector: async (key) =>
        server.data.vectors.has(`${key.symbol}:${key.date}`),
      async plantBlock(name) {
        server.data.blocks.set(series(name), name);
      },
      holdsBlock: async (name) => server.data.blocks.has(series(name)),
    },
    [Symbol.asyncDispose]: () => layer[Symbol.asyncDispose](),
  };
});

Deno.test("memory fast server: a snapshot brings everything back, under another history", () => {
  const { server } = createServer();
  const { history } = server.call.inspect();
  const to = { epoch: "e", generation: "a", position: 1, settingsPosition: 0 };
  server.call.reset(history, undefined, to);
  const before = server.snapshot();
  server.flush();
  equal(server.call.inspect().mark, undefined);
  equal(server.history, history);
  server.restore(before);
  deepEqual(server.data, before);
  equal(server.history === history, false);
});

Deno.test("memory fast server: while it loads nobody is answered", () => {
  const { server } = createServer();
  const layer = openMemoryFastLayer(server);
  const seen: (string | undefined)[] = [];
  layer.listen(() => seen.push(layer.fault));
  server.become("loading");
  equal(layer.isUp, false);
  server.become("master");
  equal(layer.isUp, true);
  deepEqual(seen, ["The server is loading", undefined]);
});
