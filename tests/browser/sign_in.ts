/**
 * Who may do what: a key is asked for, and what it may not do is not offered.
 *
 * @module
 */
import { deepEqual, equal, match } from "../support/assert.ts";
import { violations } from "./axe.ts";
import { type Tab, testPage, type World } from "./world.ts";

async function signIn({ page }: Tab, key: string): Promise<void> {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
}

interface NewKey {
  readonly id: string;
  readonly key: string;
}

async function makeKey(
  world: World,
  admin: string,
  body: unknown,
): Promise<NewKey> {
  const response = await fetch(`${world.url}/api/admin/api-keys`, {
    method: "POST",
    headers: { Authorization: `Bearer ${admin}` },
    body: JSON.stringify(body),
  });
  equal(response.status, 201);
  return await response.json();
}

async function revoke(
  world: World,
  admin: string,
  { id }: NewKey,
): Promise<void> {
  const response = await fetch(`${world.url}/api/admin/api-keys/${id}`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${admin}` },
  });
  equal(response.ok, true);
  await response.body?.cancel();
}

const READER = { name: "reader", scopes: ["read"], user: "42" };

testPage("a key is asked for, and gives what it may", async (world) => {
  const admin = world.firstKey();
  const reader = await makeKey(world, admin, READER);
  await using tab = await world.tab();
  const { page } = tab;
  await tab.open("operations");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  deepEqual(await violations(tab), []);
  await signIn(tab, "hf_aaaaaaaaaaaa_nonsense");
  await page.getByText(/^Cannot /).waitFor();
  await signIn(tab, reader.key);
  await page.getByRole("region", { name: "Adapters" }).waitFor();
  match(
    await page.locator("h1").innerText(),
    /needs a key with the scope admin/,
  );
  equal(await page.getByRole("combobox").count(), 0);
  equal(await page.getByText("Kill switch").count(), 0);
  equal(await page.getByText("Log, warn and above").count(), 0);
  match(await page.locator("footer").innerText(), /as 42/);
  equal(await page.locator("header").getByRole("button").count(), 0);
  await page.getByRole("link", { name: "Settings", exact: true }).click();
  await page.locator(".setting").first().waitFor();
  equal(await page.locator(".setting input:enabled").count(), 0);
  equal(await page.getByText("Load defaults…").count(), 0);
  await page.getByRole("link", { name: "Features" }).click();
  await page.getByText("Signals are made with a key of the scope write")
    .waitFor();
  deepEqual(
    await page.locator("main").getByRole("button").allInnerTexts(),
    ["Show charts"],
  );
  await page.getByRole("button", { name: "Show charts" }).click();
  await page.getByText("158 features.").waitFor();
  await page.getByRole("link", { name: "Settings", exact: true }).click();

  await revoke(world, admin, reader);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await signIn(tab, admin);
  await page.locator(".setting input:enabled").first().waitFor();
  match(page.url(), /#\/settings$/);
  const kept = await page.evaluate(() => ({
    forLong: localStorage.length,
    address: location.href,
  }));
  equal(kept.forLong, 0);
  equal(kept.address.includes("hf_"), false);
}, { env: { AUTH: "keys" } });

testPage("who has signed in is not told to", async (world) => {
  await using tab = await world.tab();
  const { page } = tab;
  await tab.open("features");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.waitForLoadState("networkidle");
  await signIn(tab, world.firstKey());
  await page.getByText("No signals asked for yet.").waitFor();
  deepEqual(await page.getByRole("alert").allInnerTexts(), []);
}, { env: { AUTH: "keys" } });

testPage("an administrator acts for a user, and shows it", async (world) => {
  const admin = world.firstKey();
  const stopLoss = async (user: string) => {
    const path = `${world.url}/api/futures/ginie/modes/scalp`;
    const response = await fetch(path, {
      headers: { Authorization: `Bearer ${admin}`, "X-User-Id": user },
    });
    return (await response.json()).sltp.stop_loss_percent;
  };
  const before = await stopLoss("default");
  await using tab = await world.tab();
  const { page } = tab;
  await tab.open("settings");
  await signIn(tab, admin);
  const field = page.locator(
    '[id="field-mode_configs.scalp.sltp.stop_loss_percent"]',
  );
  const who = page.locator("header .who");
  const dialog = page.getByRole("dialog", { name: "Act for a user" });
  const act = dialog.getByRole("button", { name: "Act for this user" });

  await field.fill("1.1");
  await who.getByRole("button", { name: "default" }).click();
  await dialog.getByLabel("User id").fill("no one");
  await act.click();
  await dialog.getByText("1 of your settings is not saved").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Undo all" }).click();

  await who.getByRole("button", { name: "default" }).click();
  await act.click();
  const fault = dialog.getByRole("alert");
  await fault.filter({ hasText: /^Cannot use user id "no one"/ }).waitFor();
  deepEqual(await violations(tab), []);
  await dialog.getByLabel("User id").fill("77");
  await act.click();
  await who.getByText("acting for 77").waitFor();
  await page.locator("footer").filter({ hasText: "as 77" }).waitFor();
  await field.fill("1.7");
  await page.getByRole("button", { name: "Save 1 change" }).click();
  await page.getByText("1 setting saved.").waitFor();
  equal(await stopLoss("77"), 1.7);
  equal(await stopLoss("default"), before);
  // What is for administrators the user may not do, and nobody for him.
  await page.getByRole("link", { name: "Operations" }).click();
  await page.getByRole("region", { name: "Adapters" }).waitFor();
  equal(await page.getByText("Kill switch").count(), 0);

  await page.reload();
  await who.getByText("acting for 77").waitFor();
  await who.getByRole("button", { name: "Stop" }).click();
  await who.getByRole("button", { name: "default" }).waitFor();
  await page.getByRole("heading", { name: "Kill switch" }).waitFor();
}, { env: { AUTH: "keys" } });

testPage("an administrator makes and revokes a key", async (world) => {
  await using tab = await world.tab();
  const { page } = tab;
  await tab.open("operations");
  await signIn(tab, world.firstKey());
  await page.getByLabel("Name").fill("<b>bot</b>");
  await page.getByLabel("User", { exact: true }).fill("42");
  await page.getByRole("button", { name: "Make a key" }).click();
  match(await page.locator(".fresh code").innerText(), /^hf_[a-z0-9]{12}_/);
  const row = page.getByRole("region", { name: "API keys" })
    .locator("tbody tr").filter({ hasText: "<b>bot</b>" });
  await row.getByRole("button", { name: "revoke…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" })
    .click();
  await row.waitFor({ state: "detached" });
}, { env: { AUTH: "keys" } });
