/**
 * The client at a service that asks for keys.
 *
 * @module
 */
import { createHoldfast, type Holdfast } from "../../src/client/mod.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { startService } from "../support/service_process.ts";

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("client: a key is its user, and an admin's may be any", async () => {
    await using world = await openKeyedWorld();
    const { url, admin } = world;
    const nobody = createHoldfast({ url });
    await rejects(nobody.settings.get("scalp"), {
      code: "unidentified",
      status: 401,
    });
    equal((await nobody.health()).status, "healthy");

    const ann = createHoldfast({ url, apiKey: await world.keyOf("ann") });
    const mine = await ann.settings.get("scalp");
    deepEqual((await admin.as("ann").settings.get("scalp")).etag, mine.etag);
    ok((await admin.as("bob").settings.get("scalp")).etag !== mine.etag);
    await rejects(ann.as("bob").settings.get("scalp"), { status: 403 });
    await rejects(ann.groups.list(), { status: 403 });
  });

  Deno.test("client: a stream ends when its key is revoked", async () => {
    await using world = await openKeyedWorld();
    const { url, admin } = world;
    const ann = createHoldfast({ url, apiKey: await world.keyOf("ann") });
    const opened = Promise.withResolvers<void>();
    const following = (async () => {
      const onState = () => opened.resolve();
      for await (const _item of ann.events.subscribe({ onState }));
    })();
    await Promise.race([opened.promise, following]);
    const { json } = await admin.call("GET", "/api/admin/api-keys");
    const { api_keys: keys } = json as {
      api_keys: { id: string; user?: string }[];
    };
    const { id } = keys.find(({ user }) => user === "ann")!;
    const over = rejects(following, { code: "unidentified" });
    await admin.call("DELETE", `/api/admin/api-keys/${id}`);
    await over;
  });

  Deno.test("client: it keeps to the rate of its key", async () => {
    await using world = await openKeyedWorld({ RATE_LIMIT: "2" });
    const ann = createHoldfast({
      url: world.url,
      apiKey: await world.keyOf("ann"),
    });
    // More at once than the key may send: the rest waits as it is told to.
    const calls = Array.from({ length: 6 }, () => ann.signals.model());
    equal((await Promise.all(calls)).length, 6);
  });
}

/** A service that asks for keys, and its first one. */
async function openKeyedWorld(env: Record<string, string> = {}) {
  const path = await Deno.makeTempDir({ prefix: "holdfast-client-" });
  const service = await startService({ DATA_DIR: path, AUTH: "keys", ...env });
  const apiKey = /hf_[a-z0-9]+_[\w-]+/.exec(service.said.join("\n"))![0];
  const admin: Holdfast = createHoldfast({ url: service.url, apiKey });
  return {
    url: service.url,
    admin,
    /** Makes a key that is `user`'s. */
    async keyOf(user: string): Promise<string> {
      const body = { name: user, user, scopes: ["read", "write"] };
      const made = await admin.call("POST", "/api/admin/api-keys", { body });
      return (made.json as { key: string }).key;
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await Deno.remove(path, { recursive: true });
    },
  };
}
