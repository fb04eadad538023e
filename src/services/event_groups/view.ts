/**
 * How far groups are.
 *
 * @module
 */
import {
  type ChannelMatcher,
  parseChannelPatterns,
} from "../../../domain/event/channel_pattern.ts";
import type { LoggedEvent, LogHead } from "../../../domain/event/event.ts";
import type { Clock } from "../../../ports/clock.ts";
import { type EventBus, MAX_EVENT_PAGE } from "../../../ports/event_bus.ts";
import type { GroupSummary } from "../../../ports/event_groups.ts";
import { hasCode } from "../../../ports/port_error.ts";

/** Pages of the log that are read to measure, however many groups there are. */
const MAX_PAGES = 16;

/** A group, and how far it is behind. */
export interface GroupView extends GroupSummary {
  /** The log as it was when this was found. */
  readonly head: LogHead;
  /** Positions from its checkpoint to the head; `undefined` in another epoch. */
  readonly lag: number | undefined;
  /**
   * How long ago the oldest event was committed that it wants and has not
   * settled, in milliseconds; 0 when there is none, `undefined` when it was not
   * found: in another epoch, or too far behind the other groups.
   */
  readonly oldestAgeMs: number | undefined;
}

/** A group whose oldest event is looked for. */
interface Search {
  /** Everything up to here is settled, or not wanted. */
  from: number;
  readonly wants: ChannelMatcher;
  /** When the oldest event was committed; 0 when there is none. */
  found: number | undefined;
}

/**
 * How far the groups of `summaries` are in the log of `bus`: it is read once
 * for all of them, those that are furthest behind first.
 */
export async function viewGroups(
  summaries: readonly GroupSummary[],
  { bus, clock }: { readonly bus: EventBus; readonly clock: Clock },
  signal?: AbortSignal,
): Promise<readonly GroupView[]> {
  const head = await bus.head(signal);
  const searches = summaries.map(({ group }): Search | undefined => {
    const { epoch, checkpoint, policy } = group;
    if (epoch !== head.epoch) return undefined;
    return {
      // What the log has dropped is told by the state of the group.
      from: Math.max(checkpoint, head.earliest - 1),
      wants: parseChannelPatterns(policy.channels),
      found: undefined,
    };
  });
  await search(searches.filter((one) => one !== undefined), head, bus, signal);
  const now = clock.now();
  return summaries.map((summary, i) => {
    const { epoch, checkpoint } = summary.group;
    const isSame = head.epoch === epoch;
    const lag = isSame ? Math.max(0, head.position - checkpoint) : undefined;
    const found = searches[i]?.found;
    const oldestAgeMs = found && Math.max(0, now - found);
    return { ...summary, head, lag, oldestAgeMs };
  });
}

/** Looks for the oldest events of `searches`. */
async function search(
  searches: readonly Search[],
  { epoch, position }: LogHead,
  bus: EventBus,
  signal: AbortSignal | undefined,
): Promise<void> {
  let open = searches;
  for (let pages = 0; pages <= MAX_PAGES; pages++) {
    for (const one of open) if (one.from >= position) one.found ??= 0;
    open = open.filter(({ found }) => found === undefined);
    if (open.length === 0 || pages === MAX_PAGES) return;
    const after = Math.min(...open.map(({ from }) => from));
    const here = open.filter(({ from }) => from < after + MAX_EVENT_PAGE);
    const wanted = new Map<string, boolean>();
    const channels = (name: string) => {
      let isWanted = wanted.get(name);
      if (isWanted === undefined) {
        isWanted = here.some(({ wants }) => wants(name));
        wanted.set(name, isWanted);
      }
      return isWanted;
    };
    try {
      // One event is enough for one group; many may stand at many places.
      const limit = Math.min(MAX_EVENT_PAGE, here.length ** 2);
      const query = { after, limit, channels, epoch };
      const { events, scannedTo } = await bus.read(query, signal);
      if (scannedTo === after) return;
      look(here, events, scannedTo);
    } catch (error) {
      // The log has changed meanwhile: the next measuring finds out.
      if (hasCode(error, "expired", "epoch_changed", "invalid")) return;
      throw error;
    }
  }
}

/** Tells `searches` of a stretch of the log that begins where the first of them is. */
function look(
  searches: readonly Search[],
  events: readonly LoggedEvent[],
  scannedTo: number,
): void {
  for (const one of searches) {
    const oldest = events.find(({ position, channel }) =>
      position > one.from && one.wants(channel)
    );
    if (oldest) one.found = oldest.committedAt;
    else one.from = Math.max(one.from, scannedTo);
  }
}
