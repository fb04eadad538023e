/**
 * How long a paper run takes as a program, its start included.
 *
 * @module
 */
import { weekdayBars } from "../support/market.ts";
import { barFolder } from "../support/paper_run.ts";
import { type Figure, quantile, timeEach } from "./figure.ts";

const SYMBOLS = 6;
const ROWS = 1100;
/** Four years, after enough bars for whole features. */
const FROM = "2022-01-03";
const LAST = "2025-12-31";
const RUNS = 5;

/** Measures a run of six symbols over four years. */
export async function benchPaperRun(): Promise<Figure[]> {
  await using folder = await barFolder(Object.fromEntries(
    Array.from({ length: SYMBOLS }, (_, i) => [
      `BIG${i}`,
      weekdayBars({ seed: i + 1, length: ROWS, last: LAST }),
    ]),
  ));
  const args = ["--market-data-dir", folder.dir, "--from", FROM, "--quiet"];
  const samples = await timeEach(RUNS, async () => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "src/main.ts", "paper-run", ...args],
    }).output();
    if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  });
  return [{
    name: "paper run: 6 symbols, 4 years, whole program",
    value: quantile(samples, 0.5) / 1000,
    unit: "s",
    limit: 5,
  }];
}
