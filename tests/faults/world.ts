/**
 * Two instances of a service on one Postgres and one Redis, each with ways of
 * its own to both, and a second Redis to fail over to.
 *
 * @module
 */
import { needs, skip } from "../support/needs.ts";
import {
  createPostgres,
  findPostgres,
  type PrivatePostgres,
} from "../support/postgres_server.ts";
import {
  createRedis,
  findRedis,
  type PrivateRedis,
} from "../support/redis_server.ts";
import { startService } from "../support/service_process.ts";
import { openTcpProxy, type TcpAddress } from "../support/tcp_proxy.ts";
import { createInstance, type Instance, type Launch } from "./instance.ts";
import { createOutages, type Outages } from "./outages.ts";

/** Where the programs of the servers are. */
export interface Programs {
  readonly postgres: string;
  readonly redis: string;
}

/** Everything that faults happen to. */
export interface World extends AsyncDisposable {
  readonly postgres: PrivatePostgres;
  /** The server that instances reach. */
  readonly redis: PrivateRedis;
  /** The other one, which is down and holds what it held when it was left. */
  readonly spare: PrivateRedis;
  readonly instances: readonly [Instance, Instance];
  /** Makes another instance, which is not started either; it goes with the world. */
  another(name: string): Promise<Instance>;
  /** What excuses failures. */
  readonly outages: Outages;
  /** Makes `spare` the Redis of the world, and the other one the spare. */
  swapRedis(): void;
}

/**
 * Finds the programs; without them, or where this process may not run them,
 * registers why as a skipped test.
 */
export async function requirePrograms(
  file: string,
): Promise<Programs | undefined> {
  const rights = ["read", "write", "run", "net", "env", "sys"] as const;
  if (!await needs(file, rights)) return undefined;
  const programs = await findAllPrograms();
  if (typeof programs !== "string") return programs;
  skip(file, programs);
  return undefined;
}

/** The programs, or what is missing, as the end of a sentence. */
export async function findAllPrograms(): Promise<Programs | string> {
  const [redis, postgres] = await Promise.all([findRedis(), findPostgres()]);
  if (!redis) return "there is no redis-server; to run it, install it";
  if (!postgres) return "there is no postgres; to run it, install it";
  return { redis, postgres };
}

/** Opens a world with all of its servers up and its instances not started. */
export async function openWorld(
  programs: Programs,
  options: { readonly launch?: Launch } = {},
): Promise<World> {
  const { launch = startService } = options;
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(await createPostgres(programs.postgres));
  const servers = [
    stack.use(await createRedis(programs.redis)),
    stack.use(await createRedis(programs.redis)),
  ] as const;
  await Promise.all([postgres.start(), servers[0].start()]);
  let [redis, spare]: readonly PrivateRedis[] = servers;

  async function openInstance(
    name: string,
    owner: AsyncDisposableStack,
  ): Promise<Instance> {
    const ways = {
      redis: owner.use(await openTcpProxy(redis!)),
      postgres: owner.use(await openTcpProxy(addressOf(postgres))),
    };
    return owner.use(createInstance(name, ways, launch));
  }
  const ann = await openInstance("ann", stack);
  const bob = await openInstance("bob", stack);
  const held = stack.move();

  return {
    postgres,
    get redis() {
      return redis!;
    },
    get spare() {
      return spare!;
    },
    instances: [ann, bob],
    another: (name) => openInstance(name, held),
    outages: createOutages(() => performance.now()),
    swapRedis() {
      [redis, spare] = [spare, redis];
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Where a private Postgres listens. */
export function addressOf({ url }: PrivatePostgres): TcpAddress {
  const { hostname, port } = new URL(url);
  return { hostname, port: Number(port) };
}
