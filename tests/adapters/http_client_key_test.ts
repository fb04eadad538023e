/**
 * Another process that asks for API keys.
 *
 * @module
 */
import { createHttpClient } from "../../adapters/http/client.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { deepEqual, rejects } from "../support/assert.ts";

const ANN = parseUserId("ann");
const clock = createSystemClock();

/** A server that answers as `handler` does. */
function serve(handler: (request: Request) => Response, apiKey?: string) {
  const server = Deno.serve({ port: 0, onListen: () => {} }, handler);
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const client = createHttpClient({ name: "gateway", url, clock, apiKey });
  return { client, [Symbol.asyncDispose]: () => server.shutdown() };
}

const get = { method: "GET", path: "/x" } as const;

Deno.test("a service that asks for keys is shown one, whoever is acted for", async () => {
  const apiKey = `hf_abcdefghij09_${"A".repeat(43)}`;
  const seen: (string | null)[] = [];
  await using server = serve(({ headers }) => {
    seen.push(headers.get("authorization"), headers.get("x-user-id"));
    return Response.json({});
  }, apiKey);
  await server.client.ask({ ...get, user: ANN });
  deepEqual(seen, [`Bearer ${apiKey}`, "ann"]);
});

Deno.test("a service that does not let this process in has done nothing, and says what is missing", async () => {
  for (const [status, code] of [[401, "unidentified"], [403, "forbidden"]]) {
    const type = `urn:holdfast:problem:${code}`;
    await using server = serve(() =>
      Response.json({ type, detail: "Cannot" }, { status: Number(status) })
    );
    for (const unreadable of ["corrupt", "timeout"] as const) {
      await rejects(server.client.ask({ ...get, unreadable }), {
        code: "unavailable",
        message:
          "Cannot ask the gateway as it does not let this process in: set SERVICE_KEY to an API key of it with the scope admin",
      });
    }
  }
});
