/**
 * Following the log.
 *
 * @module
 */
import type { ChannelMatcher } from "../../domain/event/channel_pattern.ts";
import type { EventBus, EventPage } from "../../ports/event_bus.ts";
import {
  hasCode,
  isTransient,
  type PortError,
} from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { createBoundedWaiting } from "./bounded_waiting.ts";
import { type Pacing, pauseMs } from "./retry.ts";

/** Events of a page when nothing else is said. */
const DEFAULT_PAGE_SIZE = 128;

/** A bell that was not heard, or a log that began anew, delays no longer. */
const MAX_WAIT_MS = 5_000;

/** Where to begin, and what to look for. */
export interface SubscribeOptions extends Pacing {
  /** Events above this position. */
  readonly after: number;
  /** The epoch that `after` belongs to; that of the first page when absent. */
  readonly epoch?: string;
  /** Only channels that match; all when absent. */
  readonly channels?: ChannelMatcher | undefined;
  /** Ends the subscription. */
  readonly signal: AbortSignal;
  /** Most events of a page. */
  readonly pageSize?: number;
  /** How long more events are waited for once there is one: fewer, longer pages. */
  readonly gatherMs?: number;
  /** Counts the failures that are waited out. */
  readonly telemetry?: Telemetry;
}

/**
 * Yields the log in stretches, each beginning where the one before ended: no
 * matching event is lost, repeated or out of order, whatever the bus goes
 * through. A page without events says that the log went on without a match.
 *
 * Reads nothing ahead: the next page is read when it is asked for. A bus that
 * cannot be reached, or that has yet to catch up with what was read elsewhere,
 * is tried again until it answers. Ends when `signal` aborts.
 *
 * @throws {PortError} `expired` when the reader was too slow; `epoch_changed`
 * when the log began another life; `closed`; `invalid` when the first `after`
 * lies beyond the head.
 */
export async function* subscribe(
  bus: Pick<EventBus, "read" | "wait">,
  options: SubscribeOptions,
): AsyncGenerator<EventPage, void> {
  const { channels, signal, clock, entropy, telemetry } = options;
  const { gatherMs = 0 } = options;
  const limit = options.pageSize ?? DEFAULT_PAGE_SIZE;
  const waiting = createBoundedWaiting(clock, MAX_WAIT_MS, signal);
  let { after, epoch } = options;
  let readBefore = false;
  let isAtEnd = false;
  let failures = 0;

  try {
    while (!signal.aborted) {
      let page: EventPage;
      let wasRung = false;
      try {
        if (isAtEnd) {
          isAtEnd = false;
          wasRung = await waiting.until((stop) => bus.wait(after, stop));
          if (wasRung && gatherMs > 0) await clock.sleep(gatherMs, signal);
        }
        page = await bus.read({
          after,
          limit,
          ...(channels && { channels }),
          ...(epoch !== undefined && { epoch }),
        }, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isTransient(error) && !(readBefore && isBehind(error))) {
          throw error;
        }
        telemetry?.count("holdfast_port_errors_total", {
          port: "event_bus",
          code: error.code,
        });
        await pause(++failures);
        continue;
      }
      readBefore = true;
      epoch = page.head.epoch;
      isAtEnd = page.scannedTo >= page.head.position;
      if (page.scannedTo === after) {
        // A bus that rings in vain must not be asked without end.
        if (wasRung) await pause(1);
        continue;
      }
      failures = 0;
      after = page.scannedTo;
      yield page;
    }
  } finally {
    waiting.stop();
  }

  async function pause(failures: number): Promise<void> {
    try {
      await clock.sleep(pauseMs(failures, entropy), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** Whether the log of a bus ends before what has been read of it elsewhere. */
export function isBehind(error: unknown): error is PortError {
  return hasCode(error, "invalid") && error.facts["head"] !== undefined;
}
