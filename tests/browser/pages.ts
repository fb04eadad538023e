/**
 * Every page, at both widths and in both themes: it renders, fits, and can be
 * used by everybody. Screenshots are kept to be looked at.
 *
 * @module
 */
import axe from "axe-core/axe.min.js" with { type: "text" };
import { deepEqual, equal, ok } from "../support/assert.ts";
import {
  artefacts,
  type Look,
  type Tab,
  testPage,
  type World,
} from "./world.ts";

const LOOKS: readonly Required<Look>[] = [
  { width: 1440, theme: "light" },
  { width: 1440, theme: "dark" },
  { width: 360, theme: "light" },
  { width: 360, theme: "dark" },
];

/** Brings a page to where there is something to see. */
const PAGES: Readonly<Record<string, (tab: Tab) => Promise<void>>> = {
  async overview({ page }) {
    await page.locator("main h1", { hasText: "All on Redis." }).waitFor();
    await page.locator(".legend b", { hasText: /\d\/s/ }).first().waitFor();
  },
  async settings({ page }) {
    await page.locator(".setting").first().waitFor();
  },
  async events({ page }) {
    await page.locator(".tail tbody button").first().click();
    await page.locator(".detail").waitFor();
  },
  async features({ page }) {
    await page.getByRole("button", { name: "Generate" }).click();
    const features = page.getByRole("button", { name: "features" });
    await features.first().click();
    await page.getByText(/^25\d days, /).waitFor();
    await page.getByText("158 features.").waitFor();
    equal(await page.locator(".multiples polyline").count(), 158);
  },
  async orders({ page }) {
    await page.getByRole("region", { name: "Orders" }).waitFor();
  },
  async operations({ page }) {
    await page.getByRole("region", { name: "Instances" }).waitFor();
    await page.getByText("Breaker closed").waitFor();
    await page.getByRole("heading", { name: "Log, warn and above" }).waitFor();
  },
};

/** Gives the pages something to show. */
async function fill(world: World): Promise<void> {
  for (const day of ["2024-10-24", "2024-10-25"]) {
    const { status } = await world.ask("POST", "/api/v1/orchestration/run", {
      symbols: ["SYNA", "SYNB", "SYNC"],
      as_of_date: day,
    });
    equal(status, 200);
  }
  await world.ask("PATCH", "/api/futures/ginie/modes/scalp", {
    sltp: { stop_loss_percent: 1.2 },
  });
}

/** What axe-core finds wrong: each rule with the first place that breaks it. */
async function violations({ page }: Tab): Promise<string[]> {
  // Evaluated by the driver, which no content security policy binds.
  if (!await page.evaluate(() => "axe" in globalThis)) {
    await page.evaluate(axe);
  }
  return await page.evaluate(async () => {
    // deno-lint-ignore no-explicit-any
    const found = await (globalThis as any).axe.run({
      resultTypes: ["violations"],
    });
    // deno-lint-ignore no-explicit-any
    return found.violations.map((one: any) =>
      `${one.id}: ${one.nodes[0].html.slice(0, 200)}`
    );
  });
}

testPage("every page at both widths and in both themes", async (world) => {
  await fill(world);
  const folder = await artefacts();
  const wrong: string[] = [];
  const see = async (look: Required<Look>) => {
    await using tab = await world.tab(look);
    const { page } = tab;
    const { width, theme } = look;
    // Two of the four have both widths and both themes: axe takes its time.
    const isJudged = (width === 1440) === (theme === "light");
    for (const [name, prepare] of Object.entries(PAGES)) {
      const where = `${name} at ${width} px, ${theme}`;
      await tab.open(name);
      await prepare(tab);
      const over = await page.evaluate(() =>
        document.documentElement.scrollWidth - innerWidth
      );
      if (over > 0) wrong.push(`${where}: ${over} px too wide`);
      if (isJudged) {
        const found = await violations(tab);
        wrong.push(...found.map((why) => `${where}: ${why}`));
      }
      const path = `${folder}/${name}-${width}-${theme}.png`;
      await page.screenshot({ path, fullPage: name !== "settings" });
    }
  };
  // Two at a time: each pair has one that axe judges.
  await Promise.all(LOOKS.slice(0, 2).map(see));
  await Promise.all(LOOKS.slice(2).map(see));
  deepEqual(wrong, []);
  console.log(`screenshots in ${folder}`);
});

testPage("all can be reached by keyboard", async (world) => {
  await using tab = await world.tab();
  const { page } = tab;
  await tab.open("overview");
  await page.keyboard.press("Tab");
  const focused = () =>
    page.evaluate(() => document.activeElement?.textContent?.trim());
  equal(await focused(), "Skip to content");
  for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
  equal(await focused(), "Settings");
  await page.keyboard.press("Enter");
  await page.locator(".setting").first().waitFor();
  ok((await page.title()).startsWith("Settings"));
});
