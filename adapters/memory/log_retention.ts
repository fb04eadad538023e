/**
 * Drops what nobody needs any more of the log in this process's memory.
 *
 * @module
 */
import {
  type GroupNeed,
  neededBy,
  planTrim,
} from "../../domain/event/retention.ts";
import { admit } from "../../ports/arguments.ts";
import {
  type LogRetention,
  MAX_EVENT_TRIM,
} from "../../ports/log_retention.ts";
import type { MemoryGroups } from "./group_store.ts";
import type { MemoryLog } from "./log.ts";

/** Opens the port over `log` and the `groups` that read it. */
export function openMemoryLogRetention(
  log: MemoryLog,
  groups: MemoryGroups,
): LogRetention {
  let closed = false;
  return {
    async trim(limits, signal) {
      admit("log retention", closed, signal);
      const before = log.head();
      const extent = { ...before, positionAt: log.positionAt };
      const needs = needsOf(groups, before.earliest);
      const plan = planTrim(extent, limits, needs, MAX_EVENT_TRIM);
      log.dropTo(plan.upTo);
      const head = log.head();
      const isEmpty = head.earliest > head.position;
      return {
        dropped: head.earliest - before.earliest,
        isMore: plan.isMore,
        passed: plan.passed,
        pins: plan.pins.map((pin) => ({
          ...pin,
          committedAt: log.at(pin.position).committedAt,
        })),
        head,
        oldestAt: isEmpty ? undefined : log.at(head.earliest).committedAt,
      };
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function needsOf(groups: MemoryGroups, earliest: number): GroupNeed[] {
  const needs: GroupNeed[] = [];
  for (const { state: { name, cursor, entries } } of groups.values()) {
    // A dead letter has a copy of its event, also when it waits or is under way.
    const outstanding = entries
      .filter(({ origin, state }) => origin === "log" && state !== "parked")
      .map(({ position }) => position);
    const position = neededBy(cursor, outstanding, earliest);
    if (position !== undefined) needs.push({ group: name, position });
  }
  return needs.sort((a, b) => a.group < b.group ? -1 : 1);
}
