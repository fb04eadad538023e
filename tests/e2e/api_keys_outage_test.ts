/**
 * API keys while Postgres is away: who was known goes on, who was not is not
 * called a liar.
 *
 * @module
 */
import { equal, match, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { startService } from "../support/service_process.ts";
import { requireService } from "../support/services.ts";
import { openTcpProxy } from "../support/tcp_proxy.ts";

const MODEL = "/api/v1/model/info";
const STRANGER = `hf_zzzzzzzzzzzz_${"A".repeat(43)}`;

const database = await requireService(import.meta.url, "postgres");

if (
  database !== undefined &&
  await needs(import.meta.url, ["read", "write", "run", "net", "env"])
) {
  Deno.test("e2e: a known key is good while Postgres is away, an unknown one is 503 until it is back", async () => {
    await using schema = await makeSchema(database);
    const address = new URL(schema.url);
    await using way = await openTcpProxy({
      hostname: address.hostname,
      port: Number(address.port),
    });
    address.hostname = way.hostname;
    address.port = `${way.port}`;
    const env = { DATABASE_URL: address.href, AUTH: "keys" };
    await using service = await startService(env);
    const root = /: (hf_\S+)$/m.exec(service.said.join("\n"))?.[1];
    ok(root, service.said.join("\n"));
    const ask = async (key: string) => {
      const response = await fetch(service.url + MODEL, {
        headers: { authorization: `Bearer ${key}` },
      });
      return { status: response.status, text: await response.text() };
    };
    equal((await ask(root)).status, 200);
    equal((await ask(STRANGER)).status, 401);

    await way.refuse();
    for (let i = 0; i < 3; i++) equal((await ask(root)).status, 200);
    const stranger = await ask(STRANGER);
    ok([503, 504].includes(stranger.status), stranger.text);
    match(stranger.text, /"detail":"Cannot /);
    equal((await ask(root)).status, 200);

    await way.mend();
    for (let status = 0; status !== 401;) {
      ({ status } = await ask(STRANGER));
      ok([401, 503, 504].includes(status), `${status}`);
    }
    equal((await ask(root)).status, 200);
  });
}
