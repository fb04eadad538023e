/**
 * The settings page: saved, refused, overtaken, interrupted, taken back.
 *
 * @module
 */
import { deepEqual, equal, match } from "../support/assert.ts";
import { type Tab, testPage, type World } from "./world.ts";

const SCALP = "/api/futures/ginie/modes/scalp";
const STOP_LOSS = "mode_configs.scalp.sltp.stop_loss_percent";
const TAKE_PROFIT = "mode_configs.scalp.sltp.take_profit_percent";

const field = ({ page }: Tab, path: string) =>
  page.locator(`[id="field-${path}"]`);

const row = ({ page }: Tab, path: string) => page.locator(`[id="row-${path}"]`);

const save = ({ page }: Tab) =>
  page.getByRole("button", { name: /^Save \d+ change/ });

async function stopLoss(world: World): Promise<number> {
  return (await world.ask("GET", SCALP)).body.sltp.stop_loss_percent;
}

testPage("a setting is edited, saved and reverted", async (world) => {
  const before = await stopLoss(world);
  await using tab = await world.tab();
  await tab.open("settings");
  await field(tab, STOP_LOSS).fill("1.3");
  await save(tab).click();
  await tab.page.getByText("1 setting saved.").waitFor();
  equal(await stopLoss(world), 1.3);
  match(await tab.page.locator("h1").innerText(), /^1 of \d+ settings differ/);

  await tab.page.getByRole("button", { name: "Load defaults…" }).click();
  const preview = tab.page.getByRole("dialog", { name: "Load the defaults" });
  await preview.getByText(STOP_LOSS).waitFor();
  equal(await stopLoss(world), 1.3);
  await preview.getByRole("button", { name: "Load 1 default" }).click();
  await tab.page.locator("h1", { hasText: /^All \d+ settings/ }).waitFor();
  equal(await stopLoss(world), before);

  await tab.page.getByRole("button", { name: "History" }).click();
  const changed = tab.page.getByRole("row").filter({ hasText: "→ 1.3" });
  await changed.getByRole("button", { name: "revert to here…" }).click();
  await tab.page.getByRole("dialog")
    .getByRole("button", { name: "Revert", exact: true }).click();
  await tab.page.locator("h1", { hasText: /^1 of \d+ settings/ }).waitFor();
  equal(await stopLoss(world), 1.3);
}, { user: "11" });

testPage("another client saves first: both values are shown", async (world) => {
  await using tab = await world.tab();
  await tab.open("settings");
  await field(tab, STOP_LOSS).fill("1.3");
  await field(tab, TAKE_PROFIT).fill("2.6");
  const theirs = { sltp: { stop_loss_percent: 1.9 } };
  equal((await world.ask("PATCH", SCALP, theirs)).status, 200);
  await save(tab).click();
  const dialog = tab.page.getByRole("dialog", {
    name: "Somebody else saved first",
  });
  const cells = dialog.getByRole("row").filter({ hasText: STOP_LOSS })
    .getByRole("cell");
  await cells.first().waitFor();
  deepEqual((await cells.allInnerTexts()).slice(1, 3), ["1.9", "1.3"]);
  equal(await stopLoss(world), 1.9, "nothing was saved over it");
  await dialog.getByRole("row").filter({ hasText: STOP_LOSS })
    .getByRole("button", { name: "take theirs" }).click();
  await dialog.getByRole("button", { name: "Save mine" }).click();
  await tab.page.getByText("1 setting saved.").waitFor();
  const { sltp } = (await world.ask("GET", SCALP)).body;
  deepEqual([sltp.stop_loss_percent, sltp.take_profit_percent], [1.9, 2.6]);
}, { user: "12" });

testPage(
  "what is refused is told at its field, in the API's words",
  async (world) => {
    await using tab = await world.tab();
    await tab.open("settings");
    const before = await stopLoss(world);
    await field(tab, STOP_LOSS).fill("-5");
    await save(tab).click();
    const fault = row(tab, STOP_LOSS).getByRole("alert");
    await fault.waitFor();
    const refused = await world.ask("PATCH", SCALP, {
      sltp: { stop_loss_percent: -5 },
    });
    equal(refused.status, 422);
    equal(await fault.innerText(), refused.body.errors[0].message);
    equal(await field(tab, STOP_LOSS).getAttribute("aria-invalid"), "true");
    await field(tab, STOP_LOSS).fill("nonsense");
    await save(tab).click();
    await row(tab, STOP_LOSS).getByRole("alert").waitFor();
    equal(await stopLoss(world), before);
  },
  { user: "13" },
);

testPage(
  "what was typed outlives the network, other pages and a hasty reload",
  async (world) => {
    await using tab = await world.tab();
    await tab.open("settings");
    await field(tab, STOP_LOSS).fill("1.4");
    await tab.page.route(`**${SCALP}`, (route) => route.abort());
    await save(tab).click();
    await tab.page.getByText("Cannot reach the service").waitFor();
    await tab.page.unroute(`**${SCALP}`);
    await tab.page.getByRole("link", { name: "Events" }).click();
    await tab.page.getByRole("link", { name: /^Settings/ }).click();
    equal(await field(tab, STOP_LOSS).inputValue(), "1.4");
    const asked = Promise.withResolvers<string>();
    tab.page.once("dialog", (dialog) => {
      asked.resolve(dialog.type());
      dialog.dismiss();
    });
    tab.page.evaluate(() => location.reload()).catch(() => {});
    equal(await asked.promise, "beforeunload");
    equal(await field(tab, STOP_LOSS).inputValue(), "1.4");
    await save(tab).click();
    await tab.page.getByText("1 setting saved.").waitFor();
    equal(await stopLoss(world), 1.4);
  },
  { user: "14" },
);
