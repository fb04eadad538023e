/**
 * Notices when the database of record takes no writes.
 *
 * A full or failing disk still answers reads, so that a look at the database
 * finds nothing wrong: only the writes themselves can tell.
 *
 * @module
 */
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";

/** The ports that write. */
export interface WritingPorts {
  readonly eventBus: EventBus;
  readonly settingsStore: SettingsStore;
  readonly sequence: SequencePort;
}

/** The same ports, watched. */
export interface WriteWatch extends WritingPorts {
  /** Why the last write failed; `undefined` once one has succeeded again. */
  fault(): string | undefined;
}

/** Watches the writes through `ports`; each call goes through as it is. */
export function watchWrites(ports: WritingPorts): WriteWatch {
  const { eventBus, settingsStore, sequence } = ports;
  let fault: string | undefined;

  async function watched<T>(write: Promise<T>): Promise<T> {
    try {
      const done = await write;
      fault = undefined;
      return done;
    } catch (error) {
      fault = whyNotWritten(error) ?? fault;
      throw error;
    }
  }

  return {
    fault: () => fault,
    eventBus: {
      publish: (events, signal) => watched(eventBus.publish(events, signal)),
      read: eventBus.read,
      wait: eventBus.wait,
      head: eventBus.head,
      positionAt: eventBus.positionAt,
      [Symbol.asyncDispose]: () => eventBus[Symbol.asyncDispose](),
    },
    settingsStore: {
      read: settingsStore.read,
      write: (changes, actor, signal) =>
        watched(settingsStore.write(changes, actor, signal)),
      [Symbol.asyncDispose]: () => settingsStore[Symbol.asyncDispose](),
    },
    sequence: {
      next: (user, day, count, signal) =>
        watched(sequence.next(user, day, count, signal)),
      [Symbol.asyncDispose]: () => sequence[Symbol.asyncDispose](),
    },
  };
}

/** Why a write failed, unless it was refused for what it asked. */
function whyNotWritten(error: unknown): string | undefined {
  if (!(error instanceof PortError)) {
    return "Cannot write for an unknown reason";
  }
  switch (error.code) {
    case "full":
    case "timeout":
    case "unavailable":
    case "corrupt":
      return error.message;
  }
}
