/**
 * What the README shows is what happens.
 *
 * @module
 */
import {
  configurationTable,
  masked,
  readExamples,
  readRuns,
  repeatRun,
  replaceTable,
  runExample,
} from "../../scripts/readme.ts";
import { maskedDemo, playDemo, readDemo } from "../../scripts/readme_demo.ts";
import { findPrograms } from "../../scripts/services.ts";
import { runCommandLine } from "../../src/cli/mod.ts";
import { deepEqual, equal, fail, match, ok } from "../support/assert.ts";
import { recordingTerminal } from "../support/cli_terminal.ts";
import { needs } from "../support/needs.ts";
import { quietPort } from "../support/quiet_port.ts";
import { startService } from "../support/service_process.ts";

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("README: every example answers as printed", async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using service = await startService({ DATA_DIR: folder });
      const examples = readExamples(await Deno.readTextFile("README.md"));
      ok(examples.length >= 7, `found only ${examples.length} examples`);
      for (const example of examples) {
        const answer = await runExample(example, service.url);
        const isProblem = answer.includes("urn:holdfast:problem");
        ok(!isProblem || example.answer?.includes("Cannot "), answer);
        ok(
          !answer.startsWith("curl:") || example.command.includes("-N"),
          answer,
        );
        if (example.answer === undefined) continue;
        deepEqual(masked(answer), masked(example.answer), example.command);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

  Deno.test("README: its lines lead to a signed request, metrics and a content doctor", async () => {
    const markdown = await Deno.readTextFile("README.md");
    const [, lines] = /```sh\n(export AUTH=keys [^]*?)\n```/.exec(markdown) ??
      fail("README has no way into operation");
    const folder = await Deno.makeTempDir();
    const [port, adminPort] = [`${quietPort()}`, `${quietPort()}`];
    const here = lines!.replaceAll("8090", port).replaceAll("9090", adminPort)
      .replace("./data/keys", folder)
      .replaceAll("deno task", `'${Deno.execPath()}' task --quiet`)
      .replaceAll(
        /\b(first_key|ready|metrics)\.txt|features\.json/g,
        `${folder}/$&`,
      );
    try {
      const { stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", `trap 'kill $!' EXIT; ${here}`],
        env: { NO_COLOR: "1" },
      }).output();
      const said = new TextDecoder().decode(stdout);
      const wrong = () => `${said}\n${new TextDecoder().decode(stderr)}`;
      match(said, /hf_[a-z0-9]{12}_/, wrong());
      const report = JSON.parse(said.trim().split("\n").at(-1)!);
      equal(report.ok, true, wrong());
      const features = await Deno.readTextFile(`${folder}/features.json`);
      equal(Object.keys(JSON.parse(features).features).length, 158);
      const metrics = await Deno.readTextFile(`${folder}/metrics.txt`);
      match(metrics, /^holdfast_build_info\{/m);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

  const redis = await findPrograms(["redis-server"]);
  Deno.test({
    name: "README: the demo of two terminals goes as printed" +
      (redis ? "" : " (skipped, as there is no redis-server to kill)"),
    ignore: redis === undefined,
    async fn() {
      const printed = readDemo(await Deno.readTextFile("README.md"));
      ok(
        printed !== undefined,
        "README has no <!-- demo --> … <!-- end of demo -->",
      );
      equal(maskedDemo(await playDemo(redis!)), maskedDemo(printed));
    },
  });

  Deno.test("README: every command of events that it names is one, with its options", async () => {
    const markdown = await Deno.readTextFile("README.md");
    const named = [
      ...markdown.matchAll(/holdfast (events(?: [a-z-]+)+)([^`\n]*)/g),
    ];
    ok(named.length >= 6, `found only ${named.length} commands`);
    for (const [text, words, rest] of named) {
      const terminal = recordingTerminal(() => fail("nobody is asked"));
      const asked = [...words!.split(" "), "--help"];
      equal(await runCommandLine(asked, terminal), 0, text);
      for (const [option] of rest!.matchAll(/--[a-z-]+/g)) {
        ok(terminal.said.join("").includes(`  ${option} `), text);
      }
    }
  });

  Deno.test("README: a program that it runs prints what it shows", async () => {
    const runs = readRuns(await Deno.readTextFile("README.md"));
    ok(runs.length >= 1, "found no run");
    for (const run of runs) equal(await repeatRun(run), run.output);
  });

  Deno.test("README: what its lines write, a key among it, no commit takes along", async () => {
    const markdown = await Deno.readTextFile("README.md");
    const ignored = (await Deno.readTextFile(".gitignore")).split("\n");
    const written = markdown.matchAll(
      /(?:>|--html) ?([a-z_]+\.(?:txt|json|html|log))\b/g,
    );
    const names = new Set(Array.from(written, ([, name]) => name!));
    ok(names.has("first_key.txt"), [...names].join());
    for (const name of names) ok(ignored.includes(`/${name}`), name);
  });

  Deno.test("README: the configuration table is that of the program", async () => {
    const markdown = await Deno.readTextFile("README.md");
    equal(replaceTable(markdown, configurationTable()), markdown);
  });

  Deno.test("README: the speed table holds figures", async () => {
    const markdown = await Deno.readTextFile("README.md");
    const table = /^\| What [^]*?(?=\n\n)/m.exec(markdown)![0];
    const rows = table.split("\n").slice(2);
    ok(rows.length >= 15, `found only ${rows.length} figures`);
    for (const row of rows) match(row, /^\| [^|]+ \| -?[\d.]+ [^|]+ \|/);
  });
}
