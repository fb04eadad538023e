/**
 * How fast the event bus is: publishing, delivery, fan-out, replay, and what
 * memory a long run takes.
 *
 * @module
 */
import { benchDelivery } from "./events_delivery_bench.ts";
import { benchPublishing } from "./events_publish_bench.ts";
import { benchReplay } from "./events_replay_bench.ts";
import { benchSoak } from "./events_soak_bench.ts";
import type { Figure } from "./figure.ts";

/**
 * Measures over new schemas at `url` and Redis servers of its own, from `bin`.
 *
 * @param soakSeconds How long the soak lasts.
 */
export async function benchEvents(
  url: string,
  bin: string,
  soakSeconds: number,
): Promise<Figure[]> {
  return [
    ...await benchPublishing(url),
    ...await benchDelivery(url, bin),
    ...await benchReplay(url),
    ...await benchSoak(url, bin, soakSeconds),
  ];
}
