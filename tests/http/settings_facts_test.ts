/**
 * Every field of the facts over HTTP, and the page that explains them all.
 *
 * @module
 */
import { SETTINGS } from "../../domain/settings/catalogue.ts";
import { TRADING_MODES } from "../../domain/settings/field.ts";
import facts from "../golden/settings_facts.json" with { type: "json" };
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { openSettings } from "./settings_client.ts";

interface Fact {
  readonly document: string;
  readonly path: string;
  readonly default: unknown;
}

const FACTS = facts.fields as unknown as readonly Fact[];

/** Where a field of each kind of document is found, and its default there. */
const PLACES: Readonly<
  Record<string, readonly (readonly [path: string, mode?: number])[]>
> = {
  mode: TRADING_MODES.map((mode, i) => [
    `/api/futures/ginie/modes/${mode}`,
    i,
  ]),
  scalp_reentry: [["/api/futures/ginie/scalp-reentry-config"]],
  circuit_breaker: [["/api/user/global-circuit-breaker"]],
  capital_allocation: [
    ["/api/futures/ginie/capital-allocation"],
    ["/api/futures/modes/allocations"],
  ],
  trading: [["/api/user/settings/trading"]],
};

Deno.test("a new user finds every field of the facts, with its default", async () => {
  const { get } = openSettings();
  const documents = new Map<string, unknown>();
  let found = 0;
  for (const { document, path, default: wanted } of FACTS) {
    for (const [at, mode] of PLACES[document]!) {
      if (!documents.has(at)) documents.set(at, (await get(at)).json);
      const value = path.split(".").reduce<unknown>(
        (value, name) => (value as Record<string, unknown>)[name],
        documents.get(at),
      );
      const expected = mode === undefined
        ? wanted
        : (wanted as readonly unknown[])[mode];
      // The facts have no risk level of a mode; ours is that of the whole.
      const isOurs = document === "mode" && path === "risk.risk_level";
      deepEqual(value, isOurs ? "moderate" : expected, `${at} ${path}`);
      found++;
    }
  }
  equal(found, 4 * 139 + 54 + 9 + 2 * 14 + 82);
});

Deno.test("the page tells of every setting once, in a table of its group", async () => {
  const { get } = openSettings();
  const { status, text, headers } = await get("/docs/settings");
  equal(status, 200);
  equal(headers.get("content-type"), "text/html; charset=utf-8");
  const rows = Array.from(
    text.matchAll(/<tr><td><code>([\w.]+)<\/code><\/td>(.*)<\/tr>/g),
    ([, path, rest]) => [path, rest] as const,
  );
  deepEqual(
    rows.map(([path]) => path).sort(),
    SETTINGS.map(({ path }) => path).sort(),
  );
  for (const [path, rest] of rows) {
    const { field } = SETTINGS.find((setting) => setting.path === path)!;
    ok(rest!.includes(`<span class="${field.risk}">`), path);
    ok(!/undefined|NaN|\[object/.test(rest!), rest);
    ok(rest!.includes(escaped(JSON.stringify(field.default))), rest);
    ok(rest!.includes(escaped(field.meaning)), rest);
    if (field.unit) ok(rest!.includes(` ${escaped(field.unit)}<`), rest);
  }
});

Deno.test("the page loads nothing but its style, from here", async () => {
  const { get } = openSettings();
  const { text, headers } = await get("/docs/settings");
  const loaded = Array.from(
    text.matchAll(/(?:src|href)="([^"#][^"]*)"/g),
    (m) => m[1],
  );
  deepEqual(loaded, ["data:,", "/docs/settings.css"]);
  ok(!/<script|<style|\son\w+=/.test(text), "nothing inline");
  const policy = headers.get("content-security-policy") ?? "";
  match(policy, /default-src 'none'/);
  ok(!policy.includes("unsafe"), policy);
  const style = await get("/docs/settings.css");
  equal(style.headers.get("content-type"), "text/css; charset=utf-8");
  for (const [, group] of text.matchAll(/href="#([^"]+)"/g)) {
    ok(text.includes(`<h2 id="${group}">`), group);
  }
});

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
