/**
 * What is refused stands at its field, in the service's words; and what people
 * have put in, however long, breaks no page.
 *
 * @module
 */
import type { Locator } from "playwright-core";
import { equal } from "../support/assert.ts";
import { excessWidth, testPage, type World } from "./world.ts";

/** Waits for what stands at the field `input`, and gives its text. */
async function faultAt(input: Locator): Promise<string> {
  const field = input.locator("..");
  const fault = field.getByRole("alert");
  await fault.waitFor();
  equal(await input.getAttribute("aria-invalid"), "true");
  equal(
    await input.getAttribute("aria-describedby"),
    await fault.getAttribute("id"),
  );
  return await fault.innerText();
}

/** What the service says of the first field of a request. */
async function firstError(
  world: World,
  method: string,
  path: string,
  body?: unknown,
): Promise<string> {
  const answer = await world.ask(method, path, body);
  equal(answer.status, 400);
  return answer.body.errors[0].message;
}

testPage("what is refused stands at its field", async (world) => {
  await using tab = await world.tab();
  const { page } = tab;
  await tab.open("features");
  const symbols = page.getByLabel("Symbols");
  await symbols.fill("SYNA, -B");
  await page.getByRole("button", { name: "Generate" }).click();
  equal(
    await faultAt(symbols),
    await firstError(world, "POST", "/api/v1/signals/generate", {
      symbols: ["SYNA", "-B"],
    }),
  );
  equal(await page.getByRole("alert").count(), 1);
  // What is wrong with no field stands beneath the form.
  await symbols.fill("NONE");
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByText("Cannot read bars of NONE as the symbol").waitFor();
  equal(await symbols.getAttribute("aria-invalid"), null);

  const symbol = page.getByLabel("Symbol", { exact: true });
  await symbol.fill("-B");
  await page.getByRole("button", { name: "Show charts" }).click();
  equal(
    await faultAt(symbol),
    await firstError(world, "POST", "/api/v1/features/batch", {
      symbols: ["-B"],
    }),
  );
  await symbol.fill("OTHER");
  await page.getByRole("button", { name: "Show charts" }).click();
  await page.getByText("Cannot read bars of OTHER as the symbol").waitFor();
  // Where there is nothing to be drawn, it says why.
  await symbol.fill("SYNA");
  const until = page.getByLabel("Until");
  await until.fill("2030-01-01");
  await page.getByRole("button", { name: "Show charts" }).click();
  await page.getByText("Cannot read bars of SYNA as it has none on 2030-01-01")
    .waitFor();
  await until.fill("12024-01-01");
  await page.getByRole("button", { name: "Show charts" }).click();
  equal(
    await faultAt(until),
    await firstError(world, "POST", "/api/v1/features/batch", {
      symbols: ["SYNA"],
      date: "12024-01-01",
    }),
  );
  // Days without a bar are left out, as those before its first one.
  await until.fill("2024-01-31");
  await page.getByRole("button", { name: "Show charts" }).click();
  await page.getByText("109 days, 2023-09-01 to 2024-01-31").waitFor();
  equal(await page.getByText("Cannot read bars of SYNA").count(), 0);

  await page.getByRole("button", { name: "Invalidate…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Symbol").fill("-B");
  await dialog.getByRole("button", { name: "Invalidate" }).click();
  equal(
    await faultAt(dialog.getByLabel("Symbol")),
    await firstError(world, "DELETE", "/api/v1/features/-B"),
  );
  await dialog.getByRole("button", { name: "Cancel" }).click();

  await tab.open("operations");
  const user = page.getByLabel("User", { exact: true });
  await page.getByLabel("Name").fill("bot");
  await user.fill("no one");
  await page.getByRole("button", { name: "Make a key" }).click();
  const key = { name: "bot", scopes: ["read"], user: "no one" };
  equal(
    await faultAt(user),
    await firstError(world, "POST", "/api/admin/api-keys", key),
  );

  await tab.open("events");
  const channels = page.getByLabel("Channels");
  await channels.fill("no such channel");
  await page.getByRole("button", { name: "Show" }).click();
  equal(
    await faultAt(channels),
    await firstError(
      world,
      "GET",
      "/api/v1/events/stream?channel=no%20such%20channel",
    ),
  );
});

testPage("long names and values widen no page", async (world) => {
  const long = "w".repeat(64);
  const made = [
    await world.ask("PUT", `/api/v1/events/groups/${long}`, {
      channels: [`${long}.>`],
      start: "0",
    }),
    await world.ask("POST", "/api/admin/api-keys", {
      name: `${long}${long.slice(0, 36)}`,
      scopes: ["read", "write", "trade", "admin"],
      user: long + long,
    }),
    await world.ask("POST", "/api/v1/events", {
      event_type: "signal.triggered",
      key: long + long,
      data: { ticker: "SYNA", setup_id: long.repeat(4) },
    }),
  ];
  for (const { status, body } of made) {
    equal(status, 201, JSON.stringify(body));
  }
  await using tab = await world.tab({ width: 360 });
  const { page } = tab;
  for (const [name, region] of LONG_NAMES) {
    await tab.open(name);
    await page.getByRole("region", { name: region })
      .getByText(long).first().waitFor();
    equal(await excessWidth(tab), 0, name);
  }
});

/** Where a long name is shown, by page. */
const LONG_NAMES = [
  ["events", "Newest events first"],
  ["events", "Consumer groups"],
  ["operations", "API keys"],
] as const;
