/**
 * Events are switched off: there are no groups, and making one is refused.
 *
 * @module
 */
import { admit } from "../../ports/arguments.ts";
import type { GroupStore } from "../../ports/event_groups.ts";
import { checkEffects, checkLetterQuery } from "../../ports/group_rules.ts";
import { PortError } from "../../ports/port_error.ts";

/** Opens a store that holds nothing and takes nothing. */
export function openNoopGroupStore(): GroupStore {
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("group store", closed, signal);
  return {
    async load(_name, signal) {
      enter(signal);
      return undefined;
    },
    async list(signal) {
      enter(signal);
      return [];
    },
    async save({ group }, effects = [], signal) {
      enter(signal);
      checkEffects(effects);
      throw new PortError(
        "unsupported",
        `Cannot write group ${group.name} as events are switched off (EVENT_BUS=noop)`,
      );
    },
    async remove(_name, signal) {
      enter(signal);
      return false;
    },
    async letters(query, signal) {
      enter(signal);
      checkLetterQuery(query);
      return [];
    },
    async letter(_group, _position, signal) {
      enter(signal);
      return undefined;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
