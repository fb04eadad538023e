/**
 * Settling deliveries for members, who may say a thing twice.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import type { NewEvent, Receipt } from "../../../domain/event/event.ts";
import { hasLostPlace } from "../../../domain/event_group/control.ts";
import type { DeliveryRef, Step } from "../../../domain/event_group/group.ts";
import {
  countPlaces,
  settle,
  type Settled,
  type Settlement,
} from "../../../domain/event_group/settle.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Entropy } from "../../../ports/entropy.ts";
import { checkEffects } from "../../../ports/group_rules.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import type { Lane } from "./lane.ts";
import { tellHalt, tellLetters } from "./telling.ts";

/** Characters of an error that are kept. */
const MAX_ERROR_CHARS = 1000;

/** Settlements are remembered up to this length of their deliveries. */
const MEMORY_CHARS = 4 * 1024 * 1024;

/** What became of a settlement. */
export interface SettleResult {
  /** Receipts of its effects. */
  readonly receipts: readonly Receipt[];
  /** Whether this very settlement had been made before: it was not made again. */
  readonly isRepeat: boolean;
}

/** Settles deliveries of the group of `lane`. */
export type Settle = (
  group: string,
  lane: Lane,
  settlement: Partial<Settlement>,
  effects: readonly NewEvent[],
) => Promise<SettleResult>;

/**
 * Creates what settles. The newest settlements are remembered, those of this
 * process: a member whose answer was lost may ask again, and is told the same.
 */
export function createSettling(parts: {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
}): Settle {
  const { clock, entropy, telemetry } = parts;
  const jitter = () => entropy.fraction();
  const made = new LRUCache<string, readonly Receipt[]>({
    maxSize: MEMORY_CHARS,
    sizeCalculation: (receipts, name) => name.length + 100 * receipts.length,
  });

  return async (group, lane, { acks = [], nacks = [] }, effects) => {
    checkEffects(effects);
    const settlement = {
      acks,
      nacks: nacks.map((one) => ({ ...one, error: keptError(one.error) })),
    };
    const name = JSON.stringify([group, namesOf(acks), namesOf(nacks)]);
    try {
      const { receipts, value } = await lane.run((state) => {
        const settled = settle(state, settlement, clock.now(), jitter);
        const step = stepOf(settled, "settle");
        return { value: step, step, effects };
      });
      made.set(name, receipts);
      report(group, value, settlement);
      return { receipts, isRepeat: false };
    } catch (error) {
      const receipts = hasCode(error, "fenced") ? made.get(name) : undefined;
      if (!receipts) throw error;
      return { receipts, isRepeat: true };
    }
  };

  /** Counts, and says what has gone wrong for good. */
  function report(
    group: string,
    { letters, state: { halted } }: Step,
    { acks, nacks }: Settlement,
  ): void {
    const count = (result: string, by: number) =>
      by > 0 &&
      telemetry.count("holdfast_group_settled_total", { group, result }, by);
    const acked = countPlaces(acks);
    count("ack", acked);
    count("nack", countPlaces([...acks, ...nacks]) - acked);
    tellLetters(telemetry, group, letters);
    if (halted && nacks.length > 0 && !hasLostPlace(halted)) {
      tellHalt(telemetry, group, halted);
    }
  }
}

/**
 * The step of what members may do.
 *
 * @throws {PortError} `fenced` where a delivery is not the member's any more.
 */
export function stepOf(settled: Settled, verb: string): Step {
  if ("step" in settled) return settled.step;
  const positions = settled.fenced.join();
  const what = settled.fenced.length === 1
    ? `the event at position ${positions} as that delivery is`
    : `the events at positions ${positions} as those deliveries are`;
  throw new PortError(
    "fenced",
    `Cannot ${verb} ${what} not yours any more: the lease is over, or it was ` +
      `settled already, perhaps by a request of yours whose answer was lost`,
    { facts: { positions } },
  );
}

/** Names deliveries, the same ones always alike. */
function namesOf(refs: readonly DeliveryRef[]): readonly string[] {
  const names = refs.map(({ position, token }) => `${position}:${token}`);
  return [...new Set(names)].sort();
}

/** What is kept of an error: what databases can hold, and not too much. */
function keptError(error: string): string {
  return error.slice(0, MAX_ERROR_CHARS).replaceAll("\0", " ").toWellFormed();
}
