/**
 * The reference: the OpenAPI document and a page that shows it. Everything
 * comes from this host; the page asks no other.
 *
 * @module
 */
import { z } from "zod";
import { type AnswerHeaders, type Route, route } from "../route.ts";
import { DASHBOARD_PAGE } from "./dashboard_page.ts";

const TAGS = ["Reference"];

const Landing = z.object({
  name: z.literal("holdfast"),
  version: z.string(),
  documentation: z.string(),
  openapi: z.string(),
  asyncapi: z.string(),
  health: z.string(),
}).meta({ id: "Landing" });

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

// \`validatorUrl: null\` keeps the page from showing the document to a service
// on the internet.
const START = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
`;

/** What a page carries: it may load nothing that is not from here. */
export const PAGE_HEADERS: AnswerHeaders = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
  "Cache-Control": "no-cache",
};

const SETTINGS_STYLE =
  `body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ddd; padding: .35rem .6rem; text-align: left; vertical-align: top; }
td:first-child { overflow-wrap: anywhere; width: 26%; }
.high { color: #a40000; font-weight: 600; }
.medium { color: #8a5a00; }
`;

const ASSET_HEADERS: AnswerHeaders = {
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "max-age=3600",
};

const DASHBOARD_HEADERS: AnswerHeaders = {
  ...PAGE_HEADERS,
  "Content-Type": "text/html; charset=utf-8",
  "Vary": "Accept",
};

/** Loads the large files on first use: most processes never show the page. */
const ASSETS = {
  "start.js": async () => START,
  "settings.css": async () => SETTINGS_STYLE,
  "swagger-ui.css": async () =>
    (await import("swagger-ui-dist/swagger-ui.css", { with: { type: "text" } }))
      .default,
  "swagger-ui-bundle.js": async () =>
    (await import("swagger-ui-dist/swagger-ui-bundle.js", {
      with: { type: "text" },
    })).default,
};

/**
 * The routes of the reference.
 *
 * @param document Prints the OpenAPI document; asked once.
 */
export function docsRoutes(
  document: () => string,
  version: string,
): readonly Route[] {
  let printed: string | undefined;
  const landing = JSON.stringify(
    {
      name: "holdfast",
      version,
      documentation: "/docs",
      openapi: "/openapi.json",
      asyncapi: "/asyncapi.json",
      health: "/health",
    } satisfies z.output<typeof Landing>,
  );

  return [
    route({
      method: "GET",
      path: "/",
      id: "getLanding",
      summary: "The dashboard, or where to go from here",
      description:
        "Browsers, which ask for `text/html`, get the dashboard; programs get " +
        "JSON.",
      tags: TAGS,
      request: { headers: z.object({ Accept: z.string().optional() }) },
      responses: {
        200: {
          description: "The way, or the page.",
          schema: Landing,
          also: { "text/html; charset=utf-8": z.string() },
        },
      },
      errors: [],
      handle: ({ headers: { Accept } }) =>
        Accept?.includes("text/html")
          ? { status: 200, text: DASHBOARD_PAGE, headers: DASHBOARD_HEADERS }
          : { status: 200, text: landing, headers: { Vary: "Accept" } },
    }),

    route({
      method: "GET",
      path: "/openapi.json",
      id: "getOpenApi",
      summary: "This document",
      tags: TAGS,
      responses: {
        200: {
          description: "The OpenAPI document.",
          schema: z.record(z.string(), z.unknown()),
        },
      },
      errors: [],
      handle: () => ({
        status: 200,
        text: printed ??= document(),
        headers: { "Cache-Control": "no-cache" },
      }),
    }),

    route({
      method: "GET",
      path: "/docs",
      id: "getDocs",
      summary: "This page",
      tags: TAGS,
      responses: {
        200: {
          description: "The reference page.",
          schema: z.string(),
          contentType: "text/html; charset=utf-8",
        },
      },
      errors: [],
      handle: () => ({ status: 200, text: PAGE, headers: PAGE_HEADERS }),
    }),

    ...assetRoutes(),
  ];
}

function assetRoutes(): Route[] {
  return Object.entries(ASSETS).map(([name, load]) => {
    const isScript = name.endsWith(".js");
    return route({
      method: "GET",
      path: `/docs/${name}`,
      id: `getDocs:${name}`,
      summary: `A part of the reference page`,
      tags: TAGS,
      hidden: true,
      responses: {
        200: {
          description: "The file.",
          schema: z.string(),
          contentType: `text/${isScript ? "javascript" : "css"}; charset=utf-8`,
        },
      },
      errors: [],
      handle: async () => ({
        status: 200,
        text: await load(),
        headers: ASSET_HEADERS,
      }),
    });
  });
}
