/**
 * What keeps people from using a page.
 *
 * @module
 */
import axe from "axe-core/axe.min.js" with { type: "text" };
import type { Tab } from "./world.ts";

/** Rows and charts that are made alike: the first of them stand for the rest. */
const ALIKE = [
  "fieldset:nth-of-type(n+4)",
  ".setting:nth-of-type(n+4)",
  "tbody tr:nth-child(n+4)",
  ".multiples figure:nth-child(n+4)",
];

/** What axe-core finds wrong: each rule with the first place that breaks it. */
export async function violations({ page }: Tab): Promise<string[]> {
  // Evaluated by the driver, which no content security policy binds.
  if (!await page.evaluate(() => "axe" in globalThis)) {
    await page.evaluate(axe);
  }
  return await page.evaluate(async (alike) => {
    // deno-lint-ignore no-explicit-any
    const found = await (globalThis as any).axe.run({ exclude: alike }, {
      resultTypes: ["violations"],
      // Style sheets are the same for every page.
      preload: false,
    });
    // deno-lint-ignore no-explicit-any
    return found.violations.map((one: any) =>
      `${one.id}: ${one.nodes[0].html.slice(0, 200)}`
    );
  }, ALIKE);
}
