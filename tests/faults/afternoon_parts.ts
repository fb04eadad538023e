/**
 * What services that are written in an afternoon have in common.
 *
 * @module
 */
import { within } from "../../scripts/server_process.ts";
import { type RedisReply, sendRedis } from "../support/resp.ts";

const { hostname, port } = new URL(Deno.env.get("REDIS_URL")!);

/** Sends a command; `undefined` where there is no answer soon. */
export function redis(...args: string[]): Promise<RedisReply | undefined> {
  return within(
    100,
    sendRedis({ hostname, port: Number(port) }, args).catch(() => undefined),
  );
}

/** Serves users; whoever is none is told that all is well. */
export function serve(
  handle: (request: Request, user: string) => Promise<Response>,
): void {
  Deno.serve({
    port: Number(Deno.env.get("PORT")),
    hostname: "127.0.0.1",
    onListen: ({ port }) =>
      console.log(`holdfast listening on http://127.0.0.1:${port}`),
    onError: (error) => new Response(String(error), { status: 503 }),
  }, (request) => {
    const user = request.headers.get("x-user-id");
    return user ? handle(request, user) : Response.json({ mode: "normal" });
  });
}
