/**
 * What the README shows is what happens.
 *
 * @module
 */
import {
  configurationTable,
  masked,
  readExamples,
  replaceTable,
  runExample,
} from "../../scripts/readme.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
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

  Deno.test("README: the configuration table is that of the program", async () => {
    const markdown = await Deno.readTextFile("README.md");
    equal(replaceTable(markdown, configurationTable()), markdown);
  });

  Deno.test("README: the speed table holds figures", async () => {
    const markdown = await Deno.readTextFile("README.md");
    const table = /^\| What [^]*?(?=\n\n)/m.exec(markdown)![0];
    const rows = table.split("\n").slice(2);
    ok(rows.length >= 15, `found only ${rows.length} figures`);
    for (const row of rows) match(row, /^\| [^|]+ \| [\d.]+ [^|]+ \|/);
  });
}
