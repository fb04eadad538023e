/**
 * What the pages tell of the installation: the breaker before Redis, blocks of
 * order numbers, the newest of the log, and how long reads take.
 *
 * @module
 */
import { equal, match, ok } from "../support/assert.ts";
import { testPage } from "./world.ts";

testPage(
  "the breaker, blocks of order numbers, and what was logged",
  async (world) => {
    await using tab = await world.tab();
    const { page } = tab;
    await tab.open("operations");
    await page.getByText("Breaker closed").waitFor();
    const blocks = page.getByText(/^[1-9]\d* blocks? taken$/);
    // The first number of a day comes from the database. Where Redis is late
    // some are skipped.
    for (let last = 0, times = 0; times < 3; times++) {
      const { body } = await world.ask("POST", "/api/orders/sequence", {
        day: "20250630",
        count: 3,
      });
      ok(body.first > last, `${body.first} after ${last}`);
      last = body.last;
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

testPage("a port is pinned to an adapter, and let go", async (world) => {
  await using tab = await world.tab();
  const { page } = tab;
  await tab.open("operations");
  const row = page.getByRole("region", { name: "Adapters" }).locator("tr")
    .filter({ hasText: "FeatureStore" });
  const pin = row.getByRole("combobox");
  await pin.selectOption("memory");
  await row.filter({ hasText: /memory\s*a pin/ }).waitFor();
  const { body } = await world.ask("GET", "/api/admin/adapters");
  equal(
    body.adapters.find((one: { port: string }) => one.port === "feature_store")
      .active,
    "memory",
  );
  await page.getByRole("link", { name: "Overview" }).click();
  await page.locator('[data-port="feature_store"][data-adapter="memory"]')
    .waitFor();
  await page.getByRole("link", { name: "Operations" }).click();
  await pin.selectOption("");
  await row.filter({ hasText: /Redis\s*the mode/ }).waitFor();
});

testPage("how long reads take, by what was asked", async (world) => {
  await using tab = await world.tab();
  await tab.open("overview");
  const chart = (source: string) =>
    tab.page.locator("figure.chart", {
      hasText: `Time of one read, ${source}`,
    });
  await tab.page.locator("main h1", { hasText: "All on Redis." }).waitFor();
  const read = async () => {
    const read = await world.ask("GET", "/api/user/settings?include=all");
    equal(read.status, 200);
  };
  const isTold = { hasText: /^p50 [\d.]+\sms$/ };
  const sources = ["Redis", "near cache"];
  for (const source of sources) {
    await chart(source).locator(".legend", { hasText: "p50 –" }).waitFor();
  }
  for (const source of sources) {
    // What Redis has brought once is near from then on.
    await read();
    await chart(source).locator(".legend", isTold).waitFor();
  }
  const plot = chart("Redis").locator(".plot");
  const { width } = (await plot.boundingBox())!;
  await plot.hover({ position: { x: width - 12, y: 40 } });
  await chart("Redis").locator("figcaption time").waitFor();
  match(await plot.getAttribute("title") ?? "", /Z \(UTC\)$/);
}, { user: "21" });
