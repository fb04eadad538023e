/**
 * Where groups begin, and where they are sent.
 *
 * @module
 */
import { checkEventQuery } from "../../../ports/arguments.ts";
import type { EventBus } from "../../../ports/event_bus.ts";
import { hasCode } from "../../../ports/port_error.ts";
import type { EventStart } from "../event_streams.ts";

/** After a position, at a time, with the oldest event held, or with the next one. */
export type GroupStart = EventStart | "earliest" | "head";

/**
 * The position after which a group that starts at `start` reads, and its epoch.
 *
 * @throws {PortError} As `EventBus.read` of what follows it.
 */
export async function locate(
  bus: EventBus,
  start: GroupStart,
  signal?: AbortSignal,
): Promise<{ readonly position: number; readonly epoch: string }> {
  const head = await bus.head(signal);
  const { epoch } = head;
  if (start === "head") return { position: head.position, epoch };
  if (start === "earliest") return { position: head.earliest - 1, epoch };
  if ("fromTimeMs" in start) {
    const position = await bus.positionAt(start.fromTimeMs, signal);
    return { position, epoch };
  }
  const { after, epoch: of } = start;
  checkEventQuery({
    after,
    limit: 1,
    ...(of === undefined ? {} : { epoch: of }),
  }, head);
  return { position: after, epoch };
}

/**
 * Whether events were dropped between finding the place of `start` and taking
 * it: finding it again leads to another one.
 */
export function isOvertaken(error: unknown, start: GroupStart): boolean {
  const isFixed = typeof start === "object" && "after" in start;
  return hasCode(error, "expired") && !isFixed;
}
