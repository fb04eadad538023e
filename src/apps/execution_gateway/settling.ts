/**
 * Reports of the venue that wait to be taken in: those of one user together.
 *
 * @module
 */
import type { UserId } from "../../../domain/user_id.ts";
import type { BrokerReport } from "../../../ports/broker.ts";
import { hasCode } from "../../../ports/port_error.ts";
import { fromReadingOn } from "./commits.ts";
import type { Lanes } from "./lanes.ts";
import type { GatewayParts } from "./parts.ts";
import {
  createReports,
  MAX_FILLS,
  type Settled,
  type ToldReport,
} from "./reports.ts";

/** Reports that one commit takes in. */
const MAX_REPORTS = 50;

/** Takes reports in. */
export interface Settling {
  /**
   * Takes a report of the venue in. One that cannot be changes nothing but the
   * reason of the order, is logged and counted.
   *
   * @returns The order as it stands then, and whether the report made sense;
   * `undefined` when there is no such order.
   */
  settle(
    user: UserId,
    id: string,
    report: BrokerReport,
  ): Promise<Settled | undefined>;
}

/** A report that waits to be taken in. */
type Waiting =
  & ToldReport
  & Pick<PromiseWithResolvers<Settled | undefined>, "resolve" | "reject">;

/** Creates it, in `lanes` of users; `dayAt` as for `createReports`. */
export function createSettling(
  parts: GatewayParts,
  lanes: Lanes,
  dayAt: (user: UserId, at: number) => Promise<string>,
): Settling {
  const reports = createReports(parts, dayAt);
  const queues = new Map<UserId, Waiting[]>();

  /** The next reports of a user, of different orders. */
  function nextOf(user: UserId): Waiting[] {
    const chosen = new Map<string, Waiting>();
    const left: Waiting[] = [];
    let fills = 0;
    for (const one of queues.get(user) ?? []) {
      const sum = fills + one.report.fills.length;
      const fits = sum <= MAX_FILLS && chosen.size < MAX_REPORTS;
      const isNext = !chosen.has(one.id) && (chosen.size === 0 || fits);
      if (isNext) {
        chosen.set(one.id, one);
        fills = sum;
      } else left.push(one);
    }
    if (left.length > 0) queues.set(user, left);
    else queues.delete(user);
    return [...chosen.values()];
  }

  /** Takes reports in, together or not at all; never throws. */
  async function finish(user: UserId, all: readonly Waiting[]): Promise<void> {
    for (let batch = all; batch.length > 0;) {
      try {
        const ends = await fromReadingOn(
          () => reports.takeIn(user, batch),
          parts,
        );
        batch = batch.filter(({ resolve }, i) => {
          const end = ends[i];
          if (end === "again") return true;
          resolve(end);
          return false;
        });
      } catch (error) {
        const isAll = batch.length === 1 ||
          hasCode(error, "unavailable", "timeout");
        if (isAll) return batch.forEach(({ reject }) => reject(error));
        // One of them is at fault, and the others need not suffer.
        for (const one of batch) await finish(user, [one]);
        return;
      }
    }
  }

  return {
    async settle(user, id, report) {
      const { promise, resolve, reject } = Promise.withResolvers<
        Settled | undefined
      >();
      const waiting = { id, report, resolve, reject };
      queues.getOrInsertComputed(user, () => []).push(waiting);
      try {
        // Whoever comes first takes in what others have brought meanwhile.
        await lanes.run(user, () => finish(user, nextOf(user)));
      } catch (error) {
        const left = queues.get(user)?.filter((one) => one !== waiting) ?? [];
        if (left.length > 0) queues.set(user, left);
        else queues.delete(user);
        reject(error);
      }
      return await promise;
    },
  };
}
