/**
 * Every page, at both widths and in both themes: it renders, fits, and can be
 * used by everybody. Screenshots are kept to be looked at.
 *
 * @module
 */
import { deepEqual, equal, ok } from "../support/assert.ts";
import { violations } from "./axe.ts";
import {
  artefacts,
  excessWidth,
  type Look,
  type Tab,
  testPage,
  type World,
} from "./world.ts";

const LOOKS: readonly Required<Omit<Look, "zone">>[] = [
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

testPage("every page at both widths and in both themes", async (world) => {
  await fill(world);
  const folder = await artefacts();
  const wrong: string[] = [];
  const left = Object.entries(PAGES);
  const seeAll = async () => {
    await using tab = await world.tab(LOOKS[0]);
    const { page } = tab;
    for (let next; (next = left.shift()) !== undefined;) {
      const [name, prepare] = next;
      await tab.open(name);
      await prepare(tab);
      for (const { width, theme } of LOOKS) {
        const where = `${name} at ${width} px, ${theme}`;
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme: theme });
        const over = await excessWidth(tab);
        if (over > 0) wrong.push(`${where}: ${over} px too wide`);
        // Two of the four have both widths and both themes: axe takes its time.
        if ((width === 1440) === (theme === "light")) {
          const found = await violations(tab);
          wrong.push(...found.map((why) => `${where}: ${why}`));
        }
        const path = `${folder}/${name}-${width}-${theme}.png`;
        await page.screenshot({ path, fullPage: name !== "settings" });
      }
    }
  };
  // One draws while the other waits for the service.
  await Promise.all([seeAll(), seeAll()]);
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
