/**
 * The order intents port: what was given out, and for what, before anybody was
 * told.
 *
 * `tests/contracts/order_intents.ts` is the definition of this port. It belongs
 * to the database of record.
 *
 * @module
 */
import type { UserId } from "../domain/user_id.ts";

/** Intents that one call keeps or looks for, at most. */
export const MAX_INTENTS = 8;

/** Most characters of a name. */
export const MAX_INTENT_NAME_CHARS = 256;

/** Most characters of what an intent says. */
export const MAX_INTENT_CHARS = 4096;

/** Intents that one call forgets, at most: `trim` as well as `forget`. */
export const MAX_INTENT_TRIM = 1000;

/** What a user wanted, and was given. */
export interface OrderIntent {
  /** What it is found by, one of a kind among those of its user. */
  readonly name: string;
  /** What it says, byte for byte: one JSON text. */
  readonly json: string;
  /** Until when it is kept at least: milliseconds since the Unix epoch. */
  readonly keptUntil: number;
}

/**
 * Holds intents, each exactly as it was first kept, until its time is up and it
 * is told to forget. It answers from the database of record: what one instance
 * keeps, all find from then on. Callers own retries; adapters never retry.
 */
export interface OrderIntents extends AsyncDisposable {
  /**
   * Keeps `intents`, all or none: none where one of their names is held already.
   * Of calls at the same time that want the same name, one is first.
   *
   * @param intents From 1 to `MAX_INTENTS`, their names differ.
   * @returns Those that are in the way, none when `intents` are kept.
   * @throws {PortError} `invalid` when an intent is not what it must be;
   * `full`, `unavailable`; `timeout` when nobody knows whether they are kept:
   * keeping them again tells.
   */
  keep(
    user: UserId,
    intents: readonly OrderIntent[],
    signal?: AbortSignal,
  ): Promise<readonly OrderIntent[]>;

  /**
   * The intents with `names`, in that order; `undefined` where there is none.
   *
   * @param names Up to `MAX_INTENTS`.
   * @throws {PortError} `invalid` when there are more.
   */
  find(
    user: UserId,
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly (OrderIntent | undefined)[]>;

  /**
   * Forgets intents that are not to be kept any more at `nowMs`. Several may
   * call at once.
   *
   * @returns How many are gone, at most `MAX_INTENT_TRIM`; there may be more to
   * forget when it is that.
   */
  trim(nowMs: number, signal?: AbortSignal): Promise<number>;

  /**
   * Forgets the intents of `user`, whether or not their time is up: for who is
   * erased. What was answered to them is found no more.
   *
   * @returns How many are gone, at most `MAX_INTENT_TRIM`; there may be more to
   * forget when it is that.
   */
  forget(user: UserId, signal?: AbortSignal): Promise<number>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
