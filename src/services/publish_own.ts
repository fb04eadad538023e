/**
 * Publishing what Holdfast itself has to tell.
 *
 * @module
 */
import type { NewEvent, Receipt } from "../../domain/event/event.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { hasCode } from "../../ports/port_error.ts";

/**
 * Publishes `events`. With events switched off there is nobody to tell, and
 * that is no failure.
 *
 * @returns What became of each; `undefined` where events are switched off.
 * @throws {PortError} As `EventBus.publish` otherwise.
 */
export async function publishOwn(
  bus: EventBus,
  events: readonly NewEvent[],
  signal?: AbortSignal,
): Promise<readonly Receipt[] | undefined> {
  try {
    return await bus.publish(events, signal);
  } catch (error) {
    if (hasCode(error, "unsupported")) return;
    throw error;
  }
}
