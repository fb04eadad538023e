/**
 * The newest lines of the log that somebody should look at.
 *
 * @module
 */
import { z } from "zod";
import type { WrittenLine } from "../../../ports/telemetry.ts";
import { type Route, route } from "../route.ts";
import { Instant, instantOf } from "../schemas.ts";

const RecentLog = z.object({
  lines: z.array(z.object({
    at: Instant,
    level: z.enum(["debug", "info", "warn", "error"]),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()),
  })).meta({ description: "The oldest first." }),
}).meta({
  id: "RecentLog",
  example: {
    lines: [{
      at: "2026-01-02T14:32:00.000Z",
      level: "warn",
      message: "mode changed",
      fields: { mode: "degraded", reason: "connection lost" },
    }],
  },
});

/** The route of the log; `lines` gives what there is at that moment. */
export function recentLogRoutes(
  lines: () => readonly WrittenLine[],
): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/admin/log",
      id: "getRecentLog",
      summary: "Recent log lines at warn and above",
      description:
        "The newest 200 that this instance has written since its start, " +
        "without secrets. A line of more than 4096 characters has lost its " +
        "fields. Those below `LOG_LEVEL` are not written.",
      tags: ["Administration"],
      logLevel: "debug",
      responses: { 200: { description: "The lines.", schema: RecentLog } },
      errors: [],
      handle: () => ({
        status: 200,
        json: {
          lines: lines().map(({ at, level, message, fields }) => ({
            at: instantOf(at),
            level,
            message,
            fields: { ...fields },
          })),
        },
      }),
    }),
  ];
}
