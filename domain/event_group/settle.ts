/**
 * What members say of their deliveries.
 *
 * @module
 */
import { type Draft, draftOf, IDLE } from "./draft.ts";
import type { DeliveryRef, Entry, GroupState, Step } from "./group.ts";
import { fail } from "./poison.ts";
import { backoffMs } from "./policy.ts";

/** A delivery that failed. */
export interface Refusal extends DeliveryRef {
  /** What went wrong. */
  readonly error: string;
  /** When to deliver it again, in milliseconds from now; as the policy says when absent. */
  readonly retryMs?: number | undefined;
}

/** What a member settles together. */
export interface Settlement {
  /** Deliveries that are done with. */
  readonly acks: readonly DeliveryRef[];
  /** Deliveries that failed. */
  readonly nacks: readonly Refusal[];
}

/** A step, or the positions that belong to somebody else by now. */
export type Settled =
  | { readonly step: Step }
  | { readonly fenced: readonly number[] };

/**
 * Settles deliveries: all of them, or none where one is not the member's any
 * more.
 *
 * @param jitter Draws a number from 0 up to, not including, 1.
 */
export function settle(
  state: GroupState,
  { acks, nacks }: Settlement,
  now: number,
  jitter: () => number,
): Settled {
  const draft = draftOf(state);
  const fenced = [...acks, ...nacks].filter((ref) => !held(draft, ref))
    .map(({ position }) => position);
  if (fenced.length > 0) return { fenced };
  let { halted } = state;
  for (const { position } of acks) {
    const entry = draft.entries.get(position);
    if (entry?.origin === "letter") draft.burn(position);
    draft.drop(position);
  }
  for (const { position, error, retryMs } of nacks) {
    const entry = draft.entries.get(position);
    if (entry?.state !== "taken") continue; // named twice
    const wait = retryMs ??
      backoffMs(state.policy.backoff, entry.attempts, jitter());
    const nextAt = now + wait;
    halted = fail(draft, state, entry, { error, now, nextAt }) ?? halted;
  }
  return { step: draft.finish({ halted }) };
}

/** Lets deliveries belong to their member for a whole lease from now. */
export function extend(
  state: GroupState,
  refs: readonly DeliveryRef[],
  now: number,
): Settled {
  const draft = draftOf(state);
  const fenced = refs.filter((ref) => !held(draft, ref))
    .map(({ position }) => position);
  if (fenced.length > 0) return { fenced };
  const deadline = now + state.policy.leaseMs;
  for (const { position } of refs) {
    draft.put({ ...draft.entries.get(position)!, deadline });
  }
  return { step: draft.finish() };
}

/**
 * Takes deliveries back that nobody has got: they are due at once, and do not
 * count. What is not with that member any more stays as it is.
 */
export function release(
  state: GroupState,
  refs: readonly DeliveryRef[],
  now: number,
): Step {
  const draft = draftOf(state);
  for (const ref of refs) {
    const entry = held(draft, ref);
    if (!entry) continue;
    draft.put({
      ...entry,
      ...IDLE,
      state: "retry",
      attempts: entry.attempts - 1,
      nextAt: now,
      error: entry.error,
    });
  }
  return draft.finish();
}

/** How many events `refs` name: one may stand there twice. */
export function countPlaces(refs: readonly DeliveryRef[]): number {
  return new Set(refs.map(({ position }) => position)).size;
}

/** The delivery that `ref` names, if it is still with that member. */
function held(
  draft: Draft,
  { position, token }: DeliveryRef,
): Entry | undefined {
  const entry = draft.entries.get(position);
  return entry?.state === "taken" && entry.token === token ? entry : undefined;
}
