/**
 * What the documents of deploy/ say is so: their commands run, and what they
 * name is there.
 *
 * @module
 */
import { METRICS } from "../../ports/metrics.ts";
import { masked, readExamples, runExample } from "../../scripts/readme.ts";
import { allRoutes, type RouteServices } from "../../src/http/routes/mod.ts";
import { runCommandLine } from "../../src/cli/mod.ts";
import { CHANNELS } from "../../domain/event/registry.ts";
import { shapeOf } from "../../src/http/route.ts";
import { VARIABLE_NAMES } from "../../src/variables.ts";
import { deepEqual, equal, fail, ok } from "../support/assert.ts";
import { recordingTerminal } from "../support/cli_terminal.ts";
import { needs } from "../support/needs.ts";
import { startService } from "../support/service_process.ts";

const NAMES = ["OPERATIONS", "MIGRATING", "TROUBLESHOOTING"] as const;

/** Names in capitals that are no variables of the service. */
const OTHERS = new Set(["HOLDFAST_KEY", "HOLDFAST_URL"]);

/** Pieces shorter than this are not looked for: they are everywhere. */
const MIN_PIECE = 8;

async function read(name: string): Promise<string> {
  return await Deno.readTextFile(`deploy/${name}.md`);
}

/** What stands between backticks on one line. */
function codesIn(markdown: string): string[] {
  const text = markdown.replace(/```[^]*?```/g, "");
  return Array.from(text.matchAll(/`([^`\n]+)`/g), ([, code]) => code!);
}

/** The source as its sentences are printed: pieces of one literal are joined. */
async function sentencesOfSource(): Promise<string[]> {
  const sources: string[] = [];
  async function walk(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) await walk(path);
      else if (name.endsWith(".ts")) {
        const text = await Deno.readTextFile(path);
        sources.push(text.replace(/(["`])\s*\+\s*["`]/g, ""));
      }
    }
  }
  for (const folder of ["adapters", "domain", "ports", "src"]) {
    await walk(folder);
  }
  return sources;
}

/** Messages that a document quotes: the first column of its tables. */
function messagesIn(markdown: string): string[] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("| "));
  return rows.flatMap((row) => codesIn(row.split(" | ")[0]!))
    .filter((code) => /^[A-Za-z].* .* /.test(code));
}

/** Whether one file says every piece of `message`. */
function isSaid(message: string, sources: readonly string[]): boolean {
  const pieces = message.replace(/^Cannot use Redis as /, "").split("…")
    .map((piece) => piece.trim())
    .filter((piece) => piece.length >= MIN_PIECE);
  ok(pieces.length > 0, `${message} has no piece to look for`);
  return sources.some((text) => pieces.every((piece) => text.includes(piece)));
}

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("TROUBLESHOOTING: every message that it quotes is one of the service's", async () => {
    const messages = messagesIn(await read("TROUBLESHOOTING"));
    ok(messages.length >= 40, `found only ${messages.length} messages`);
    const sources = await sentencesOfSource();
    deepEqual(messages.filter((one) => !isSaid(one, sources)), []);
    equal(isSaid("Cannot reach the moon as … is in the way", sources), false);
  });

  Deno.test("deploy: every variable, metric, task and file that is named is there", async () => {
    const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
    for (const name of NAMES) {
      const markdown = await read(name);
      for (const code of codesIn(markdown)) {
        const [variable] = /^[A-Z]+_[A-Z_]+/.exec(code) ?? [];
        if (variable !== undefined) {
          const isKnown = VARIABLE_NAMES.includes(variable) ||
            OTHERS.has(variable);
          ok(isKnown, `${name} names ${variable}`);
        }
        const [metric] = /^holdfast_[a-z_]+/.exec(code) ?? [];
        if (metric !== undefined) {
          ok(Object.hasOwn(METRICS, metric), `${name} names ${metric}`);
        }
        const [, task] = /^deno task ([\w:]+)/.exec(code) ?? [];
        if (task !== undefined) ok(task in tasks, `${name} names ${task}`);
        const [path] = /^(?:deploy|tests|examples)\/[\w./-]+$/.exec(code) ?? [];
        if (path !== undefined) await Deno.stat(path);
      }
      for (const [, link] of markdown.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
        await Deno.stat(`deploy/${link}`);
      }
    }
  });

  Deno.test("deploy: every route that is named is one", async () => {
    const services = {
      events: { channels: CHANNELS },
      settings: {},
      version: "0",
    } as unknown as RouteServices;
    const routes = allRoutes(services);
    let count = 0;
    for (const name of NAMES) {
      const code = codesIn(await read(name)).join("\n");
      const calls = code.matchAll(
        /\b(GET|PUT|POST|PATCH|DELETE) (\/[^\s?`]+)/g,
      );
      for (const [text, method, path] of calls) {
        const isThere = routes.some((route) =>
          route.method === method &&
          (route.path === path || shapeOf(route.path).test(path!))
        );
        ok(isThere, `${name} names ${text}`);
        count++;
      }
    }
    ok(count >= 15, `found only ${count} routes`);
  });

  Deno.test("deploy: every command that is named is one, with its options", async () => {
    let count = 0;
    for (const name of NAMES) {
      for (const code of codesIn(await read(name))) {
        const [text, words, rest] =
          /^holdfast ((?:[a-z-]+ ?)+)(.*)$/.exec(code) ?? [];
        if (text === undefined || /^(serve|listening)/.test(words!)) {
          continue;
        }
        const terminal = recordingTerminal(() => fail("nobody is asked"));
        const asked = [...words!.trim().split(" "), "--help"];
        equal(await runCommandLine(asked, terminal), 0, text);
        for (const [option] of rest!.matchAll(/--[a-z-]+/g)) {
          ok(terminal.said.join("").includes(`--${option.slice(2)}`), text);
        }
        count++;
      }
    }
    ok(count >= 15, `found only ${count} commands`);
  });

  Deno.test("OPERATIONS: every alert has a row, and every row an alert", async () => {
    const rules = await Deno.readTextFile("deploy/prometheus/alerts.yml");
    const alerts = Array.from(
      rules.matchAll(/- alert: (\w+)/g),
      ([, name]) => name!,
    );
    const [, section] = (await read("OPERATIONS")).split("## Alerts");
    const rows = Array.from(
      section!.matchAll(/^\| (\w+) \|/gm),
      ([, name]) => name!,
    ).filter((name) => name !== "Alert");
    deepEqual(rows.toSorted(), alerts.toSorted());
  });

  Deno.test("OPERATIONS: its figures are those of the run that the README shows", async () => {
    const run = await Deno.readTextFile("README.md");
    const found = (pattern: RegExp) =>
      pattern.exec(run)?.slice(1) ?? fail(`README lacks ${pattern}`);
    const [operations] = found(/^operations: (\d+);/m);
    const [faults] = found(/^faults: (\d+),/m);
    const [returns] = found(/^normal again after, ms: ([\d,\s]+);/m);
    const slowest = Math.max(...returns!.split(",").map(Number));
    const [p50, p99] = found(/^unverified: .* p50 (\S+) ms, p99 (\S+) ms/m);
    const [reader, writer] = found(
      /\((\d+) without an outage\) to a reader, .*\((\d+) without an outage\) to a/,
    );
    const thousands = operations!.replace(/\B(?=(\d{3})+$)/g, " ");
    const text = (await read("OPERATIONS")).replaceAll("\n", " ");
    for (
      const sentence of [
        `${thousands} operations through ${faults} faults`,
        `normal again after 1 to ${slowest} ms`,
        `unverified reads p50 ${p50} ms, p99 ${p99} ms`,
        `without an outage ${reader} ms to a reader, ${writer} ms to a writer`,
      ]
    ) ok(text.includes(sentence), `OPERATIONS lacks: ${sentence}`);
  });

  Deno.test("OPERATIONS: its examples answer as printed", async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using service = await startService({ DATA_DIR: folder });
      const examples = readExamples(await read("OPERATIONS"));
      ok(examples.length >= 3, `found only ${examples.length} examples`);
      for (const example of examples) {
        const answer = await runExample(example, service.url);
        ok(!answer.includes("urn:holdfast:problem"), answer);
        if (example.answer === undefined) continue;
        deepEqual(masked(answer), masked(example.answer), example.command);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
