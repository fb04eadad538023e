/**
 * `holdfast paper-run` as its task runs it: a process of its own.
 *
 * @module
 */
import manifest from "../../deno.json" with { type: "json" };
import { helpOfPaperRun } from "../../src/paper_flags.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { runHoldfast } from "../support/cli_process.ts";
import { weekdayBars } from "../support/market.ts";
import { needs } from "../support/needs.ts";
import { barFolder } from "../support/paper_run.ts";

const [, ...START] = manifest.tasks.paper.command.split(" ");

/** A month of the sample bars, of symbols that have them all. */
const MONTH =
  "--symbols SYNA,SYNB,SYNT --from 2024-11-01 --to 2024-11-29 --top-n 1 --bottom-n 1"
    .split(" ");

function command(args: readonly string[]) {
  return new Deno.Command(Deno.execPath(), {
    args: [...START, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function runTask(...args: readonly string[]) {
  const { code, stdout, stderr } = await command(args).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** What is wrong with a call, and what is said of it. */
const REFUSED: readonly [
  args: readonly string[],
  code: number,
  says: RegExp,
][] = [
  [["--frm", "2024-01-02"], 2, /Unknown option '--frm': see .* --help$/],
  [["AAA"], 2, /^Cannot use the flags as Unexpected argument 'AAA'/],
  [["--from"], 2, /^Cannot use the flags as Option '--from.* argument missing/],
  [
    ["--from", "2024-03-01", "--to", "2024-02-01"],
    2,
    /^Cannot run from 2024-03-01 to 2024-02-01 as the first day must not be after the last$/,
  ],
  [["--from", "2024-02-30"], 2, /"2024-02-30" .*YYYY-MM-DD \(--from\)$/],
  [["--symbols", "SYNA,SYNA"], 2, /SYNA as it is named twice \(--symbols\)$/],
  [["--symbols", "SYNA,"], 2, /^Cannot use symbol "" .*\(--symbols\)$/],
  [
    ["--capital", "0"],
    2,
    /^Cannot use CAPITAL as it must be a decimal above 0/,
  ],
  [["--max-position-size", "x"], 2, /^Cannot use MAX_POSITION_SIZE /],
  [["--lots", "half"], 2, /^Cannot use ORDER_LOTS .*whole, fractional/],
  [["--strategy-id", "a b"], 2, /^Cannot use STRATEGY_ID as it must match/],
  [["--top-n", "0", "--bottom-n", "0"], 2, /must not both be 0/],
  [
    ["--symbols", "SYNA,SYNB", "--top-n", "2", "--bottom-n", "1"],
    2,
    /must not exceed the number of symbols: current value is 3 of 2 symbols$/,
  ],
  [
    ["--reject", "2"],
    2,
    /reject must be a share from 0 to 1: current value is "2"/,
  ],
  [["--slippage-bps=-1"], 2, /slippage_bps must be a number from 0 to 1000/],
  [["--slippage-bps", "-1"], 2, /^Cannot use the flags as Option .* ambiguous/],
  [
    ["--from", "2030-01-01"],
    1,
    /^Cannot run from 2030-01-01 to the last as there is no bar/,
  ],
  [["--symbols", "ZZZ"], 1, /ZZZ .*choose other dates or symbols/],
  [["--market-data-dir", "no/such"], 1, /no bars in no\/such: name a folder/],
  [["--model-path", "no/such"], 1, /^Cannot load model no\/such/],
  [
    [...MONTH, "--html", "no/such/a"],
    1,
    /^Cannot write no\/such\/a as .*folder that is there$/,
  ],
];

if (await needs(import.meta.url, ["read", "write", "run", "env"])) {
  Deno.test("paper-run: the task prints a summary, and nothing beside it", async () => {
    const { code, out, err } = await runTask("--", ...MONTH);
    equal(err, "");
    match(
      out,
      /^alpha_baseline from 2024-11-01 to 2024-11-29, 21 trading days: completed/,
    );
    for (
      const figure of ["Total P&L", "Max drawdown", "Turnover", "Hit rate"]
    ) {
      ok(out.includes(`\n${figure} `), figure);
    }
    match(out, /^SYNT +(open|closed) .*\d$/m);
    equal(code, 0);
  });

  Deno.test("paper-run: a run of which something is missing ends with 3", async () => {
    const { code, out } = await runTask(...MONTH, "--reject", "1");
    equal(code, 3);
    match(out, /: partial \(/);
    match(out, /Not all of it could be done:\n +\d+ × rejected: /);
  });

  Deno.test("paper-run: the files are the same each time, and --quiet says nothing", async () => {
    const dir = await Deno.makeTempDir();
    try {
      const texts = [];
      for (const name of ["a", "b"]) {
        const paths = [`${dir}/${name}.json`, `${dir}/${name}.html`] as const;
        const { code, out, err } = await runTask(
          ...MONTH,
          ...["--quiet", "--json", paths[0], "--html", paths[1]],
        );
        equal(code, 0);
        equal(out + err, "");
        texts.push(
          await Promise.all(paths.map((one) => Deno.readTextFile(one))),
        );
      }
      equal(texts[0]!.join(), texts[1]!.join());
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });

  for (const [args, expected, says] of REFUSED) {
    Deno.test(`paper-run: ${args.join(" ")} ends with ${expected} and says why`, async () => {
      const { code, out, err } = await runTask(...args);
      match(err.trimEnd(), says);
      equal(err.trimEnd().split("\n").length, 1, err);
      equal(out, "");
      equal(code, expected);
    });
  }

  Deno.test("paper-run: Ctrl-C ends it with 130", async () => {
    await using folder = await barFolder(Object.fromEntries(
      ["AAA", "BBB", "CCC", "DDD", "EEE"].map((name, i) => [
        name,
        weekdayBars({ seed: i, length: 12_000, last: "2025-12-31" }),
      ]),
    ));
    // Decades of bars, which take far longer than it is let run, and too little
    // capital for any order, so that it has nothing to wait for. It says nothing
    // meanwhile that could be waited for here, as nobody looks.
    async function interruptAfter(ms: number): Promise<Deno.CommandStatus> {
      const args = ["--market-data-dir", folder.dir, "--capital", "1"];
      const child = command(args);
      const said = new Response(child.stdout).text();
      const errors = new Response(child.stderr).text();
      const timer = setTimeout(() => child.kill("SIGINT"), ms);
      const status = await child.status;
      clearTimeout(timer);
      equal(await said, "");
      equal(await errors, "");
      equal(status.code, 130);
      return status;
    }
    // Who has not begun yet is ended by the signal, with the same code.
    let status = await interruptAfter(1000);
    for (let ms = 2000; status.signal !== null && ms <= 4000; ms *= 2) {
      status = await interruptAfter(ms);
    }
    equal(status.signal, null);
  });

  Deno.test("paper-run: --help tells of every flag, and the program's help of the command", async () => {
    const { code, out } = await runTask("--help");
    equal(code, 0);
    equal(out, `${helpOfPaperRun()}\n`);
    const [, ...events] = manifest.tasks.events.command.split(" ");
    const help = await new Deno.Command(Deno.execPath(), {
      args: [...events.slice(0, -1), "--help"],
    }).output();
    match(new TextDecoder().decode(help.stdout), /^ {2}paper-run {2}/m);
    const [asked, serve] = await Promise.all([
      runHoldfast(["help", "paper-run"]),
      runHoldfast(["help", "serve"]),
    ]);
    deepEqual(asked, { code: 0, out: `${helpOfPaperRun()}\n`, err: "" });
    match(serve.out, /^Usage: holdfast \[serve\]/);
  });
}
