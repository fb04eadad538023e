/**
 * A member within this process: takes, handles, settles.
 *
 * @module
 */
import type { NewEvent } from "../../../domain/event/event.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Entropy } from "../../../ports/entropy.ts";
import { hasCode, isTransient, PortError } from "../../../ports/port_error.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { errorFields } from "../error_fields.ts";
import { pauseMs, retry } from "../retry.ts";
import type { Delivery } from "./delivery.ts";
import type { EventGroups } from "./groups.ts";
import type { Consumption } from "./handling.ts";

/** How long one look for events waits. */
const POLL_MS = 5000;

/**
 * Consumes until `signal` aborts; ends when the handlers under way have ended.
 * Takes no more than it has hands for. While the group has lost its place in
 * the log, it waits for somebody to `seek`.
 *
 * @throws {PortError} `not_found` when there is no such group, or no more.
 */
export async function consumeGroup(
  groups: Pick<EventGroups, "take" | "settle" | "extend">,
  parts: Consumption & {
    readonly name: string;
    readonly clock: Clock;
    readonly entropy: Entropy;
    readonly telemetry: Telemetry;
  },
  signal: AbortSignal,
): Promise<void> {
  const { name, member, handler, clock, entropy, telemetry } = parts;
  const { concurrency = 1000 } = parts;
  const busy = new Set<Promise<void>>();
  let failures = 0;

  while (!signal.aborted) {
    try {
      const limit = concurrency - busy.size;
      if (limit === 0) {
        await Promise.race(busy);
        continue;
      }
      const polling = { member, limit, waitMs: POLL_MS };
      const { deliveries, group } = await groups.take(name, polling, signal);
      failures = 0;
      for (const delivery of deliveries) {
        const work = handle(delivery, group.policy.leaseMs);
        busy.add(work);
        void work.finally(() => busy.delete(work));
      }
    } catch (error) {
      if (signal.aborted) break;
      if (hasCode(error, "not_found")) {
        await Promise.all(busy);
        throw error;
      }
      telemetry.count("holdfast_port_errors_total", {
        port: "group_store",
        code: error instanceof PortError ? error.code : "internal",
      });
      if (failures++ === 0) {
        telemetry.log("warn", "group cannot go on", {
          group: name,
          ...errorFields(error),
        });
      }
      await clock.sleep(pauseMs(failures, entropy), signal).catch(() => {});
    }
  }
  await Promise.all(busy);

  async function handle(delivery: Delivery, leaseMs: number): Promise<void> {
    const { event, token, attempt } = delivery;
    const ref = { position: event.position, token };
    const lost = new AbortController();
    const done = new AbortController();
    const renewing = renew(ref, leaseMs, lost, done.signal);
    const stop = () => lost.abort(signal.reason);
    signal.addEventListener("abort", stop);
    try {
      let settlement;
      let effects: readonly NewEvent[] = [];
      try {
        effects = await handler(event, { attempt, signal: lost.signal }) ?? [];
        settlement = { acks: [ref] };
      } catch (error) {
        // Who was told to stop has not failed: the lease runs out.
        if (lost.signal.aborted) return;
        const said = error instanceof Error ? error.message : String(error);
        settlement = { nacks: [{ ...ref, error: said }] };
      }
      await settleSurely(ref, settlement, effects);
    } catch (error) {
      telemetry.log("warn", "event not settled", {
        group: name,
        position: event.position,
        ...errorFields(error),
      });
    } finally {
      signal.removeEventListener("abort", stop);
      done.abort();
      await renewing;
    }
  }

  /** Tries until the database answers, or the delivery is another's. */
  async function settleSurely(
    ref: { readonly position: number; readonly token: string },
    settlement: Parameters<EventGroups["settle"]>[1],
    effects: readonly NewEvent[],
  ): Promise<void> {
    let isInDoubt = false;
    await retry(
      async () => {
        try {
          await groups.settle(name, settlement, effects);
        } catch (error) {
          if (!(error instanceof PortError)) throw error;
          // The attempt whose answer was lost has settled it.
          if (isInDoubt && error.code === "fenced") return;
          // Effects that the log refuses are the handler's failure.
          const isRefused = error.code === "invalid" ||
            error.code === "conflict";
          if (isRefused && effects.length > 0) {
            const nacks = [{ ...ref, error: error.message }];
            return void await groups.settle(name, { nacks });
          }
          isInDoubt ||= error.code === "timeout";
          throw error;
        }
      },
      parts,
      10,
    );
  }

  async function renew(
    ref: { readonly position: number; readonly token: string },
    leaseMs: number,
    lost: AbortController,
    done: AbortSignal,
  ): Promise<void> {
    while (!done.aborted) {
      await clock.sleep(leaseMs / 3, done).catch(() => {});
      if (done.aborted) return;
      try {
        await groups.extend(name, [ref]);
      } catch (error) {
        if (!done.aborted && !isTransient(error)) return lost.abort(error);
      }
    }
  }
}
