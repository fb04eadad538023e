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
import { bury } from "../../../domain/event_group/poison.ts";
import type {
  Entry,
  GroupState,
  Halt,
  LetterFacts,
  Step,
} from "../../../domain/event_group/group.ts";
import {
  type Asker,
  mayScan,
  roomFor,
  type Stretch,
  takeInTurn,
} from "../../../domain/event_group/take.ts";
import { parseObject } from "../../../domain/json_value.ts";
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

/** Why an event becomes a dead letter that somebody has put into the log. */
const NO_OBJECT = "its data is no JSON object";

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
  /** What each of the askers gets. */
  readonly deliveries: readonly (readonly Delivery[])[];
  /** The group after that. */
  readonly state: GroupState;
  /** Whether the log has nothing more to look at. */
  readonly isAtEnd: boolean;
  /** Whether there is more to look at just now. */
  readonly isCut: boolean;
  /** What became dead letters as nobody can read it, and what with it. */
  readonly buried: readonly LetterFacts[];
  /** Why the group has stopped because of an event just now, if so. */
  readonly halted?: Halt | undefined;
  /** What has stopped the group just now. */
  readonly error?: PortError;
}

/** Finds events for members. */
export interface Finder {
  /** What `askers`, each in turn, get from the group as it is. */
  find(
    state: GroupState,
    askers: readonly Asker[],
    now: number,
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
    async find(state, askers, now) {
      const lost = state.halted && hasLostPlace(state.halted);
      if (lost) throw lostPlace(state.name, state.halted!);
      const given = askers.map((): Entry[] => []);
      const bodies = new Map<number, LoggedEvent>();
      const buried: LetterFacts[] = [];
      let step: Step = { state, letters: [], gone: [] };
      let isAtEnd = false;
      let isCut = false;
      /** What each asker has still room for. */
      const left = () =>
        askers.map((one, i) => ({
          ...one,
          limit: one.limit - given[i]!.length,
        }));
      /** Gives what is next; what nobody can read is buried, and makes room. */
      async function give(stretch?: Stretch): Promise<void> {
        for (let isMore = true; isMore;) {
          const next = takeInTurn(step.state, left(), { now, stretch });
          step = joinSteps(step, next.step);
          const taken = next.deliveries.flat();
          if (taken.length === 0) return;
          next.deliveries.forEach((some, i) => given[i]!.push(...some));
          const faults = await faultsOf(taken);
          isMore = faults.size > 0;
          if (isMore) buryAll(faults);
        }
      }
      /** Why nobody can read some of `entries`, by position. */
      async function faultsOf(
        entries: readonly Entry[],
      ): Promise<Map<number, string>> {
        const faults = new Map<number, string>();
        for (const entry of entries) {
          const { position } = entry;
          const event = bodies.get(position) ?? await eventOf(state, entry);
          bodies.set(position, event);
          if (!parseObject(event.json)) faults.set(position, NO_OBJECT);
        }
        return faults;
      }
      function buryAll(faults: ReadonlyMap<number, string>): void {
        const named = [...faults]
          .map(([position, error]) => ({ position, error }));
        const burial = bury(step.state, named, now);
        step = joinSteps(step, burial);
        buried.push(...burial.letters);
        given.forEach((some, i) => {
          given[i] = some.filter(({ position }) => !faults.has(position));
        });
      }
      try {
        await give();
        for (let pages = 0; pages < MAX_PAGES && !isAtEnd; pages++) {
          const wanted = left().reduce((sum, { limit }) => sum + limit, 0);
          const room = roomFor(step.state, wanted);
          if (room === 0 || !mayScan(step.state)) break;
          const page = await bus.read({
            after: step.state.cursor,
            limit: Math.min(MAX_EVENT_PAGE, Math.max(MIN_PAGE, room)),
            channels: matcherOf(state.policy.channels),
            epoch: state.epoch,
          });
          for (const event of page.events) bodies.set(event.position, event);
          await give(page);
          const { cursor } = step.state;
          isAtEnd = cursor >= page.head.position;
          isCut = !isAtEnd && pages === MAX_PAGES - 1;
          if (cursor < page.scannedTo) break;
        }
      } catch (error) {
        const halted = haltOf(error, step.state);
        if (halted) return stopped(state, halted);
        const isGood = isTransient(error) || isBehind(error);
        const out = given.flat();
        const isWhole = out.every(({ position }) => bodies.has(position));
        if (!isGood || !isWhole) throw error;
        isAtEnd = isBehind(error);
        if (!isAtEnd && out.length === 0) throw error;
      }
      keepWaiting(step, bodies);
      const deliveries = given.map((entries) =>
        // What waited for what was buried may stand before what was given.
        entries.sort((a, b) => a.position - b.position).map((
          entry,
        ): Delivery => ({
          event: bodies.get(entry.position)!,
          token: entry.token!,
          attempt: entry.attempts,
          deadline: entry.deadline!,
        }))
      );
      const halted = state.halted ? undefined : step.state.halted;
      const value = { deliveries, state: step.state, isAtEnd, isCut };
      return { value: { ...value, buried, halted }, step };
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
      buried: [],
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
