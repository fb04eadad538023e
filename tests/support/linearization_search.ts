/**
 * Finds out whether a small history is linearizable, by trying all orders.
 *
 * Independent of `linearizable.ts`, and ignorant of versions: after J. Wing and
 * C. Gong, "Testing and Verifying Concurrent Objects" (1993), with a memory of
 * the states that have been tried.
 *
 * @module
 */
import type { Operation } from "./history.ts";

/** An operation on an object whose state is `State`. */
export interface Step<State> {
  readonly start: number;
  /** `Infinity` when it may take effect at any later time. */
  readonly end: number;
  /** Whether it may have had no effect at all. */
  readonly optional: boolean;
  /** The state that follows `state`; `undefined` when it cannot happen in it. */
  apply(state: State): { readonly next: State } | undefined;
}

/** More than these would take too long to search. */
const MOST_STEPS = 24;

/**
 * Whether `steps` can have happened one after the other, each between its start
 * and its end, from `initial` on.
 */
export function isLinearizable<State extends string | number | undefined>(
  steps: readonly Step<State>[],
  initial: State,
): boolean {
  if (steps.length > MOST_STEPS) throw new RangeError("Cannot search so many");
  const tried = new Set<string>();

  function search(done: number, state: State): boolean {
    const due = steps.filter((step, i) => !step.optional && !(done & 1 << i));
    if (due.length === 0) return true;
    const place = `${done} ${typeof state} ${state}`;
    if (tried.has(place)) return false;
    tried.add(place);
    const firstEnd = Math.min(...due.map(({ end }) => end));
    return steps.some((step, i) => {
      if (done & 1 << i || step.start > firstEnd) return false;
      const happened = step.apply(state);
      return happened !== undefined && search(done | 1 << i, happened.next);
    });
  }

  return search(0, initial);
}

/** What is known of one register by the values alone. */
export function registerSteps(
  operations: readonly Operation[],
): Step<string | undefined>[] {
  const steps: Step<string | undefined>[] = [];
  for (const operation of operations) {
    const { kind, outcome, start } = operation;
    if (outcome === "failed") continue;
    const { value } = operation;
    if (kind === "write") {
      const optional = outcome === "unknown";
      const end = optional ? Infinity : operation.end;
      steps.push({ start, end, optional, apply: () => ({ next: value }) });
    } else if (operation.verified) {
      const { end } = operation;
      const apply = (state: string | undefined) =>
        state === value ? { next: state } : undefined;
      steps.push({ start, end, optional: false, apply });
    }
  }
  return steps;
}
