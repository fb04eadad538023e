/**
 * The upkeep of a Redis server.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { FastLayerUpkeep } from "../../ports/fast_layer_upkeep.ts";
import { PortError } from "../../ports/port_error.ts";
import { parseRedisAddress, type RedisLocation } from "./address.ts";
import { createDeadlines } from "./deadlines.ts";
import { resetCall } from "./drain.ts";
import { connectionFaultOf, serverName } from "./errors.ts";
import { examineRedis } from "./examine.ts";
import { CHECKPOINT } from "./keys.ts";
import { type Link, openLink } from "./link.ts";
import { runScript } from "./run.ts";
import { createFencedScript } from "./script.ts";
import inspect from "./scripts/inspect.lua" with { type: "text" };

/** How long taking over may last: stretches of a log are dropped with it. */
const TAKE_OVER_MS = 10_000;

const INSPECT = createFencedScript("inspect", inspect);

/**
 * Looks after the server at `location`; connects to nothing yet.
 *
 * @throws {PortError} `invalid` when the location is malformed.
 */
export function createRedisUpkeep(
  location: RedisLocation,
  clock: Clock,
): FastLayerUpkeep {
  const address = parseRedisAddress(location);
  return {
    examine: () => examineRedis(location, clock),

    async takeOver(mark, to) {
      const deadlines = createDeadlines(clock);
      const dueAt = clock.monotonic() + TAKE_OVER_MS;
      let link: Link | undefined;
      try {
        const limits = { connectMs: TAKE_OVER_MS, dueAt };
        link = await openLink(address, deadlines, limits);
        const look = { script: INSPECT, keys: [CHECKPOINT], args: [""] };
        const [history] = await runScript(link, look, dueAt) as [string];
        const call = resetCall(history, mark, to);
        const reply = await runScript(link, call, dueAt);
        return reply !== "fenced" && (reply as [number])[0] === 1;
      } catch (error) {
        const { kind, reason } = connectionFaultOf(error);
        throw new PortError(
          kind === "setup" ? "unsupported" : "unavailable",
          `Cannot take over ${serverName(address)} as ${reason}`,
          { cause: error },
        );
      } finally {
        link?.close();
        deadlines.stop();
      }
    },
  };
}
