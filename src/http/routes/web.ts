/**
 * The dashboard's files, from this host and from nowhere else.
 *
 * They are bundled by `deno task web` and part of the program. Nothing in them
 * is secret: what they show comes from the API, under the key of who looks.
 *
 * @module
 */
import { z } from "zod";
import { GROUP_TITLES, SETTINGS } from "../../../domain/settings/catalogue.ts";
import { type AnswerHeaders, type Route, route } from "../route.ts";
import { PAGE_HEADERS } from "./docs.ts";

const ICON =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><polygon points="6,2.5 18,2.5 23.5,12 18,21.5 6,21.5 0.5,12" fill="none" stroke="#1a9a85" stroke-width="3"/></svg>\n`;

const HEADERS: AnswerHeaders = { ...PAGE_HEADERS, "Vary": "Accept-Encoding" };

/** One file. */
interface File {
  readonly type: string;
  load(): string | Promise<string>;
}

/** The files, loaded on first use. */
const FILES: Readonly<Record<string, File>> = {
  "dashboard.js": {
    type: "text/javascript",
    load: async () =>
      (await import("../../web/dist/dashboard.js", { with: { type: "text" } }))
        .default,
  },
  "dashboard.css": {
    type: "text/css",
    load: async () =>
      (await import("../../web/dist/dashboard.css", { with: { type: "text" } }))
        .default,
  },
  "icon.svg": { type: "image/svg+xml", load: () => ICON },
  "settings.json": { type: "application/json", load: printFields },
};

/** The routes of the dashboard's files. */
export function webRoutes(): readonly Route[] {
  return Object.entries(FILES).map(([name, { type, load }]) => {
    let packed: Promise<Uint8Array<ArrayBuffer>> | undefined;
    return route({
      method: "GET",
      path: `/web/${name}`,
      id: `getWeb:${name}`,
      summary: "A part of the dashboard",
      tags: ["Dashboard"],
      hidden: true,
      logLevel: "debug",
      request: {
        headers: z.object({ "Accept-Encoding": z.string().optional() }),
      },
      responses: {
        200: {
          description: "The file.",
          schema: type === "application/json" ? z.unknown() : z.string(),
          contentType: `${type}; charset=utf-8`,
        },
      },
      errors: [],
      handle: async ({ headers }) =>
        /\bgzip\b/.test(headers["Accept-Encoding"] ?? "")
          ? {
            status: 200,
            bytes: await (packed ??= gzipped(await load())),
            headers: { ...HEADERS, "Content-Encoding": "gzip" },
          }
          : { status: 200, text: await load(), headers: HEADERS },
    });
  });
}

async function gzipped(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const packing = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packing).arrayBuffer());
}

/** The table of settings, from which the dashboard makes its form. */
function printFields(): string {
  return JSON.stringify({
    groups: GROUP_TITLES,
    settings: SETTINGS.map(({ path, document, at, field }) => ({
      path,
      document,
      at,
      ...field,
    })),
  });
}
