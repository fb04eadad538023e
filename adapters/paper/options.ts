/**
 * What a paper venue takes for its services, and how badly it behaves.
 *
 * @module
 */
import { type Decimal, ONE, parseDecimal } from "../../domain/decimal.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import type { PaperCosts } from "../../domain/paper/cost.ts";

/**
 * What goes wrong, and how often. Shares are from 0 to 1, of orders (`partial`,
 * `reject`) or of calls (all others); one call has one fault at most.
 */
export interface PaperOptions extends PaperCosts {
  /** Orders that are filled in 2 to 4 parts. */
  readonly partial: number;
  /** Orders that are rejected. */
  readonly reject: number;
  /** Calls that fail with `timeout` and were not taken. */
  readonly lostRequest: number;
  /** Calls that fail with `timeout` and were taken. */
  readonly lostAnswer: number;
  /**
   * Submits that fail with `timeout`, cannot be found for a while, and are
   * taken all the same within `inFlightMs`; other calls are lost requests.
   */
  readonly late: number;
  /** Calls that fail with `unavailable`. */
  readonly unavailable: number;
  /** Calls that are taken, and answered with reports that contradict the order. */
  readonly nonsense: number;
  /** Calls of an account in 10 s, at most; 0 for any number. */
  readonly rateLimit: number;
  /** How long every call takes at least. */
  readonly latencyMs: number;
  /** So long after all others would be, a late request may be taken. */
  readonly inFlightMs: number;
  /** What all chance follows from, with the ids of orders. */
  readonly seed: number;
}

/** A venue that takes nothing, loses nothing and fills orders whole. */
export const DEFAULT_PAPER_OPTIONS: PaperOptions = {
  slippageBps: 0n,
  commissionBps: 0n,
  commissionFixed: 0n,
  partial: 0,
  reject: 0,
  lostRequest: 0,
  lostAnswer: 0,
  late: 0,
  unavailable: 0,
  nonsense: 0,
  rateLimit: 0,
  latencyMs: 0,
  inFlightMs: 1000,
  seed: 1,
};

type Read = (text: string) => Decimal | number | undefined;
type Option = readonly [field: keyof PaperOptions, says: string, read: Read];

const decimal = (most: bigint): Read => (text) => {
  const value = parseDecimal(text);
  if (value === undefined || value < 0n || value > most * ONE) return undefined;
  return value;
};
const share: Read = (text) => {
  const value = /^[\d.]+$/.test(text) ? Number(text) : NaN;
  return value >= 0 && value <= 1 ? value : undefined;
};
const whole = (most: number): Read => (text) => {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  return value <= most ? value : undefined;
};

const SHARE = "a share from 0 to 1";

const OPTIONS: Readonly<Record<string, Option>> = {
  slippage_bps: ["slippageBps", "a number from 0 to 1000", decimal(1000n)],
  commission_bps: ["commissionBps", "a number from 0 to 1000", decimal(1000n)],
  commission_fixed: [
    "commissionFixed",
    "a number from 0 to 1000000",
    decimal(1_000_000n),
  ],
  partial: ["partial", SHARE, share],
  reject: ["reject", SHARE, share],
  lost_request: ["lostRequest", SHARE, share],
  lost_answer: ["lostAnswer", SHARE, share],
  late: ["late", SHARE, share],
  unavailable: ["unavailable", SHARE, share],
  nonsense: ["nonsense", SHARE, share],
  rate_limit: [
    "rateLimit",
    "a whole number from 0 to 1000000",
    whole(1_000_000),
  ],
  latency_ms: ["latencyMs", "a whole number from 0 to 60000", whole(60_000)],
  in_flight_ms: [
    "inFlightMs",
    "a whole number from 0 to 60000",
    whole(60_000),
  ],
  seed: ["seed", "a whole number from 0 to 4294967295", whole(0xffff_ffff)],
};

const THERE_ARE = `there are ${Object.keys(OPTIONS).join(", ")}`;

/**
 * Reads options written `name=value`, separated by commas, such as
 * `slippage_bps=5,partial=0.2,seed=7`; an empty text asks for the defaults.
 *
 * @throws {InvalidInput} When a name is unknown or named twice, a value is not
 * what it must be, or the faults of calls are more than all calls.
 */
export function parsePaperOptions(text: string): PaperOptions {
  const found: Partial<Record<keyof PaperOptions, Decimal | number>> = {};
  for (const pair of text.split(",").map((part) => part.trim())) {
    if (pair === "" && text.trim() === "") continue;
    const [name = "", value = "", ...rest] = pair.split("=");
    const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (!option) throw refusal(`there is no option ${quoted(name)}`);
    const [field, says, read] = option;
    if (field in found) throw refusal(`${name} is named twice`);
    const parsed = rest.length > 0 ? undefined : read(value);
    if (parsed === undefined) {
      throw refusal(
        `${name} must be ${says}: current value is ${
          quoted([value, ...rest].join("="))
        }`,
      );
    }
    found[field] = parsed;
  }
  const options = { ...DEFAULT_PAPER_OPTIONS, ...found } as PaperOptions;
  const { lostRequest, lostAnswer, late, unavailable, nonsense } = options;
  const faults = lostRequest + lostAnswer + late + unavailable + nonsense;
  // Shares such as 0.1 and 0.9 may come to a little more than their sum.
  if (faults > 1 + 1e-9) {
    throw refusal(
      `lost_request, lost_answer, late, unavailable and nonsense must come to at most 1 together: current value is ${
        Number(faults.toFixed(9))
      }`,
    );
  }
  return options;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}

function refusal(reason: string): InvalidInput {
  return new InvalidInput(
    `Cannot use the options of the paper broker as ${reason}; ${THERE_ARE}`,
  );
}
