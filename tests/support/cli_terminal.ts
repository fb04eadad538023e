/**
 * A terminal that records, for commands that are run in the test's process.
 *
 * @module
 */
import type { Machine } from "../../src/cli/machine.ts";
import { settingsTree } from "../../src/cli/settings_tree.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import type { Clock } from "../../ports/clock.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** What a command said and what it asked. */
export interface RecordingTerminal extends Terminal {
  /** What it wrote. */
  readonly said: string[];
  /** What it told beside that, a line each. */
  readonly told: string[];
  /** What it showed for a while. */
  readonly shown: string[];
  /** What it asked the service. */
  readonly asked: Asked[];
  /** The answers to its questions whether something is meant. */
  readonly answers: boolean[];
  /** Interrupts it. */
  interrupt(): void;
}

/** A request as it was sent. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Pauses up to this are over at once, longer ones never: those are deadlines. */
const SHORT_MS = 5_000;

/** Creates one on which `answer` is the service. */
export function recordingTerminal(
  answer: (asked: Asked, signal: AbortSignal) => Response | Promise<Response>,
  given: Partial<Pick<Terminal, "isInputTyped" | "isOutputRead">> & {
    readonly input?: string;
    readonly files?: Readonly<Record<string, string>>;
    readonly url?: string;
    readonly apiKey?: string;
    readonly clock?: Clock;
    readonly hasColours?: boolean;
    readonly machine?: Partial<Machine>;
  } = {},
): RecordingTerminal {
  const stop = new AbortController();
  const said: string[] = [];
  const told: string[] = [];
  const shown: string[] = [];
  const asked: Asked[] = [];
  const answers: boolean[] = [];
  let nowMs = Date.UTC(2026, 0, 2, 21);
  return {
    said,
    told,
    shown,
    asked,
    answers,
    interrupt: () => stop.abort(),
    clock: given.clock ?? {
      now: () => nowMs,
      monotonic: () => nowMs,
      sleep(ms, signal) {
        signal?.throwIfAborted();
        if (ms <= SHORT_MS) {
          nowMs += ms;
          return Promise.resolve();
        }
        return new Promise((_, reject) =>
          signal?.addEventListener("abort", () => reject(signal.reason))
        );
      },
    },
    entropy: createSeededEntropy(1),
    stop: stop.signal,
    environment: { url: given.url, apiKey: given.apiKey },
    isInputTyped: given.isInputTyped ?? false,
    isOutputRead: given.isOutputRead ?? false,
    hasColours: given.hasColours ?? false,
    show: (line) => void shown.push(line),
    openSettingsTree: async () => settingsTree,
    openMachine: async () => ({ flags: [], ...given.machine }) as Machine,
    input: bytesOf(given.input ?? ""),
    open: (path) => Promise.resolve(bytesOf(given.files?.[path] ?? "")),
    write: (text) => Promise.resolve(void said.push(text)),
    tell: (line) => void told.push(line),
    confirm(question) {
      told.push(question);
      return Promise.resolve(answers.shift() ?? false);
    },
    async fetch(url, init) {
      const { pathname, search } = url;
      const request = {
        method: init.method!,
        path: decodeURIComponent(pathname + search),
        headers: new Headers(init.headers),
        body: String(init.body ?? ""),
      };
      asked.push(request);
      return await answer(request, init.signal!);
    },
  };
}

/** An answer in JSON. */
export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), { status });
}

/** A problem as the service tells it. */
export function problem(
  status: number,
  detail: string,
  errors?: readonly { path: string; message: string }[],
  code = "invalid",
): Response {
  const type = `urn:holdfast:problem:${code}`;
  return json({ type, detail, errors }, status);
}

/** What `fetch` throws when nobody listens. */
export function refusedConnection(): Error {
  return new TypeError("fetch failed", {
    cause: new Error("client error (Connect): tcp connect error"),
  });
}

/** What `fetch` throws when the connection breaks before the answer. */
export function lostAnswer(): Error {
  return new TypeError("fetch failed", {
    cause: new Error("connection closed before message completed"),
  });
}

/** Messages of a stream, which then ends or stays open. */
export function stream(
  messages: readonly string[],
  { isOpen = false, signal }: { isOpen?: boolean; signal?: AbortSignal } = {},
): Response {
  return new Response(
    new ReadableStream({
      start(controller) {
        for (const message of messages) {
          controller.enqueue(new TextEncoder().encode(message));
        }
        if (!isOpen) return controller.close();
        const fail = () => controller.error(signal!.reason);
        if (signal!.aborted) fail();
        else signal!.addEventListener("abort", fail);
      },
    }),
  );
}

function bytesOf(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream();
}
