/**
 * All routes of consumer groups and dead letters.
 *
 * @module
 */
import type { EventGroups } from "../../../services/event_groups.ts";
import type { ReadEffects } from "../../../services/event_groups/effects.ts";
import type { Route } from "../../route.ts";
import { groupRoutes } from "./groups.ts";
import { deadLetterRoutes } from "./letters.ts";
import { memberRoutes } from "./members.ts";

/** Every route of groups, in the order of the reference page. */
export function consumerRoutes(
  groups: EventGroups,
  readEffects: ReadEffects,
): readonly Route[] {
  return [
    ...groupRoutes(groups),
    ...memberRoutes(groups, readEffects),
    ...deadLetterRoutes(groups),
  ];
}
