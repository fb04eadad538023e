/**
 * Notices when the database of record takes no writes.
 *
 * A full or failing disk still answers reads, so that a look at the database
 * finds nothing wrong: only the writes themselves can tell.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";

/**
 * How long a write counts that failed for reasons which may pass by
 * themselves; whether the database can be reached, health finds out itself.
 */
const PASSING_MS = 30_000;

/** The ports that write. */
export interface WritingPorts {
  readonly eventBus: EventBus;
  readonly settingsStore: SettingsStore;
  readonly sequence: SequencePort;
}

/** The same ports, watched. */
export interface WriteWatch extends WritingPorts {
  /**
   * Why the last write of a port failed. Lasts until that port has written
   * again, or for half a minute where the reason may have passed.
   */
  fault(): string | undefined;
}

interface Fault {
  readonly message: string;
  /** On `clock.monotonic()`. */
  readonly endsAt: number;
}

/** Watches the writes through `ports`; each call goes through as it is. */
export function watchWrites(ports: WritingPorts, clock: Clock): WriteWatch {
  const { eventBus, settingsStore, sequence } = ports;
  const faults = new Map<keyof WritingPorts, Fault>();

  async function watched<T>(
    port: keyof WritingPorts,
    write: Promise<T>,
  ): Promise<T> {
    try {
      const done = await write;
      faults.delete(port);
      return done;
    } catch (error) {
      const fault = faultOf(error, clock.monotonic());
      if (fault) faults.set(port, fault);
      throw error;
    }
  }

  return {
    fault() {
      const now = clock.monotonic();
      return [...faults.values()].find(({ endsAt }) => now < endsAt)?.message;
    },
    eventBus: {
      publish: (events, signal) =>
        watched("eventBus", eventBus.publish(events, signal)),
      read: eventBus.read,
      wait: eventBus.wait,
      head: eventBus.head,
      positionAt: eventBus.positionAt,
      [Symbol.asyncDispose]: () => eventBus[Symbol.asyncDispose](),
    },
    settingsStore: {
      read: settingsStore.read,
      recall: settingsStore.recall,
      write: (changes, actor, signal) =>
        watched("settingsStore", settingsStore.write(changes, actor, signal)),
      [Symbol.asyncDispose]: () => settingsStore[Symbol.asyncDispose](),
    },
    sequence: {
      next: (user, day, count, signal) =>
        watched("sequence", sequence.next(user, day, count, signal)),
      [Symbol.asyncDispose]: () => sequence[Symbol.asyncDispose](),
    },
  };
}

/** Why a write failed, unless it was refused for what it asked. */
function faultOf(error: unknown, now: number): Fault | undefined {
  if (!(error instanceof PortError)) {
    return { message: "Cannot write for an unknown reason", endsAt: Infinity };
  }
  const { message } = error;
  switch (error.code) {
    case "full":
    case "corrupt":
      return { message, endsAt: Infinity };
    case "timeout":
    case "unavailable":
      return { message, endsAt: now + PASSING_MS };
  }
}
