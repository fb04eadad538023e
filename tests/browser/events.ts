/**
 * The events page: the tail without a gap, dead letters, and text that would
 * like to be a script.
 *
 * @module
 */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import {
  excessWidth,
  isGoodTwice,
  type Tab,
  testPage,
  type World,
} from "./world.ts";

const SETUP = { ticker: "SYNA", setup_id: "s-1" };

/** Publishes events; the position of the last one. */
async function publish(world: World, times: number): Promise<number> {
  let last = 0;
  for (let i = 0; i < times; i++) {
    const { status, body } = await world.ask("POST", "/api/v1/events", {
      event_type: "signal.triggered",
      key: `key ${i}`,
      data: { ...SETUP, note: `number ${i}` },
    });
    equal(status, 201, JSON.stringify(body));
    last = body.position;
  }
  return last;
}

/** The positions that the tail shows, the newest first. */
function positions({ page }: Tab): Promise<number[]> {
  return page.locator(".tail tbody tr").evaluateAll((rows) =>
    rows.map((row) => Number(row.getAttribute("data-position")))
  );
}

/** Waits until the tail shows `position`. */
async function untilShown({ page }: Tab, position: number): Promise<void> {
  await page.locator(`.tail tr[data-position="${position}"]`).waitFor();
}

const NO_GAP =
  "the tail has no gap across the loss of Redis and of the service";

testPage(NO_GAP, async (world) => {
  await using tab = await world.tab();
  await tab.open("events");
  const first = await publish(world, 12) - 11;
  await untilShown(tab, first + 11);
  await world.redis.stop();
  await untilShown(tab, await publish(world, 12));
  await world.redis.start();
  await untilShown(tab, await publish(world, 12));
  await world.restart();
  await untilShown(tab, await publish(world, 12));
  const shown = (await positions(tab)).filter((at) => at >= first);
  deepEqual(shown, Array.from({ length: 48 }, (_, i) => first + 47 - i));
});

testPage("the tail pauses, filters, and replays from a time", async (world) => {
  await using tab = await world.tab();
  const { page } = tab;
  await tab.open("events");
  const last = await publish(world, 3);
  await untilShown(tab, last);
  await page.getByRole("button", { name: "Pause" }).click();
  await publish(world, 4);
  const goOn = page.getByRole("button", { name: "Go on (4 new)" });
  await goOn.waitFor();
  equal((await positions(tab))[0], last);
  await goOn.click();
  await untilShown(tab, last + 4);

  const show = page.getByRole("button", { name: "Show" });
  await page.getByLabel("Channels").fill("setup.*");
  await show.click();
  await page.getByText("No event yet on setup.*").waitFor();
  await page.getByLabel("Channels").fill("signal.*");
  await page.getByLabel("Replay from").fill("2020-01-01T00:00:00");
  await show.click();
  await untilShown(tab, last + 4);
  deepEqual(
    (await positions(tab)).slice(0, 7),
    Array.from({ length: 7 }, (_, i) => last + 4 - i),
  );

  await page.getByLabel("Channels").fill("no such channel");
  await show.click();
  match(await page.getByRole("alert").innerText(), /^Cannot /);
});

/** Frames that the tail may drop, in percent. */
const MAX_DROPPED = 5;

testPage("1000 events a second do not freeze the page", async (world) => {
  // What the machine drops meanwhile is not the tail's doing: the control,
  // another page, tells in the same seconds.
  await using control = await world.tab();
  await control.open("operations");
  await using tab = await world.tab();
  await tab.open("events");
  await untilShown(tab, await publish(world, 1));
  const told: string[] = [];
  const isSmooth = await isGoodTwice(async () => {
    const [here, there, last] = await Promise.all([
      droppedPercent(tab),
      droppedPercent(control),
      publishFast(world),
    ]);
    await untilShown(tab, last);
    told.push(`${here.toFixed(1)} % (control ${there.toFixed(1)} %)`);
    return here - there < MAX_DROPPED;
  });
  console.log(`frames dropped: ${told.join(", ")}`);
  ok(isSmooth, `Too many frames were dropped: ${told.join(", ")}`);
});

/** Publishes 2000 events in two seconds; the position of the last one. */
async function publishFast(world: World): Promise<number> {
  let last = 0;
  for (let batch = 0; batch < 20; batch++) {
    const next = new Promise((resolve) => setTimeout(resolve, 100));
    const events = Array.from({ length: 100 }, (_, i) => ({
      event_type: "signal.triggered",
      key: `key ${i}`,
      data: { ...SETUP, note: `${batch} ${i}` },
    }));
    const { body } = await world.ask("POST", "/api/v1/events", { events });
    last = body.results.at(-1).position;
    await next;
  }
  return last;
}

/** Part of the frames of two seconds that were not drawn. */
function droppedPercent({ page }: Tab): Promise<number> {
  return page.evaluate(() =>
    new Promise<number>((resolve) => {
      const FRAME_MS = 1000 / 60;
      const began = performance.now();
      let frames = 0;
      requestAnimationFrame(function draw(): void {
        frames++;
        const spent = performance.now() - began;
        if (spent < 2000) return void requestAnimationFrame(draw);
        resolve(Math.max(0, 100 * (1 - frames / (spent / FRAME_MS))));
      });
    })
  );
}

testPage("scripts in events are text", async (world) => {
  const script = `<script>globalThis.harmed=1</script>`;
  const image = `<img src=x onerror="globalThis.harmed=1">`;
  await using tab = await world.tab();
  const { page } = tab;
  await tab.open("events");
  const { status, body } = await world.ask("POST", "/api/v1/events", {
    event_type: "signal.triggered",
    key: script,
    data: { ...SETUP, note: image + script, long: "x".repeat(700) },
  });
  equal(status, 201, JSON.stringify(body));
  await untilShown(tab, body.position);
  await page.locator(".tail tbody button").first().click();
  const detail = page.getByRole("complementary", { name: "Event" });
  match(await detail.innerText(), /<script>globalThis\.harmed=1/);
  equal(await page.locator("main img, main script").count(), 0);
  equal(await page.evaluate(() => "harmed" in globalThis), false);
  equal(await excessWidth(tab), 0, "a long value widens no page");
});

testPage(
  "dead letters are redriven and discarded, after a question",
  async (world) => {
    await publish(world, 2);
    const group = "/api/v1/events/groups/billing";
    const made = await world.ask("PUT", group, {
      channels: ["signal.*"],
      max_attempts: 1,
      start: "0",
    });
    ok(made.status === 201, JSON.stringify(made.body));
    const next = await world.ask("GET", `${group}/next?limit=2`);
    const failed = await world.ask("POST", `${group}/nack`, {
      deliveries: next.body.deliveries.map((one: Delivery) => ({
        position: one.position,
        token: one.token,
        error: "<b>no such account</b>",
      })),
    });
    equal(failed.status, 200, JSON.stringify(failed.body));
    await using tab = await world.tab();
    const { page } = tab;
    await tab.open("events");
    const letters = page.getByRole("region", { name: "Dead letters" })
      .locator("tbody tr");
    await letters.nth(1).waitFor();
    match(await letters.first().innerText(), /<b>no such account<\/b>/);
    const groups = page.getByRole("region", { name: "Consumer groups" });
    match(await groups.innerText(), /billing/);

    await letters.first().getByRole("button", { name: "discard…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Why it is given up").fill("account is closed");
    await dialog.getByRole("button", { name: "Discard" }).click();
    await letters.nth(1).waitFor({ state: "detached" });
    equal(await letters.count(), 1);
    await letters.first().getByRole("button", { name: "redrive…" }).click();
    await dialog.getByRole("button", { name: "Redrive" }).click();
    await page.getByText("on its way again", { exact: true }).waitFor();
  },
);

interface Delivery {
  readonly position: number;
  readonly token: string;
}
