/**
 * A group store in this process's memory; nothing survives a restart.
 *
 * @module
 */
import type { NewEvent } from "../../domain/event/event.ts";
import type { GroupChange } from "../../domain/event_group/change.ts";
import type { Entry, GroupState } from "../../domain/event_group/group.ts";
import { admit } from "../../ports/arguments.ts";
import type {
  DeadLetter,
  GroupStore,
  GroupSummary,
} from "../../ports/event_groups.ts";
import {
  checkEffects,
  checkLetterQuery,
  effectConflict,
  firstLetters,
  groupConflict,
  isSameEvent,
  isSentBack,
  lostPlaceOf,
} from "../../ports/group_rules.ts";
import type { MemoryLog } from "./log.ts";

/** A group with its dead letters. */
interface HeldGroup {
  state: GroupState;
  readonly letters: Map<number, DeadLetter>;
}

/** The groups, apart from any adapter, so that several can share them. */
export type MemoryGroups = Map<string, HeldGroup>;

/** Opens a store over `groups` whose effects are appended to `log`. */
export function openMemoryGroupStore(
  log: MemoryLog,
  groups: MemoryGroups = new Map(),
): GroupStore {
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("group store", closed, signal);

  return {
    async load(name, signal) {
      enter(signal);
      return groups.get(name)?.state;
    },

    async list(signal) {
      enter(signal);
      return inOrder(groups).map(summaryOf);
    },

    async save(change, effects = [], signal) {
      enter(signal);
      checkEffects(effects);
      const held = groups.get(change.group.name);
      const conflict = groupConflict(change, held?.state);
      if (conflict) throw conflict;
      const lost = isSentBack(change.group, held?.state) &&
        lostPlaceOf(change.group, log.head());
      if (lost) throw lost;
      refuseTaken(log, effects);
      groups.set(change.group.name, apply(log, change, held));
      return effects.length > 0 ? log.append(effects) : [];
    },

    async remove(name, signal) {
      enter(signal);
      return groups.delete(name);
    },

    async letters(query, signal) {
      enter(signal);
      checkLetterQuery(query);
      const { group, key, after, limit } = query;
      const found = inOrder(groups)
        .filter(({ state: { name } }) => (group ?? name) === name)
        .flatMap(({ letters }) =>
          [...letters.values()].sort((a, b) => a.position - b.position)
        )
        .filter((letter) =>
          (key ?? letter.key) === letter.key &&
          (!after || letter.group > after.group ||
            (letter.group === after.group && letter.position > after.position))
        );
      return firstLetters(found, limit);
    },

    async letter(group, position, signal) {
      enter(signal);
      return groups.get(group)?.letters.get(position);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/** @throws {PortError} `conflict`. */
function refuseTaken(log: MemoryLog, effects: readonly NewEvent[]): void {
  for (const effect of effects) {
    const position = log.positionOf(effect.id);
    const held = position === undefined ? undefined : log.at(position);
    if (!held || isSameEvent(held, effect)) continue;
    throw effectConflict(effect.id, position);
  }
}

function apply(
  log: MemoryLog,
  change: GroupChange,
  held: HeldGroup | undefined,
): HeldGroup {
  const { group, put, drop, letters, gone } = change;
  const entries = new Map<number, Entry>(
    held?.state.entries.map((one) => [one.position, one]),
  );
  for (const position of drop) entries.delete(position);
  for (const entry of put) entries.set(entry.position, entry);
  const next = new Map(held?.letters);
  for (const position of gone) next.delete(position);
  for (const facts of letters) {
    const known = next.get(facts.position);
    next.set(facts.position, {
      ...facts,
      group: group.name,
      redrives: (known?.redrives ?? 0) + (facts.status === "redriven" ? 1 : 0),
      event: known ? known.event : eventAt(log, group.epoch, facts.position),
    });
  }
  const inOrder = [...entries.values()].sort((a, b) => a.position - b.position);
  return { state: { ...group, entries: inOrder }, letters: next };
}

function eventAt(log: MemoryLog, epoch: string, position: number) {
  const head = log.head();
  const isHeld = head.epoch === epoch && position >= head.earliest &&
    position <= head.position;
  return isHeld ? log.at(position) : undefined;
}

function summaryOf({ state, letters }: HeldGroup): GroupSummary {
  const { entries, ...group } = state;
  const out = entries.filter((one) => one.state !== "parked");
  return {
    group,
    outstanding: out.length,
    taken: out.filter((one) => one.state === "taken").length,
    deadLetters: letters.size,
  };
}

function inOrder(groups: MemoryGroups): HeldGroup[] {
  return [...groups.values()].sort((a, b) =>
    a.state.name < b.state.name ? -1 : 1
  );
}
