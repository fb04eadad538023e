/**
 * Finding what a member is to get: what is due, and what follows in the log.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import {
  type ChannelMatcher,
  parseChannelPatterns,
} from "../../../domain/event/channel_pattern.ts";
import type { LoggedEvent } from "../../../domain/event/event.ts";
import { halt, hasLostPlace } from "../../../domain/event_group/control.ts";
import { joinSteps } from "../../../domain/event_group/draft.ts";
import type {
  Entry,
  GroupState,
  Halt,
  Step,
} from "../../../domain/event_group/group.ts";
import {
  mayScan,
  roomFor,
  take,
  type Taken,
} from "../../../domain/event_group/take.ts";
import { type EventBus, MAX_EVENT_PAGE } from "../../../ports/event_bus.ts";
import type { GroupStore } from "../../../ports/event_groups.ts";
import { hasCode, isTransient, PortError } from "../../../ports/port_error.ts";
import { isBehind } from "../subscription.ts";
import type { Done } from "./lane.ts";

/** Pages that one operation reads, at most: it keeps others waiting. */
const MAX_PAGES = 8;

/** Least events of a page: some may have to wait for others. */
const MIN_PAGE = 64;

/** Events that wait are kept up to this length, so as not to be read again. */
const CACHE_CHARS = 8 * 1024 * 1024;

/** An event that is a member's for a while. */
export interface Delivery {
  /** The event. */
  readonly event: LoggedEvent;
  /** Names the delivery. */
  readonly token: string;
  /** Which delivery of the event it is, from 1. */
  readonly attempt: number;
  /** Until when it is the member's, in milliseconds since the Unix epoch. */
  readonly deadline: number;
}

/** What came of looking for events. */
export interface Found {
  /** What the member gets. */
  readonly deliveries: readonly Delivery[];
  /** The group after that. */
  readonly state: GroupState;
  /** Whether the log has nothing more to look at. */
  readonly isAtEnd: boolean;
  /** Whether there is more to look at just now. */
  readonly isCut: boolean;
  /** What has stopped the group just now. */
  readonly error?: PortError;
}

/** Finds events for members. */
export interface Finder {
  /** What `member` gets from the group as it is. */
  find(
    state: GroupState,
    asked: {
      readonly member: string;
      readonly limit: number;
      readonly now: number;
    },
  ): Promise<Done<Found>>;
}

/** Creates a finder that reads through `bus`. */
export function createFinder(
  { bus, store }: { readonly bus: EventBus; readonly store: GroupStore },
): Finder {
  const events = new LRUCache<string, LoggedEvent>({
    maxSize: CACHE_CHARS,
    sizeCalculation: ({ json }) => json.length + 200,
  });
  const matchers = new WeakMap<readonly string[], ChannelMatcher>();

  function matcherOf(channels: readonly string[]): ChannelMatcher {
    let matcher = matchers.get(channels);
    if (!matcher) {
      matchers.set(channels, matcher = parseChannelPatterns(channels));
    }
    return matcher;
  }

  /** The events of deliveries that were looked at before. */
  async function eventOf(
    state: GroupState,
    entry: Entry,
  ): Promise<LoggedEvent> {
    const { position, origin } = entry;
    const isLetter = origin === "letter";
    const held = isLetter
      ? (await store.letter(state.name, position))?.event
      : events.get(`${state.epoch}:${position}`);
    if (held) return held;
    if (isLetter) throw noEvent(position);
    const { epoch } = state;
    const after = position - 1;
    const page = await bus.read({ after, limit: 1, epoch });
    const [event] = page.events;
    if (event?.position === position) return event;
    throw noEvent(position);
  }

  return {
    async find(state, { member, limit, now }) {
      const lost = state.halted && hasLostPlace(state.halted);
      if (lost) throw lostPlace(state.name, state.halted!);
      let taken: Taken = take(state, { member, limit, now });
      const bodies = new Map<number, LoggedEvent>();
      let isAtEnd = false;
      let isCut = false;
      try {
        for (const entry of taken.deliveries) {
          bodies.set(entry.position, await eventOf(state, entry));
        }
        for (let pages = 0; pages < MAX_PAGES && !isAtEnd; pages++) {
          const left = limit - taken.deliveries.length;
          const room = roomFor(taken.state, left);
          if (room === 0 || !mayScan(taken.state)) break;
          const { cursor } = taken.state;
          const page = await bus.read({
            after: cursor,
            limit: Math.min(MAX_EVENT_PAGE, Math.max(MIN_PAGE, room)),
            channels: matcherOf(state.policy.channels),
            epoch: state.epoch,
          });
          const next = take(taken.state, {
            member,
            limit: left,
            now,
            stretch: page,
          });
          for (const event of page.events) bodies.set(event.position, event);
          taken = {
            ...joinSteps(taken, next),
            deliveries: [...taken.deliveries, ...next.deliveries],
          };
          isAtEnd = next.state.cursor >= page.head.position;
          isCut = !isAtEnd && pages === MAX_PAGES - 1;
          if (next.state.cursor < page.scannedTo) break;
        }
      } catch (error) {
        const halted = haltOf(error, taken.state);
        if (halted) return stopped(state, halted);
        const isGood = isTransient(error) || isBehind(error);
        const isWhole = taken.deliveries.every(({ position }) =>
          bodies.has(position)
        );
        if (!isGood || !isWhole) throw error;
        isAtEnd = isBehind(error);
        if (!isAtEnd && taken.deliveries.length === 0) throw error;
      }
      keepWaiting(taken, bodies);
      const deliveries = taken.deliveries.map((entry): Delivery => ({
        event: bodies.get(entry.position)!,
        token: entry.token!,
        attempt: entry.attempts,
        deadline: entry.deadline!,
      }));
      const value = { deliveries, state: taken.state, isAtEnd, isCut };
      return { value, step: taken };
    },
  };

  function keepWaiting(
    { state }: Step,
    bodies: ReadonlyMap<number, LoggedEvent>,
  ): void {
    for (const { position, origin } of state.entries) {
      const event = bodies.get(position);
      if (!event || origin === "letter") continue;
      events.set(`${state.epoch}:${position}`, event);
    }
  }
}

function stopped(state: GroupState, halted: Halt): Done<Found> {
  const step = halt(state, halted);
  const error = lostPlace(state.name, halted);
  return {
    value: {
      deliveries: [],
      state: step.state,
      isAtEnd: false,
      isCut: false,
      error,
    },
    step,
  };
}

/** Why a group has to stop where its log fails so. */
function haltOf(error: unknown, state: GroupState): Halt | undefined {
  if (!hasCode(error, "epoch_changed", "expired")) return undefined;
  const { code, facts, message } = error;
  return {
    code,
    reason: message,
    position: Number(facts["earliest"] ?? state.cursor),
    epoch: code === "epoch_changed" ? String(facts["epoch"]) : undefined,
  };
}

/** What members of a group hear that has lost its place in the log. */
export function lostPlace(
  name: string,
  { code, position, epoch }: Halt,
): PortError {
  const earliest = position;
  const way = `seek to where it is to go on, such as earliest`;
  if (code === "epoch_changed") {
    return new PortError(
      "epoch_changed",
      `Cannot go on with group ${name} as the log has another epoch, ${epoch}: ${way}`,
      { facts: { epoch, earliest } },
    );
  }
  return new PortError(
    "expired",
    `Cannot go on with group ${name} as the log does not hold its next event any more, but from ${earliest} on: ${way}`,
    { facts: { earliest } },
  );
}

function noEvent(position: number): PortError {
  return new PortError(
    "unavailable",
    `Cannot read the event at position ${position} as what answers does not hold it now`,
  );
}
