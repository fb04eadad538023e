/**
 * The whole service on memory adapters and the sample data, in this process.
 *
 * @module
 */
import { createSystemTelemetry } from "../../adapters/system/telemetry.ts";
import { parseConfig } from "../../src/config.ts";
import { openHoldfast } from "../../src/holdfast.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import type { Answer } from "./judge.ts";

/** A service that can be asked, whose time goes on while it waits. */
export interface FuzzWorld extends AsyncDisposable {
  /** The answer to `request`, or `undefined` when none ever comes. */
  ask(request: Request): Promise<Answer | undefined>;
  /** Lines of the log that tell of defects, since the last call. */
  complaints(): readonly string[];
}

/** Simulated time that passes with each request. */
const STEP_MS = 20;

/**
 * Turns of the event loop, of a millisecond or more each, after which a request
 * is taken to wait for simulated time: a busy machine makes them longer.
 */
const PATIENCE = 25;

/** Simulated time after which an answer is given up, more than any may wait. */
const LIMIT_MS = 120_000;

/** Most real time of one answer. */
const REAL_LIMIT_MS = 10_000;

/** What is told loudly and is no defect: a group halts when it is told to. */
const ALARM = /"event group has stopped"/;

/** Opens it. */
export async function openFuzzWorld(seed: number): Promise<FuzzWorld> {
  const clock = createFakeClock();
  const lines: string[] = [];
  const holdfast = await openHoldfast(
    parseConfig({ STORE: "memory", AUTOPILOT_SYMBOLS: "SYNA,SYNB" }),
    {
      clock,
      entropy: createSeededEntropy(seed),
      telemetry: createSystemTelemetry({
        clock,
        level: "error",
        format: "json",
        write: (line) => void lines.push(line),
      }),
    },
  );

  /** What `promise` becomes, time going on where it would wait for ever. */
  async function inTime<T>(promise: Promise<T>): Promise<T | undefined> {
    const began = performance.now();
    const done = promise.then((value) => ({ value }));
    for (let turn = 0, simulated = 0;; turn++) {
      const first = await within(1, done);
      if (first !== undefined) return first.value;
      if (turn < PATIENCE) continue;
      if (simulated > LIMIT_MS && performance.now() - began > REAL_LIMIT_MS) {
        return undefined;
      }
      simulated += 1000;
      await clock.advance(1000);
    }
  }

  return {
    async ask(request) {
      await clock.advance(STEP_MS);
      const response = await inTime(
        Promise.resolve(holdfast.app.fetch(request)),
      );
      if (response === undefined) return undefined;
      const { status, headers } = response;
      const isStream = headers.get("content-type") === "text/event-stream";
      const text = await inTime(isStream ? begin(response) : response.text());
      return text === undefined ? undefined : { status, headers, text };
    },
    complaints: () => lines.splice(0).filter((line) => !ALARM.test(line)),
    [Symbol.asyncDispose]: () => holdfast[Symbol.asyncDispose](),
  };
}

/** What a stream begins with. */
async function begin(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(first?.value);
}

/** What `promise` becomes, unless `ms` pass first. */
async function within<T>(
  ms: number,
  promise: Promise<T>,
): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
