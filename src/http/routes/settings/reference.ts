/**
 * The page of all settings, written from the tables of fields.
 *
 * @module
 */
import { z } from "zod";
import {
  GROUP_TITLES,
  type Setting,
  SETTINGS,
} from "../../../../domain/settings/catalogue.ts";
import type { FieldType } from "../../../../domain/settings/field.ts";
import { PAGE_HEADERS } from "../docs.ts";
import { type Route, route } from "../../route.ts";
import { TAGS } from "./schemas.ts";

/** The route of the page. */
export function referenceRoute(): Route {
  let page: string | undefined;
  return route({
    method: "GET",
    path: "/docs/settings",
    id: "getSettingsReference",
    summary: "Every setting: what it does, its range, default and risk",
    description: "A page for people, written from the tables that validate.",
    tags: TAGS,
    responses: {
      200: {
        description: "The page.",
        schema: z.string(),
        contentType: "text/html; charset=utf-8",
      },
    },
    errors: [],
    handle: () => ({
      status: 200,
      text: page ??= printPage(),
      headers: PAGE_HEADERS,
    }),
  });
}

function printPage(): string {
  const groups = Object.entries(GROUP_TITLES);
  const list = groups.map(([name, title]) =>
    `<li><a href="#${name}">${escaped(title)}</a></li>`
  );
  const tables = groups.map(([name, title]) =>
    `<h2 id="${name}">${escaped(title)}</h2>\n<table>\n` +
    "<thead><tr><th>Path</th><th>Meaning</th><th>Values</th>" +
    "<th>Default</th><th>Risk</th></tr></thead>\n<tbody>\n" +
    SETTINGS.filter(({ group }) => group === name).map(printRow).join("\n") +
    "\n</tbody>\n</table>"
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast settings</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/settings.css">
</head>
<body>
<h1>Settings</h1>
<p>${SETTINGS.length} settings, by the paths that comparison and reset use.</p>
<ul>${list.join("")}</ul>
${tables.join("\n")}
</body>
</html>
`;
}

function printRow({ path, field }: Setting): string {
  const { impact, recommendation } = field;
  const advice = [
    impact === undefined ? "" : `Impact: ${impact}. `,
    recommendation === undefined ? "" : `Advice: ${recommendation}.`,
  ].join("");
  const meaning = escaped(field.meaning) +
    (advice === "" ? "" : `<br><small>${escaped(advice)}</small>`);
  const unit = field.unit === undefined ? "" : ` ${field.unit}`;
  const cells = [
    `<code>${escaped(path)}</code>`,
    meaning,
    escaped(valuesOf(field.type) + unit),
    `<code>${escaped(JSON.stringify(field.default))}</code>`,
    `<span class="${field.risk}">${field.risk}</span>`,
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

function valuesOf(type: FieldType): string {
  switch (type.kind) {
    case "flag":
      return "true, false";
    case "number": {
      const { whole, min, above, max } = type;
      const from = above === undefined ? `from ${min}` : `above ${above}`;
      return `${whole ? "whole number " : ""}${from} to ${max}`;
    }
    case "choice":
      return type.of.join(", ");
    case "duration":
      return "duration, such as 90s, 15m, 4h, 3d, or 0";
    case "time zone":
      return "IANA time zone";
    case "text":
      return `text of at most ${type.maxLength} characters`;
    case "numbers":
      return `at most ${type.maxItems} numbers from ${type.min} to ${type.max}${
        type.sum === undefined ? "" : `, together ${type.sum}`
      }${type.isRising ? ", rising" : ""}${type.isNullable ? "; or null" : ""}`;
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
