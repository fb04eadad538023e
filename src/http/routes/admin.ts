/**
 * What an operator may look at and turn.
 *
 * @module
 */
import { z } from "zod";
import {
  PORT_NAMES,
  type PortAdapter,
  type SystemState,
} from "../../services/system_state.ts";
import { type Route, route } from "../route.ts";

const TAGS = ["Administration"];

const EXAMPLE = {
  port: "settings_store",
  active: "redis",
  pinned: null,
  choices: ["redis", "postgres"],
} as const;

/** An adapter of a port, as clients see it. */
export const Adapter = z.object({
  port: z.enum(PORT_NAMES),
  active: z.string().meta({ description: "Where calls go now." }),
  pinned: z.string().nullable().meta({
    description: "What it is pinned to; null while the mode decides.",
  }),
  choices: z.array(z.string()).meta({ description: "What it can be on." }),
}).meta({ id: "Adapter", example: { ...EXAMPLE } });

const Adapters = z.object({
  mode: z.enum(["normal", "degraded", "unverified"]),
  redis_status: z.enum(["connected", "disconnected", "disabled"]),
  reason: z.string().nullable().meta({
    description: "Why Redis is not used now; null while it is.",
  }),
  adapters: z.array(Adapter),
}).meta({
  id: "Adapters",
  example: {
    mode: "normal",
    redis_status: "connected",
    reason: null,
    adapters: [{ ...EXAMPLE }],
  },
});

/** The routes of administration. */
export function adminRoutes(state: SystemState): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/admin/adapters",
      id: "getAdapters",
      summary: "Which adapter each port is on",
      tags: TAGS,
      responses: {
        200: { description: "Mode, Redis and ports.", schema: Adapters },
      },
      errors: [],
      handle: () => ({
        status: 200,
        json: {
          mode: state.mode(),
          redis_status: state.redis(),
          reason: state.fault() ?? null,
          adapters: state.adapters().map(adapterOf),
        },
      }),
    }),

    route({
      method: "PUT",
      path: "/api/admin/adapters/{port}",
      id: "putAdapter",
      summary: "Pin a port to an adapter, or release it",
      description:
        "Changes where reads come from, never how a write is acknowledged. " +
        "Lasts until it is released or the process ends.",
      tags: TAGS,
      request: {
        params: z.strictObject({ port: z.enum(PORT_NAMES) }),
        body: z.strictObject({
          adapter: z.string().max(32).nullable().meta({
            description: "The adapter; null releases the port.",
          }),
        }).meta({ example: { adapter: "postgres" } }),
      },
      responses: {
        200: { description: "The port as it is now.", schema: Adapter },
      },
      errors: [503, 504],
      handle: async ({ params: { port }, body: { adapter } }) => ({
        status: 200,
        json: adapterOf(
          adapter === null
            ? await state.release(port)
            : await state.pin(port, adapter),
        ),
      }),
    }),
  ];
}

/** Prints the adapter of a port. */
export function adapterOf({ port, active, pinned, choices }: PortAdapter) {
  return { port, active, pinned: pinned ?? null, choices: [...choices] };
}
