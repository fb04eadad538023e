/**
 * Giving events to members.
 *
 * @module
 */
import {
  draftOf,
  IDLE,
  isBlocked,
  joinSteps,
  type KeyLine,
  noteInLine,
} from "./draft.ts";
import {
  countTaken,
  type Entry,
  type GroupState,
  type Halt,
  isStopped,
  MAX_BEHIND,
  MAX_WAITING,
  type Step,
} from "./group.ts";
import { fail, waitsBehind } from "./poison.ts";

/** A stretch of the log, as far as a group looks at it. */
export interface Stretch {
  /** Events that the group wants, above its cursor, by position. */
  readonly events: readonly {
    readonly position: number;
    readonly key?: string | undefined;
  }[];
  /** Everything up to here has been looked at. */
  readonly scannedTo: number;
}

/** Who asks for deliveries. */
export interface Asker {
  /** Who it is. */
  readonly member: string;
  /** Most deliveries. */
  readonly limit: number;
}

/** What a member asks for. */
export interface Taking extends Asker {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** What follows in the log; absent to give out what is due already. */
  readonly stretch?: Stretch | undefined;
}

/** What a member gets. */
export interface Taken extends Step {
  /** The deliveries, in the order of their positions. */
  readonly deliveries: readonly Entry[];
}

/**
 * Gives a member what is next: what is due again and what waits no longer, then
 * what follows in the log. Of a key one event is out at a time, and none before
 * those before it are settled. A group that has stopped gives nothing.
 */
export function take(state: GroupState, taking: Taking): Taken {
  const fresh = expire(state, taking.now);
  const taken = isStopped(fresh.state)
    ? { ...fresh, deliveries: [] }
    : deliver(fresh.state, taking);
  return { ...joinSteps(fresh, taken), deliveries: taken.deliveries };
}

/**
 * Gives each of `askers` what is next, as `take` does, one after the other
 * until there is nothing more: what each of them gets, and the step of all.
 */
export function takeInTurn(
  state: GroupState,
  askers: readonly Asker[],
  rest: Pick<Taking, "now" | "stretch">,
): {
  readonly step: Step;
  readonly deliveries: readonly Taken["deliveries"][];
} {
  let step: Step = { state, letters: [], gone: [] };
  const deliveries: Taken["deliveries"][] = [];
  for (const asker of askers) {
    const taken = take(step.state, { ...asker, ...rest });
    step = joinSteps(step, taken);
    deliveries.push(taken.deliveries);
    if (taken.deliveries.length < asker.limit) break;
  }
  return { step, deliveries };
}

function deliver(state: GroupState, taking: Taking): Taken {
  const { now, member, limit, stretch } = taking;
  const { policy, incarnation, version } = state;
  const draft = draftOf(state);
  const lines = draft.lines();
  const deliveries: Entry[] = [];
  let room = roomFor(state, limit);
  let waiting = state.entries.filter(isWaiting).length;
  let { cursor, halted } = state;

  function give(entry: Entry): void {
    const attempts = entry.attempts + 1;
    const taken: Entry = {
      ...entry,
      ...IDLE,
      state: "taken",
      attempts,
      token: `${incarnation}-${version + 1}-${attempts}`,
      member,
      deadline: now + policy.leaseMs,
      error: entry.error,
    };
    room--;
    put(taken);
    deliveries.push(taken);
  }

  function put(entry: Entry): void {
    draft.put(entry);
    noteInLine(lines, entry);
  }

  for (const entry of state.entries) {
    if (room === 0) break;
    const line = entry.key === undefined ? undefined : lines.get(entry.key);
    if (!isDue(entry, now) || isBlocked(line, entry.position)) continue;
    if (entry.state === "waiting") waiting--;
    give(entry);
  }

  /** Whether the event has been dealt with, and the next may be looked at. */
  function lookAt(position: number, key: string | undefined): boolean {
    const line = key === undefined ? undefined : lines.get(key);
    const parked = line?.parked;
    if (draft.entries.has(position)) return true;
    if (parked && parked.position < position) {
      return setBehind(parked, line, position);
    }
    const entry = {
      ...IDLE,
      position,
      key,
      origin: "log",
      attempts: 0,
    } as const;
    if (isBlocked(line, position)) {
      const isFull = waiting >= MAX_WAITING ||
        line!.positions.size >= MAX_BEHIND;
      if (isFull) return false;
      waiting++;
      put({ ...entry, state: "waiting" });
      return true;
    }
    if (room === 0) return false;
    give({ ...entry, state: "retry" });
    return true;
  }

  function setBehind(parked: Entry, line: KeyLine, position: number): boolean {
    if (parked.behind >= MAX_BEHIND) {
      halted = tooManyBehind(parked);
      return false;
    }
    const { key } = parked;
    const error = waitsBehind(parked.position);
    draft.letter({
      position,
      key,
      status: "behind",
      attempts: 0,
      error,
      at: now,
    });
    line.parked = {
      ...parked,
      behind: parked.behind + 1,
      behindTo: position,
    };
    draft.put(line.parked);
    return true;
  }

  if (stretch) {
    const stop = stretch.events.find(({ position, key }) =>
      position > cursor && !lookAt(position, key)
    );
    cursor = Math.max(cursor, stop ? stop.position - 1 : stretch.scannedTo);
  }
  return { ...draft.finish({ cursor, halted }), deliveries };
}

/** How many more deliveries a member may get. */
export function roomFor(state: GroupState, limit: number): number {
  return Math.max(
    0,
    Math.min(limit, state.policy.maxInFlight - countTaken(state)),
  );
}

/** Whether the group may look further in the log. */
export function mayScan(state: GroupState): boolean {
  return !isStopped(state) &&
    state.entries.filter(isWaiting).length < MAX_WAITING;
}

/**
 * Ends the leases that are over: what their members had is delivered again at
 * once, and that counts as a failure.
 */
export function expire(state: GroupState, now: number): Step {
  const draft = draftOf(state);
  let { halted } = state;
  for (const { position } of state.entries) {
    const entry = draft.entries.get(position);
    if (entry?.state !== "taken" || entry.deadline! > now) continue;
    const error = `member ${entry.member} has not answered in time`;
    halted = fail(draft, state, entry, { error, now, nextAt: now }) ?? halted;
  }
  return draft.finish({ halted });
}

/** When something of the group is due next; `Infinity` when nothing is. */
export function nextDue({ entries }: GroupState): number {
  let next = Infinity;
  for (const { nextAt, deadline } of entries) {
    next = Math.min(next, nextAt ?? Infinity, deadline ?? Infinity);
  }
  return next;
}

function isDue({ state, nextAt }: Entry, now: number): boolean {
  return state === "waiting" || (state === "retry" && (nextAt ?? 0) <= now);
}

function isWaiting({ state }: Entry): boolean {
  return state === "waiting";
}

function tooManyBehind({ position, key, behind }: Entry): Halt {
  return {
    code: "parked_full",
    reason: `${behind} events of key ${
      JSON.stringify(key)
    } wait behind the one at position ${position}: redrive or discard it`,
    position,
    epoch: undefined,
  };
}
