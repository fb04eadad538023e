/**
 * Who may see which events: the one place that decides.
 *
 * @module
 */
import type { ApiKeyScope } from "../../domain/api_key.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import type { UserId } from "../../domain/user_id.ts";

/** Who publishes or reads. */
export interface EventCaller {
  /** The user. */
  readonly user: UserId;
  /** Whether the caller may act for others. */
  readonly isAdmin?: boolean;
  /** What the caller may do; anything when absent. */
  readonly scopes?: readonly ApiKeyScope[];
}

/**
 * The events that `caller` may see: those that concern nobody in particular, and
 * his own; all of them, where he may act for others.
 */
export function visibleTo<E extends NewEvent>(
  { user, isAdmin = false }: EventCaller,
  events: readonly E[],
): readonly E[] {
  const isVisible = ({ meta }: E) =>
    meta.user === undefined || meta.user === user;
  return isAdmin || events.every(isVisible) ? events : events.filter(isVisible);
}
