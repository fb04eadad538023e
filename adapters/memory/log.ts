/**
 * The event log in this process's memory, shared by the memory adapters so
 * that state and its event change in the same turn.
 *
 * @module
 */
import type {
  LoggedEvent,
  LogHead,
  NewEvent,
  Receipt,
} from "../../domain/event/event.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { PositionBell } from "../../ports/waiting.ts";

/** How many events are held when nothing else is said. */
export const DEFAULT_LOG_CAPACITY = 100_000;

/**
 * A bounded log: the oldest events go when it is full, whoever needs them. A
 * group that needs one of them says `expired`.
 */
export interface MemoryLog extends PositionBell {
  /** The clock that stamps the entries. */
  readonly clock: Clock;
  /** Where the log ends and begins. */
  head(): LogHead;
  /** A new event id. */
  newId(): string;
  /** Appends `events` as one batch; an id already held keeps its position. */
  append(events: readonly NewEvent[]): Receipt[];
  /** Where the event is that is held under `id`. */
  positionOf(id: string): number | undefined;
  /** The event at `position`; the caller knows that it is held. */
  at(position: number): LoggedEvent;
  /** The position after which every event was committed at or after `timeMs`. */
  positionAt(timeMs: number): number;
  /** Drops the events up to `position`; those above it stay where they are. */
  dropTo(position: number): void;
  /** Position of the newest `settings.updated`; 0 when there has been none. */
  settingsPosition(): number;
  /** The epochs that the log has had before this one, oldest first. */
  formerEpochs(): readonly string[];
  /** Milliseconds since the epoch changed; `Infinity` when it never has. */
  epochAgeMs(): number;
  /**
   * Gives the log another epoch, as after a failover. With `position` it also
   * forgets every event above that, as after a restore; the caller puts the
   * documents and leases back.
   */
  renewEpoch(position?: number): void;

  /** Forgets every event above `position` and tells nobody, as a copy of files put back. */
  rewind(position: number): void;
}

/** Creates an empty log with an epoch of its own. */
export function createMemoryLog(options: {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly capacity?: number;
}): MemoryLog {
  const { clock, entropy, capacity = DEFAULT_LOG_CAPACITY } = options;
  const newId = () => uuidV7(clock.now(), entropy.bytes(10));
  const former: string[] = [];
  let epoch = newId();
  let epochSince = -Infinity;
  const positions = new Map<string, number>();
  const listeners = new Set<(position: number) => void>();
  let events: LoggedEvent[] = [];
  let dropped = 0;
  let settingsPosition = 0;
  let droppedSettings = 0;
  let committedAt = 0;

  const position = () => dropped + events.length;
  const newestSettings = (some: readonly LoggedEvent[]) =>
    some.findLast(({ channel }) => channel === "settings.updated")?.position;

  function rewind(end: number): void {
    forget(events.splice(end - dropped));
    settingsPosition = newestSettings(events) ?? droppedSettings;
  }

  function drop(): void {
    // By the quarter: each event is moved a bounded number of times.
    if (events.length <= capacity * 1.25) return;
    dropTo(position() - capacity);
  }

  function dropTo(end: number): void {
    const surplus = Math.max(0, end - dropped);
    const oldest = events.slice(0, surplus);
    forget(oldest);
    droppedSettings = newestSettings(oldest) ?? droppedSettings;
    events = events.slice(surplus);
    dropped += oldest.length;
  }

  function forget(some: readonly LoggedEvent[]): void {
    for (const { id } of some) positions.delete(id);
  }

  return {
    clock,
    newId,
    position,
    head: () => ({ epoch, position: position(), earliest: dropped + 1 }),
    at: (position) => events[position - dropped - 1]!,
    positionAt(timeMs) {
      let low = dropped + 1;
      let high = position() + 1;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (events[middle - dropped - 1]!.committedAt >= timeMs) high = middle;
        else low = middle + 1;
      }
      return low - 1;
    },
    dropTo,
    settingsPosition: () => settingsPosition,
    formerEpochs: () => [...former],
    epochAgeMs: () => clock.monotonic() - epochSince,
    renewEpoch(end) {
      if (end !== undefined) rewind(end);
      former.push(epoch);
      epoch = newId();
      epochSince = clock.monotonic();
    },
    rewind,
    positionOf: (id) => positions.get(id),
    append(batch) {
      const fresh = batch.filter((event) => !positions.has(event.id));
      const batchEnd = position() + fresh.length;
      committedAt = Math.max(committedAt, clock.now());
      for (const event of fresh) {
        const place = position() + 1;
        positions.set(event.id, place);
        events.push({ ...event, position: place, batchEnd, committedAt });
        if (event.channel === "settings.updated") settingsPosition = place;
      }
      const isFresh = new Set(fresh.map((event) => event.id));
      const receipts = batch.map(({ id }) => ({
        id,
        position: positions.get(id)!,
        duplicate: !isFresh.has(id),
      }));
      drop();
      if (fresh.length > 0) {
        for (const listener of listeners) listener(position());
      }
      return receipts;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
