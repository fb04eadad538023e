/**
 * What may be done with consumer groups.
 *
 * @module
 */
import type { NewEvent } from "../../../domain/event/event.ts";
import type {
  DeliveryRef,
  GroupPolicy,
} from "../../../domain/event_group/group.ts";
import type { Settlement } from "../../../domain/event_group/settle.ts";
import type { DeadLetter, LetterQuery } from "../../../ports/event_groups.ts";
import type { Consumption } from "./handling.ts";
import type { LetterChoice, RedriveResult } from "./letters.ts";
import type { Polled, Polling } from "./poll.ts";
import type { SettleResult } from "./settling.ts";
import type { GroupStart } from "./start.ts";
import type { GroupView } from "./view.ts";

/** What members and operators do with groups. */
export interface EventGroups {
  /** Every group, by name. */
  list(signal?: AbortSignal): Promise<readonly GroupView[]>;

  /** @throws {PortError} `not_found`. */
  get(name: string, signal?: AbortSignal): Promise<GroupView>;

  /**
   * Makes a group that begins at `start`, or has the one that there is go by
   * `policy` from now on; whether it was made.
   *
   * @throws {InvalidInput} When name or policy are none.
   * @throws {PortError} As `seek`; `full` when there are too many.
   */
  put(
    name: string,
    group: { readonly policy: GroupPolicy; readonly start: GroupStart },
    signal?: AbortSignal,
  ): Promise<boolean>;

  /** Forgets a group and its dead letters. @throws {PortError} `not_found`. */
  remove(name: string, signal?: AbortSignal): Promise<void>;

  /** Gives nothing out until `resume`. */
  pause(name: string): Promise<void>;

  /**
   * Goes on after `pause`, or after the group has stopped by itself.
   *
   * @throws {PortError} `epoch_changed`, `expired` when it does not know where:
   * `seek` mends that.
   */
  resume(name: string): Promise<void>;

  /**
   * Reads on from `start`, whatever was settled; returns the position.
   *
   * @throws {PortError} `invalid` beyond the head, `expired` before what the
   * log holds, `epoch_changed` when `start` belongs to another epoch, `conflict`
   * when a dead letter beyond it is of another life of the log (facts:
   * `position`).
   */
  seek(name: string, start: GroupStart, signal?: AbortSignal): Promise<number>;

  /**
   * Gives a member what is next, waiting for it up to `waitMs`. What is not
   * settled when its lease ends is delivered again.
   *
   * @throws {PortError} `epoch_changed`, `expired` when the group has lost its
   * place in the log.
   */
  take(name: string, polling: Polling, signal?: AbortSignal): Promise<Polled>;

  /**
   * Settles deliveries and appends `effects` to the log, all of it or nothing.
   * Who says again what this process remembers to have settled so is told what
   * came of it then.
   *
   * @throws {PortError} `fenced` when a delivery is not the member's any more
   * (facts: `positions`).
   */
  settle(
    name: string,
    settlement: Partial<Settlement>,
    effects?: readonly NewEvent[],
  ): Promise<SettleResult>;

  /** Lets deliveries be the member's for a whole lease more; until when. */
  extend(name: string, refs: readonly DeliveryRef[]): Promise<number>;

  /** Dead letters. */
  letters(
    query: LetterQuery,
    signal?: AbortSignal,
  ): Promise<readonly DeadLetter[]>;

  /** @throws {PortError} `not_found`. */
  letter(
    group: string,
    position: number,
    signal?: AbortSignal,
  ): Promise<DeadLetter>;

  /**
   * Sends dead letters on their way again, in order; what waits behind one
   * goes with it. Of a key or a group those go that can.
   *
   * @throws {PortError} Where positions are named: `not_found`; `conflict` when
   * another one of its key stands before it; `expired` when its event is lost.
   */
  redrive(group: string, choice: LetterChoice): Promise<RedriveResult>;

  /**
   * Gives up dead letters, or the event because of which the group has stopped;
   * what waited behind one goes on.
   */
  discard(
    group: string,
    positions: readonly number[],
    reason: string,
    actor: string,
  ): Promise<void>;

  /** Has `handler` handle the events of a group until `signal` aborts. */
  consume(
    name: string,
    consumption: Consumption,
    signal: AbortSignal,
  ): Promise<void>;

  /** Measures the groups until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}
