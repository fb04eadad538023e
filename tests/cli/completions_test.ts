/**
 * What shells offer: the scripts are run by the shells themselves.
 *
 * @module
 */
import { COMMANDS, runCommandLine } from "../../src/cli/mod.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { recordingTerminal } from "../support/cli_terminal.ts";
import { needs, skip } from "../support/needs.ts";

const FLAGS = ["--data-dir", "--port"];

async function scriptFor(shell: string): Promise<string> {
  const terminal = recordingTerminal(() => {
    throw new Error("Nobody is to be asked");
  }, { machine: { flags: FLAGS, paperFlags: ["--from", "--help"] } });
  equal(await runCommandLine(["completions", shell], terminal), 0);
  return terminal.said.join("");
}

async function isThere(program: string): Promise<boolean> {
  try {
    const options = { args: ["--version"], stdout: "null", stderr: "null" };
    await new Deno.Command(program, options as Deno.CommandOptions).output();
    return true;
  } catch {
    return false;
  }
}

/** What `program` says when it runs `script`. */
async function said(program: string, script: string): Promise<string[]> {
  const { stdout, stderr, success } = await new Deno.Command(program, {
    args: ["-c", script],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  ok(success, text.decode(stderr));
  equal(text.decode(stderr), "");
  return text.decode(stdout).split("\n").filter((line) => line !== "");
}

/** What bash offers for the words that stand there, the last one unfinished. */
async function offered(words: readonly string[]): Promise<string[]> {
  const script = await scriptFor("bash");
  const quoted = ["holdfast", ...words].map((word) => `'${word}'`).join(" ");
  return await said(
    "bash",
    `set -u
${script}
COMP_WORDS=(${quoted})
COMP_CWORD=${words.length}
_holdfast
printf '%s\\n' "\${COMPREPLY[@]-}"`,
  );
}

if (await needs(import.meta.url, ["run"])) {
  if (await isThere("bash")) {
    Deno.test("completions: bash offers the commands, and what follows each", async () => {
      const first = await offered([""]);
      for (const { name } of COMMANDS) ok(first.includes(name.split(" ")[0]!));
      for (const name of ["serve", "paper-run"]) ok(first.includes(name), name);
      deepEqual(await offered(["doc"]), ["doctor"]);
      deepEqual(await offered(["events", "gro"]), ["groups"]);
      deepEqual(
        (await offered(["events", "groups", ""])).includes("seek"),
        true,
      );
      deepEqual(await offered(["completions", "z"]), ["zsh"]);
    });

    Deno.test("completions: bash offers options, also after others and arguments", async () => {
      deepEqual(await offered(["events", "tail", "--fro"]), ["--from"]);
      deepEqual(await offered(["events", "tail", "orders.>", "--js"]), [
        "--json",
      ]);
      deepEqual(await offered(["doctor", "--json", "--take"]), ["--take-over"]);
      deepEqual(await offered(["doctor", "--data"]), ["--data-dir"]);
      deepEqual(await offered(["serve", "--po"]), ["--port"]);
      deepEqual(await offered(["paper-run", "--fr"]), ["--from"]);
      deepEqual(await offered(["events", "tail", "--data"]), []);
    });

    Deno.test("completions: bash offers every option of every command", async () => {
      for (const { name, options, isLocal } of COMMANDS) {
        const all = await offered([...name.split(" "), "--"]);
        const expected = [
          ...Object.keys(options).map((option) => `--${option}`),
          ...isLocal ? FLAGS : ["--url", "--user", "--api-key"],
          ...["--json", "--help"],
        ];
        deepEqual(all.sort(), expected.sort(), name);
      }
    });
  } else skip(import.meta.url, "there is no bash");

  for (const [shell, check] of [["zsh", "-n"], ["fish", "--no-execute"]]) {
    if (!await isThere(shell!)) {
      console.log(`completions: ${shell} is not here to read its script`);
    } else {
      Deno.test(`completions: ${shell} can read its script`, async () => {
        const path = await Deno.makeTempFile();
        await Deno.writeTextFile(path, await scriptFor(shell!));
        const { success } = await new Deno.Command(shell!, {
          args: [check!, path],
        }).output();
        await Deno.remove(path);
        equal(success, true);
      });
    }
  }
}

Deno.test("completions: each shell gets all commands", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = await scriptFor(shell);
    for (const { name } of COMMANDS) {
      ok(script.includes(`"${name}"`), `${shell}: ${name}`);
    }
  }
});
