/**
 * What the pages tell of the installation: the breaker before Redis, blocks of
 * order numbers, the newest of the log, and how long reads take.
 *
 * @module
 */
import { equal } from "../support/assert.ts";
import { testPage } from "./world.ts";

testPage(
  "the breaker, blocks of order numbers, and what was logged",
  async (world) => {
    await using tab = await world.tab();
    const { page } = tab;
    await tab.open("operations");
    await page.getByText("Breaker closed").waitFor();
    const blocks = page.getByText(/^[1-9]\d* blocks? taken$/);
    // The first number of a day comes from the database.
    for (let first = 1; first <= 7; first += 3) {
      const { body } = await world.ask("POST", "/api/orders/sequence", {
        day: "20250630",
        count: 3,
      });
      equal(body.first, first);
    }
    await blocks.waitFor();

    await world.redis.stop();
    await page.getByText("Breaker open").waitFor();
    const newest = page.getByRole("region", { name: "Recent log" })
      .locator("tbody tr").first();
    await newest.filter({ hasText: /warn.*as the connection was lost/s })
      .waitFor();
    await world.redis.start();
    await page.getByText("Breaker closed").waitFor();
  },
);

testPage("how long reads take, by what was asked", async (world) => {
  await using tab = await world.tab();
  await tab.open("overview");
  const chart = tab.page.locator("figure.chart")
    .filter({ hasText: "Time of one read, Redis" });
  await tab.page.locator("main h1", { hasText: "All on Redis." }).waitFor();
  await chart.locator(".legend", { hasText: "p50 –" }).waitFor();
  const read = await world.ask("GET", "/api/user/settings?include=all");
  equal(read.status, 200);
  await chart.locator(".legend", { hasText: /^p50 [\d.]+\sms$/ }).waitFor();
}, { user: "21" });
