/**
 * Keeps the README true: `deno task readme` writes the answers of its
 * examples, as a service just started gives them, its demo, and its tables.
 *
 * @module
 */
import { describeVariables } from "../src/variable_words.ts";
import { startService } from "../tests/support/service_process.ts";
import { playDemo, replaceDemo } from "./readme_demo.ts";
import { findPrograms } from "./services.ts";

/** A command of the README and the answer that is printed below it. */
export interface Example {
  readonly command: string;
  /** The JSON text below the command, if there is one. */
  readonly answer: string | undefined;
}

/** Members that differ from run to run. */
const VOLATILE = new Set([
  "id",
  "at",
  "epoch",
  "request_id",
  "generated_at",
  "timestamp",
  "committed_at",
  "resume_token",
  "token",
  "lease_until",
  "client_order_id",
  "chain",
  "day",
  "created_at",
  "updated_at",
  "started_at",
  "completed_at",
  "duration_seconds",
]);

/** Characters of a line of printed JSON. */
const LINE = 140;

const EXAMPLE = /```sh\n(curl [^`]*?)\n```(?:\n\n```json\n([^`]*?)\n```)?/g;

/** The examples of a Markdown text: each a call of curl. */
export function readExamples(markdown: string): Example[] {
  return Array.from(markdown.matchAll(EXAMPLE), ([, command, answer]) => ({
    command: command!,
    answer,
  }));
}

/** Runs an example against the service at `url`; a stream is cut off. */
export async function runExample(
  { command }: Example,
  url: string,
): Promise<string> {
  const here = command.replaceAll("localhost:8080", url)
    .replace("curl -N", "curl -N --max-time 1").replace("curl ", "curl -sS ");
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", here],
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) || decoder.decode(stderr);
}

/** A program that the README runs, and what it prints: the same each time. */
export interface Run {
  readonly command: string;
  readonly output: string;
}

const RUN = /```sh\n(deno task paper [^`]*?)\n```\n\n```\n([^`]*?)\n```/g;

/** The runs of a Markdown text. */
export function readRuns(markdown: string): Run[] {
  return Array.from(markdown.matchAll(RUN), ([, command, output]) => ({
    command: command!,
    output: output!,
  }));
}

/** What the program of a run prints. */
export async function repeatRun({ command }: Pick<Run, "command">) {
  const folder = await Deno.makeTempDir();
  try {
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: [
        "-c",
        command.replace("report.html", `${folder}/report.html`)
          .replace(/^deno/, `'${Deno.execPath()}'`),
      ],
      env: { NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    if (code !== 0) throw new Error(decoder.decode(stderr));
    return decoder.decode(stdout).trimEnd();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Parsed JSON with everything that differs from run to run made equal. */
export function masked(json: string): unknown {
  return JSON.parse(json, (name, value) => VOLATILE.has(name) ? "…" : value);
}

/** The configuration table, from the variables themselves. */
export function configurationTable(): string {
  const rows = describeVariables().map(({ name, fallback, mayBe, means }) => {
    const text = fallback === undefined ? "" : `\`${fallback}\``;
    const form = mayBe.replaceAll("<", "\\<");
    return `| \`${name}\` | ${text} | ${form} | ${means} |`;
  });
  const heading = "| Variable | Default | May be | What it is |";
  return [heading, "|---|---|---|---|", ...rows].join("\n");
}

/** Replaces the table whose first column has the same name. */
export function replaceTable(markdown: string, table: string): string {
  const column = /^\| (\w+)/.exec(table)![1];
  const old = new RegExp(`^\\| ${column} [^]*?(?=\\n\\n)`, "m");
  if (!old.test(markdown)) throw new Error(`README has no table of ${column}`);
  return markdown.replace(old, () => table);
}

/** Prints JSON with what is short on one line. */
export function printShort(value: unknown, indent = ""): string {
  const line = JSON.stringify(value, null, 1).replace(/\n\s*/g, " ");
  if (indent.length + line.length <= LINE || typeof value !== "object") {
    return line;
  }
  const deeper = `${indent}  `;
  const isList = Array.isArray(value);
  const members = Object.entries(value as object).map(([name, member]) =>
    `${deeper}${isList ? "" : `"${name}": `}${printShort(member, deeper)}`
  );
  const [open, close] = isList ? "[]" : "{}";
  return `${open}\n${members.join(",\n")}\n${indent}${close}`;
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  try {
    await using service = await startService({ DATA_DIR: folder });
    let markdown = await Deno.readTextFile("README.md");
    for (const example of readExamples(markdown)) {
      const answer = await runExample(example, service.url);
      if (example.answer === undefined) continue;
      const pretty = printShort(JSON.parse(answer));
      const block = (json: string) =>
        `${example.command}\n\`\`\`\n\n\`\`\`json\n${json}\n\`\`\``;
      markdown = markdown.replace(block(example.answer), () => block(pretty));
    }
    for (const { command, output } of readRuns(markdown)) {
      const block = (text: string) =>
        `${command}\n\`\`\`\n\n\`\`\`\n${text}\n\`\`\``;
      const now = block(await repeatRun({ command }));
      markdown = markdown.replace(block(output), () => now);
    }
    markdown = replaceTable(markdown, configurationTable());
    const redis = await findPrograms(["redis-server"]);
    if (redis) markdown = replaceDemo(markdown, await playDemo(redis));
    else console.log("The demo stays as it was, as redis-server is not here");
    await Deno.writeTextFile("README.md", markdown);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
