/**
 * The Redis fast layer obeys the contract of its port.
 *
 * @module
 */
import { testFastLayer } from "../contracts/fast_layer.ts";
import {
  canStartRedis,
  openLayerSubject,
  type RedisServer,
  startRedis,
} from "../support/redis_world.ts";

if (await canStartRedis(import.meta.url)) {
  let server: RedisServer | undefined;
  Deno.test.beforeAll(async () => void (server = await startRedis()));
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
  testFastLayer("redis", () => openLayerSubject(server!));
}
