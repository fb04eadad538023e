/**
 * How far groups are.
 *
 * @module
 */
import { parseChannelPatterns } from "../../../domain/event/channel_pattern.ts";
import type { LogHead } from "../../../domain/event/event.ts";
import type { GroupHead } from "../../../domain/event_group/change.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { EventBus } from "../../../ports/event_bus.ts";
import type { GroupSummary } from "../../../ports/event_groups.ts";
import { PortError } from "../../../ports/port_error.ts";

/** Looks at a log with no match are not made longer than this. */
const MAX_PAGES = 4;

/** A group, and how far it is behind. */
export interface GroupView extends GroupSummary {
  /** The log as it was when this was found. */
  readonly head: LogHead;
  /** Positions from its checkpoint to the head; `undefined` in another epoch. */
  readonly lag: number | undefined;
  /**
   * How long ago the oldest event was committed that it wants and has not
   * settled, in milliseconds; 0 when there is none.
   */
  readonly oldestAgeMs: number | undefined;
}

/** How far `summary` is in the log of `bus`, which stands at `head`. */
export async function viewGroup(
  summary: GroupSummary,
  head: LogHead,
  { bus, clock }: { readonly bus: EventBus; readonly clock: Clock },
  signal?: AbortSignal,
): Promise<GroupView> {
  const { group } = summary;
  const isSame = head.epoch === group.epoch;
  const lag = isSame
    ? Math.max(0, head.position - group.checkpoint)
    : undefined;
  const oldest = lag ? await oldestOf(group, bus, signal) : undefined;
  const oldestAgeMs = lag === undefined
    ? undefined
    : oldest === undefined
    ? 0
    : Math.max(0, clock.now() - oldest);
  return { ...summary, head, lag, oldestAgeMs };
}

/** When the oldest event was committed that the group has yet to settle. */
async function oldestOf(
  { checkpoint, epoch, policy }: GroupHead,
  bus: EventBus,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const channels = parseChannelPatterns(policy.channels);
  try {
    for (let after = checkpoint, i = 0; i < MAX_PAGES; i++) {
      const query = { after, limit: 1, channels, epoch };
      const page = await bus.read(query, signal);
      if (page.events[0]) return page.events[0].committedAt;
      if (page.scannedTo === after) return undefined;
      after = page.scannedTo;
    }
  } catch (error) {
    // Its state tells why; the age of what is gone is not known.
    if (!(error instanceof PortError)) throw error;
    if (error.code === "unavailable" || error.code === "timeout") throw error;
  }
  return undefined;
}
