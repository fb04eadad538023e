/**
 * The upkeep of a Postgres database.
 *
 * @module
 */
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { DatabaseUpkeep } from "../../ports/database_upkeep.ts";
import type { Entropy } from "../../ports/entropy.ts";
import { PortError } from "../../ports/port_error.ts";
import { type Address, type Host, parseAddress } from "./address.ts";
import {
  DeadlineExceeded,
  isLost,
  toOpenError,
  toReadError,
} from "./errors.ts";
import { examineServer } from "./examine.ts";
import { type Link, openLink } from "./link.ts";
import { migrate } from "./migrate.ts";
import { readSchema } from "./schema.ts";

/** How long looking may take: connecting, and then each statement. */
const LOOK_MS = { connectMs: 700, statementMs: 400 };

/** How long work may take. */
const WORK_MS = { connectMs: 3000, statementMs: 60_000 };

/**
 * Looks after the database at `url`; connects to nothing yet.
 *
 * @throws {PortError} `invalid` when the address is malformed.
 */
export function createPostgresUpkeep({ url, ca, clock, entropy }: {
  readonly url: string;
  /** Whose certificates are believed, as PEM. */
  readonly ca?: string | undefined;
  readonly clock: Clock;
  readonly entropy: Entropy;
}): DatabaseUpkeep {
  const address = parseAddress(url, ca);
  const [first] = address.hosts;
  const nameAt = ({ host, port }: Host) =>
    `database ${address.database} at ${host}:${port}`;

  async function withLink<T>(
    limits: typeof LOOK_MS,
    work: (link: Link, host: Host) => Promise<T>,
  ): Promise<T> {
    const { link, host } = await openFirst(address, clock, limits);
    try {
      return await work(link, host);
    } catch (error) {
      if (error instanceof PortError) throw error;
      const isCutOff = isLost(error) || error instanceof DeadlineExceeded;
      throw isCutOff ? toReadError(error) : toOpenError(error, address, host);
    } finally {
      await link.close();
    }
  }

  async function migrateAll(): Promise<readonly string[]> {
    return await withLink(WORK_MS, (link, host) =>
      migrate(link, {
        name: nameAt(host),
        atMs: clock.now(),
        epoch: uuidV7(clock.now(), entropy.bytes(10)),
      }));
  }

  /** Runs what counts keys. */
  async function keys(text: string): Promise<number> {
    await migrateAll();
    return await withLink(WORK_MS, async (link) => {
      const [row] = await link.query<[number]>(text);
      return row![0];
    });
  }

  return {
    name: nameAt(first!),

    async examine() {
      try {
        return await withLink(
          LOOK_MS,
          (link, host) => examineServer(link, clock, nameAt(host)),
        );
      } catch (error) {
        if (!(error instanceof PortError)) throw error;
        return {
          findings: [{
            check: "database",
            level: "fail",
            says: error.message,
            mend: "start Postgres, or mend DATABASE_URL",
          }],
          log: undefined,
        };
      }
    },

    schema: () => withLink(LOOK_MS, readSchema),

    migrate: migrateAll,

    async beginEpoch() {
      await migrateAll();
      return await withLink(WORK_MS, async (link) => {
        await link.query(
          "/* upkeep */ SELECT leave_epoch(epoch) FROM log_head WHERE id = 1",
        );
        const [row] = await link.query<[string]>(
          "/* upkeep */ SELECT epoch FROM log_head WHERE id = 1",
        );
        return row![0];
      });
    },

    countKeys: () => keys("/* upkeep */ SELECT count(*)::integer FROM api_key"),

    revokeKeys: () =>
      keys(
        `/* upkeep */ WITH gone AS (DELETE FROM api_key RETURNING 1)
          SELECT count(*)::integer FROM gone`,
      ),
  };
}

/** Connects to the first host that lets it in and takes writes. */
async function openFirst(
  address: Address,
  clock: Clock,
  limits: typeof LOOK_MS,
): Promise<{ link: Link; host: Host }> {
  const { hosts } = address;
  const connectMs = limits.connectMs / hosts.length;
  let failure: unknown;
  for (const host of hosts) {
    try {
      const options = { ...limits, clock, connectMs };
      return { link: await openLink(address, host, options), host };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}
