/**
 * Who may do what: a key is asked for, and what it may not do is not offered.
 *
 * @module
 */
import { equal, match } from "../support/assert.ts";
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
  await page.getByRole("link", { name: "Settings", exact: true }).click();
  await page.locator(".setting").first().waitFor();
  equal(await page.locator(".setting input:enabled").count(), 0);
  equal(await page.getByText("Load defaults…").count(), 0);

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
