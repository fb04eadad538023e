/**
 * Paper runs on the page of orders: asked for, watched, canceled, and what came
 * of them.
 *
 * @module
 */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { paperRun } from "../support/paper_run.ts";
import { testPage } from "./world.ts";

const WISH = {
  symbols: "SYNA, SYNB, SYNC",
  from: "2024-01-02",
  to: "2024-02-16",
  slippage_bps: "5",
  commission_bps: "1",
  seed: "7",
};

const LABELS: Readonly<Record<keyof typeof WISH, string>> = {
  symbols: "Symbols",
  from: "First day",
  to: "Last day",
  slippage_bps: "Slippage, bps",
  commission_bps: "Commission, bps",
  seed: "Seed",
};

const FLAGS = Object.entries(WISH).flatMap(([name, value]) => [
  `--${name.replaceAll("_", "-")}`,
  value.replaceAll(" ", ""),
]);

/** A number as the page writes it, without its thousands. */
const numberOf = (text: string) => Number(text.replaceAll(/[\u202f%]/g, ""));

testPage(
  "a paper run shows what the command line's run comes to",
  async (world) => {
    await using tab = await world.tab({ width: 360 });
    const { page } = tab;
    await tab.open("orders");
    const section = page.locator("section", {
      has: page.getByRole("heading", { name: "Paper run" }),
    });
    const input = (name: keyof typeof WISH) => section.getByLabel(LABELS[name]);
    await section.getByText("Nothing real is traded.").waitFor();

    // What is refused stands at its field, and what was typed stays.
    await input("symbols").fill("SYNA, NONE");
    await input("seed").press("Enter");
    const fault = section.getByRole("alert");
    match(await fault.innerText(), /^Cannot run with NONE as there is no bar/);
    equal(
      await input("symbols").getAttribute("aria-describedby"),
      await fault.getAttribute("id"),
    );
    equal(await input("symbols").inputValue(), "SYNA, NONE");

    for (const name of Object.keys(WISH) as (keyof typeof WISH)[]) {
      await input(name).fill(WISH[name]);
    }
    await input("seed").press("Enter");
    const { results, status } = (await paperRun(FLAGS)).report;
    await section.getByText(
      `${status} alpha_baseline from ${WISH.from} to ${WISH.to}, ` +
        `${results.num_days} trading days, seed 7, for paper.`,
    ).waitFor();
    equal(await fault.count(), 0);
    const figures = Object.fromEntries(
      await section.locator("dl div").evaluateAll((rows) =>
        rows.map((row) => [
          row.querySelector("dt")!.textContent,
          row.querySelector("dd")!.textContent,
        ])
      ),
    );
    const isNear = (name: string, expected: number, within: number) =>
      ok(
        Math.abs(numberOf(figures[name]!) - expected) <= within,
        `${name} is ${figures[name]} and not ${expected}`,
      );
    isNear("Total P&L, USD", Number(results.total_pnl), 0.01);
    isNear("Realized, USD", Number(results.realized_pnl), 0.01);
    isNear("Unrealized, USD", Number(results.unrealized_pnl), 0.01);
    isNear("Worst drawdown, USD", -Number(results.max_drawdown), 0.01);
    isNear("Turnover, × equity", results.turnover, 0.05);
    isNear("Hit rate", results.hit_rate * 100, 0.05);
    equal(figures["Orders"], `${results.orders_by_status.filled} filled`);

    const rows = await section.locator("tbody tr").evaluateAll((rows) =>
      rows.map((row) => [...row.children].map((cell) => cell.textContent))
    );
    deepEqual(
      rows.map(([symbol, qty]) => [symbol, qty]),
      // deno-lint-ignore no-explicit-any
      Object.entries<any>(results.per_symbol).map(([symbol, { qty }]) => [
        symbol,
        qty,
      ]),
    );
    const charts = await section.getByRole("img").evaluateAll((images) =>
      images.map((image) => image.getAttribute("aria-label"))
    );
    const { equity, drawdown_share } = results.equity_curve.at(-1);
    const [first, second] = charts.map((label) => label!.split(/: | /));
    equal(first!.slice(0, 2).join(" "), "Equity, USD");
    equal(numberOf(first!.at(-1)!), Math.round(Number(equity)));
    equal(second![0], "Drawdown");
    ok(Math.abs(numberOf(second!.at(-1)!) + 100 * drawdown_share) <= 0.005);
    const over = await page.evaluate(() =>
      document.documentElement.scrollWidth - innerWidth
    );
    ok(over <= 0, `${over} px too wide`);
  },
  { user: "paper" },
);

testPage(
  "a paper run shows how far it is, and can be canceled",
  async (world) => {
    await using tab = await world.tab();
    const { page } = tab;
    await tab.open("orders");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    const bar = page.getByRole("progressbar", { name: "Days done" });
    await bar.waitFor();
    equal(await bar.getAttribute("max"), "360");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText(/^\d+ of 360 days, canceled$/).waitFor();
    // Whoever comes back finds it.
    await page.reload();
    await page.getByText(/^\d+ of 360 days, canceled$/).waitFor();
    ok(
      await page.getByRole("button", { name: "Run", exact: true }).isEnabled(),
    );
  },
  { user: "cancels" },
);
