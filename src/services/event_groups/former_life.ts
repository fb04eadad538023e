/**
 * Dead letters of a life of the log that is over.
 *
 * @module
 */
import type { EventBus } from "../../../ports/event_bus.ts";
import {
  type DeadLetter,
  type GroupStore,
  MAX_LETTERS,
} from "../../../ports/event_groups.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";

/**
 * Sees to it that dead letters above `position` are of events that the log
 * holds there: else what the group reads would be taken for them, and be lost.
 * Two lives of a log are the same up to where they part, so that the highest
 * letter of a page speaks for those below it.
 *
 * @throws {PortError} `conflict` when one is not (facts: `position`).
 */
export async function refuseStrangers(
  { store, bus }: { readonly store: GroupStore; readonly bus: EventBus },
  group: string,
  { position, epoch }: { readonly position: number; readonly epoch: string },
): Promise<void> {
  for (let after = { group, position };;) {
    const page = await store.letters({ group, after, limit: MAX_LETTERS });
    const last = page.at(-1);
    if (!last) return;
    if (!await isHeld(bus, last, epoch)) throw stranger(group, position, last);
    after = last;
  }
}

/** Whether the log holds the event of a dead letter, in its place. */
async function isHeld(
  bus: EventBus,
  letter: DeadLetter,
  epoch: string,
): Promise<boolean> {
  const after = letter.position - 1;
  try {
    const { events } = await bus.read({ after, limit: 1, epoch });
    const [event] = events;
    return event?.position === letter.position && event.id === letter.event?.id;
  } catch (error) {
    if (hasCode(error, "invalid")) return false;
    throw error;
  }
}

function stranger(group: string, to: number, { position }: DeadLetter) {
  return new PortError(
    "conflict",
    `Cannot send group ${group} to position ${to} as the dead letter at ${position} is of another life of the log: discard it, or seek to ${position} or beyond`,
    { facts: { position } },
  );
}
