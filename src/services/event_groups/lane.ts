/**
 * One writer a group and process: what is asked of a group at one time becomes
 * one write, and what another process wrote meanwhile makes it begin anew.
 *
 * @module
 */
import type { NewEvent, Receipt } from "../../../domain/event/event.ts";
import {
  changeOf,
  isWorthWriting,
} from "../../../domain/event_group/change.ts";
import { joinSteps } from "../../../domain/event_group/draft.ts";
import type { GroupState, Step } from "../../../domain/event_group/group.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Entropy } from "../../../ports/entropy.ts";
import type { GroupStore } from "../../../ports/event_groups.ts";
import { effectConflict, isSameEvent } from "../../../ports/group_rules.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";

/** Most operations of one write. */
const MAX_BATCH = 256;

/** Times that a write may meet another process's. */
const MAX_CONFLICTS = 100;

/** What an operation comes to. */
export interface Done<T> {
  /** What its caller gets. */
  readonly value: T;
  /** What it changes; nothing when absent. */
  readonly step?: Step | undefined;
  /** What it appends to the log. */
  readonly effects?: readonly NewEvent[];
  /** Whether to write even where the group has only looked further. */
  readonly isForced?: boolean;
  /** Whether it has given out all that there was: nobody hears of the write. */
  readonly isLook?: boolean;
}

/**
 * An operation: what becomes of a group. It may run several times, on newer
 * and newer states, and changes nothing itself.
 */
export type Operation<T> = (state: GroupState) => Done<T> | Promise<Done<T>>;

/** What became of an operation. */
export interface Written<T> {
  /** What it has given. */
  readonly value: T;
  /** Receipts of its effects. */
  readonly receipts: readonly Receipt[];
}

/** The lane of one group. */
export interface Lane {
  /**
   * Runs `operation` on the group as it is, and writes what it says.
   *
   * @throws What it throws; `PortError` `not_found` when there is no such
   * group; what `GroupStore.save` throws, but no `version_conflict`.
   */
  run<T>(operation: Operation<T>): Promise<Written<T>>;

  /** Calls `listener` after each write of anything but looks. */
  listen(listener: () => void): void;
}

interface Call {
  readonly operation: Operation<unknown>;
  readonly resolve: (written: Written<unknown>) => void;
  readonly reject: (reason: unknown) => void;
}

type Outcome = { readonly done: Done<unknown> } | { readonly error: unknown };

/** Creates the lane of group `name`. */
export function createLane(
  name: string,
  { store, clock, entropy }: {
    readonly store: GroupStore;
    readonly clock: Clock;
    readonly entropy: Entropy;
  },
): Lane {
  const listeners: (() => void)[] = [];
  let waiting: Call[] = [];
  let isDraining = false;
  /** As it was written or read last, perhaps by others meanwhile. */
  let known: GroupState | undefined;

  async function drain(): Promise<void> {
    isDraining = true;
    while (waiting.length > 0) {
      // What comes in the same turn goes along.
      await Promise.resolve();
      const batch = waiting.slice(0, MAX_BATCH);
      waiting = waiting.slice(MAX_BATCH);
      await settleBatch(batch);
    }
    isDraining = false;
  }

  async function settleBatch(batch: readonly Call[]): Promise<void> {
    try {
      await write(batch);
    } catch (error) {
      known = undefined;
      const isOfOne = hasCode(error, "invalid", "conflict", "expired");
      if (batch.length === 1 || !isOfOne) {
        for (const { reject } of batch) reject(error);
        return;
      }
      for (const call of batch) await settleBatch([call]);
    }
  }

  async function write(batch: readonly Call[]): Promise<void> {
    for (let conflicts = 0;; conflicts++) {
      const isFresh = known === undefined;
      const before = known ?? await load();
      const { outcomes, step } = await runAll(batch, before);
      const change = changeOf(before, step);
      const dones = outcomes.flatMap((one) => "done" in one ? [one.done] : []);
      const effects = effectsOf(dones);
      const isWritten = effects.length > 0 || isWorthWriting(before, change) ||
        (change.group.cursor > before.cursor &&
          dones.some(({ isForced }) => isForced));
      // An old state may refuse what the new one has.
      const isCertain = isFresh || (isWritten && dones.length === batch.length);
      if (!isCertain) {
        known = undefined;
        continue;
      }
      try {
        const receipts = isWritten ? await store.save(change, effects) : [];
        known = isWritten
          ? { ...step.state, version: change.group.version }
          : before;
        answer(batch, outcomes, new Map(receipts.map((one) => [one.id, one])));
        const isHeard = dones.some(({ isLook, step }) => step && !isLook);
        if (isHeard) { for (const listener of listeners) listener(); }
        return;
      } catch (error) {
        known = undefined;
        if (!hasCode(error, "version_conflict")) throw error;
        if (conflicts >= MAX_CONFLICTS) throw tooBusy(name, error);
        if (conflicts > 1) await clock.sleep(entropy.fraction() * 5);
      }
    }
  }

  async function load(): Promise<GroupState> {
    known = await store.load(name);
    if (known) return known;
    throw new PortError(
      "not_found",
      `Cannot find group ${name} as there is none of that name`,
    );
  }

  return {
    run<T>(operation: Operation<T>) {
      return new Promise<Written<T>>((resolve, reject) => {
        const call = { operation, resolve, reject } as unknown as Call;
        waiting.push(call);
        if (!isDraining) void drain();
      });
    },
    listen: (listener) => void listeners.push(listener),
  };
}

/** Runs the operations one on what the other has made; who throws changes nothing. */
async function runAll(
  batch: readonly Call[],
  before: GroupState,
): Promise<{ outcomes: Outcome[]; step: Step }> {
  let step: Step = { state: before, letters: [], gone: [] };
  const outcomes: Outcome[] = [];
  for (const { operation } of batch) {
    try {
      const done = await operation(step.state);
      if (done.step) step = joinSteps(step, done.step);
      outcomes.push({ done });
    } catch (error) {
      outcomes.push({ error });
    }
  }
  return { outcomes, step };
}

function answer(
  batch: readonly Call[],
  outcomes: readonly Outcome[],
  receipts: ReadonlyMap<string, Receipt>,
): void {
  batch.forEach(({ resolve, reject }, i) => {
    const outcome = outcomes[i]!;
    if ("error" in outcome) return reject(outcome.error);
    const { value, effects = [] } = outcome.done;
    resolve({ value, receipts: effects.map(({ id }) => receipts.get(id)!) });
  });
}

/**
 * The effects of all operations; an id stands there once.
 *
 * @throws {PortError} `conflict` when it is that of two different events.
 */
function effectsOf(dones: readonly Done<unknown>[]): NewEvent[] {
  const effects = new Map<string, NewEvent>();
  for (const done of dones) {
    for (const event of done.effects ?? []) {
      const first = effects.get(event.id);
      if (first && !isSameEvent(first, event)) throw effectConflict(event.id);
      if (!first) effects.set(event.id, event);
    }
  }
  return [...effects.values()];
}

function tooBusy(name: string, cause: unknown): PortError {
  return new PortError(
    "unavailable",
    `Cannot write group ${name} as other processes write it all the time`,
    { cause },
  );
}
