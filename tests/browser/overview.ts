/**
 * The overview: what one understands from the page alone while Redis goes away
 * and comes back.
 *
 * @module
 */
import { equal, match, ok } from "../support/assert.ts";
import { artefacts, PATIENCE_MS, type Tab, testPage } from "./world.ts";

/** How soon a change has to be seen. */
const SEEN_MS = 2000;

const sentence = ({ page }: Tab) => page.locator("main h1");

/** The adapter of each port, as the picture shows them. */
function picture({ page }: Tab): Promise<Record<string, string>> {
  return page.locator("svg.hexagon .port").evaluateAll((ports) =>
    Object.fromEntries(ports.map((port) => [
      port.getAttribute("data-port"),
      port.getAttribute("data-adapter"),
    ]))
  );
}

/** Waits until the sentence holds `text`; how long that took. */
async function untilSays(tab: Tab, text: string): Promise<number> {
  const began = performance.now();
  await sentence(tab).filter({ hasText: text })
    .waitFor({ timeout: PATIENCE_MS });
  return performance.now() - began;
}

testPage("Redis stopped and started under an open overview", async (world) => {
  await using tab = await world.tab();
  await tab.open("overview");
  await untilSays(tab, "All on Redis.");
  match(
    await sentence(tab).innerText(),
    /^All on Redis\. 1 instance, log at \d+, nothing waiting\.$/,
  );
  equal((await picture(tab))["settings_store"], "redis");
  const paints = await tab.page.evaluate(() =>
    performance.getEntriesByName("first-contentful-paint")[0]?.startTime
  );
  ok(paints !== undefined && paints < 500, `first paint after ${paints} ms`);

  // Who has settings of his own has them before the outage.
  await world.ask("GET", "/api/user/settings?include=all");
  await world.redis.stop();
  const away = await untilSays(tab, "Redis is away for 0:0");
  ok(away < SEEN_MS, `seen after ${away} ms`);
  equal((await picture(tab))["settings_store"], "postgres");
  await tab.page.locator(".timeline rect.degraded").last().waitFor();
  for (let i = 0; i < 7; i++) {
    await world.ask("PATCH", "/api/user/global-circuit-breaker", {
      max_daily_loss: 301 + i,
    });
  }
  await untilSays(tab, "Serving from Postgres; 7 changes will be drained.");
  await tab.page.screenshot({ path: `${await artefacts()}/outage.png` });

  await world.redis.start();
  const began = performance.now();
  for (let isBack = false; !isBack;) {
    const { body } = await world.ask("GET", "/health");
    isBack = body.mode === "normal";
    if (performance.now() - began > PATIENCE_MS) throw new Error("not back");
  }
  const back = await untilSays(tab, "All on Redis.");
  ok(back < SEEN_MS, `seen after ${back} ms`);
  equal((await picture(tab))["settings_store"], "redis");
  const [, log] = /log at ([\d\u202f]+)/.exec(await sentence(tab).innerText())!;
  ok(Number(log!.replace(/\D/g, "")) >= 7);
  equal(await tab.page.locator(".changes li").count() >= 3, true);
});

testPage(
  "a service that is killed shows as reconnecting, then live",
  async (world) => {
    await using tab = await world.tab();
    await tab.open("overview");
    const link = tab.page.locator(".link");
    await untilSays(tab, "All on Redis.");
    await world.service().end("SIGKILL");
    await link.filter({ hasText: "reconnecting" }).waitFor();
    match(await sentence(tab).innerText(), /^The service does not answer\./);
    await world.restart();
    await link.filter({ hasText: "live" }).waitFor();
    await untilSays(tab, "All on Redis.");
  },
);
