/**
 * The Redis fast layer obeys the contract of its port: on the server that
 * `TEST_REDIS_URL` names, of whatever version or make it is.
 *
 * @module
 */
import { testFastLayer } from "../contracts/fast_layer.ts";
import { openLayerSubject, useRedis } from "../support/redis_world.ts";
import { requireService } from "../support/services.ts";

const url = await requireService(import.meta.url, "redis");

if (url) {
  let server: Awaited<ReturnType<typeof useRedis>> | undefined;
  Deno.test.beforeAll(async () => void (server = await useRedis(url)));
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
  testFastLayer("redis", () => openLayerSubject(server!));
}
