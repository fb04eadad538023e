/**
 * The current build in this process, at the time that releases were kept at.
 *
 * @module
 */
import { createSystemClock } from "../../adapters/system/clock.ts";
import { createSystemTelemetry } from "../../adapters/system/telemetry.ts";
import { parseConfig } from "../../src/config.ts";
import { openHoldfast } from "../../src/holdfast.ts";
import type { Answered, Ask, Question } from "./story.ts";

/** When the story was told. */
export const TOLD_AT = Date.UTC(2026, 0, 5, 15);

/** How much later the current build opens what was kept. */
export const LATER_MS = 10 * 60_000;

/** A service that can be asked. */
export interface Build extends AsyncDisposable {
  readonly ask: Ask;
  /** Warnings and errors that it has logged. */
  readonly lines: readonly string[];
}

/** Opens it on `env`, its wall clock showing `at` now. */
export async function openBuild(
  env: Record<string, string>,
  at: number,
): Promise<Build> {
  const system = createSystemClock();
  const began = system.monotonic();
  const clock = { ...system, now: () => at + system.monotonic() - began };
  const lines: string[] = [];
  const service = await openHoldfast(
    parseConfig({ EVENTS_RETENTION_DAYS: "0", ...env }),
    {
      clock,
      telemetry: createSystemTelemetry({
        clock,
        level: "warn",
        format: "json",
        write: (line) => void lines.push(line),
      }),
    },
  );
  return {
    lines,
    async ask(method, path, { user, headers, body } = {}) {
      const response = await service.app.request(path, {
        method,
        headers: { ...headers, ...(user ? { "X-User-Id": user } : {}) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        json: text === "" ? undefined : JSON.parse(text),
      };
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** Asks the questions, and keeps what is answered. */
export async function answersTo(
  questions: readonly Question[],
  ask: Ask,
): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const question of questions) {
    const { headers, json } = await ask(
      question.method,
      question.path,
      question,
    );
    // When two things were compared says nothing of them.
    if (question.path.endsWith("/comparison")) delete json.timestamp;
    const etag = headers.get("etag");
    answers.push({ ...question, ...(etag === null ? {} : { etag }), json });
  }
  return answers;
}
