/**
 * Taking over a Redis that follows another database.
 *
 * Nothing in it is believed after that: the checkpoint moves, in one step and
 * from the very one that was looked at, to the head of this database's log,
 * under a generation that no value has yet. Instances of the other database
 * find a log that is not theirs and go on without Redis.
 *
 * @module
 */
import { parseCheckpoint } from "../../domain/checkpoint.ts";
import { PortError } from "../../ports/port_error.ts";
import type { ForeignRedis } from "../cli/machine.ts";
import type { Upkeep } from "../composition/upkeep.ts";

/**
 * The Redis that `upkeep` names, if it follows another database.
 *
 * @throws {PortError} `unavailable` when either cannot be looked at,
 * `unsupported` when a later version uses it.
 */
export async function findForeignRedis(
  { database, fastLayer, entropy }: Upkeep,
): Promise<ForeignRedis | undefined> {
  if (!database || !fastLayer) {
    throw new PortError(
      "invalid",
      "Cannot take a Redis over as none is configured: set REDIS_URL",
    );
  }
  const [record, fast] = await Promise.all([
    database.examine(false),
    fastLayer.examine(),
  ]);
  const { log } = record;
  const bad = [...record.findings, ...fast.findings]
    .find(({ level }) => level === "fail");
  if (!log || !fast.isFit) {
    throw new PortError(
      "unavailable",
      `Cannot take ${fast.name} over as not all is well: ${
        bad?.says ?? "the database has no log yet: holdfast migrate up"
      }`,
    );
  }
  const { mark, name, others } = fast;
  const at = mark === undefined ? undefined : parseCheckpoint(mark);
  if (mark === undefined || at === undefined) return undefined;
  if (at === "newer") {
    throw new PortError(
      "unsupported",
      `Cannot take ${name} over as a later version of Holdfast uses it: update this one`,
    );
  }
  if (log.epoch === at.epoch || log.formerEpochs.includes(at.epoch)) {
    return undefined;
  }
  return {
    name,
    others,
    takeOver: () =>
      fastLayer.takeOver(mark, {
        epoch: log.epoch,
        generation: entropy.bytes(8).toHex(),
        position: log.position,
        settingsPosition: log.settingsPosition,
      }),
  };
}
