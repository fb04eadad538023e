/**
 * Client order ids, `MODE-DDMMM-NNNNN-TYPE`: which chain an order belongs to,
 * and what it does there.
 *
 * A chain is what belongs to one trade: an entry, its stop, its targets. Its
 * orders share the id up to the type. An id has no year and no user in it:
 * ids of one user repeat after a year at the earliest.
 *
 * @module
 */
import { InvalidInput } from "../invalid_input.ts";
import type { SequenceDay } from "../sequence.ts";
import { modeNamed, type TradingMode } from "../settings/field.ts";

/** What an id calls the trading modes. */
export const MODE_CODES = {
  ultra: "ULT",
  scalp: "SCA",
  swing: "SWI",
  position: "POS",
} as const satisfies Record<TradingMode, string>;

/** What an id calls a trading mode. */
export type ModeCode = typeof MODE_CODES[TradingMode];

/**
 * What an order does in its chain: entry, stop loss, take profits, hedge with
 * its own stop and profit, average-downs, rebuy.
 */
export const ORDER_TYPES = [
  "E",
  "SL",
  "TP1",
  "TP2",
  "TP3",
  "TP4",
  "H",
  "HSL",
  "HTP",
  "DCA1",
  "DCA2",
  "DCA3",
  "RB",
] as const;

/** What an order does in its chain. */
export type OrderType = typeof ORDER_TYPES[number];

/** Most characters that a venue takes for an id. */
export const MAX_ORDER_ID_CHARS = 36;

/** The base that the orders of a chain share, such as `ULT-06JAN-00001`. */
export type ChainId = string & { readonly __chainId: unique symbol };

/** The id of an order, such as `ULT-06JAN-00001-E`. */
export type ClientOrderId = string & {
  readonly __clientOrderId: unique symbol;
};

/** What a chain is named after. */
export interface Chain {
  /** Which mode trades. */
  readonly mode: ModeCode;
  /** The day of the number, in the user's time zone. */
  readonly day: SequenceDay;
  /** The number of the user's series of that day, from 1. */
  readonly number: number;
}

/** A day of some year. */
export interface YearlyDay {
  /** From 1 to 12. */
  readonly month: number;
  /** From 1 to 31; 29 in February too. */
  readonly dayOfMonth: number;
}

/** What the id of a chain says. */
export interface ParsedChainId extends YearlyDay {
  /** The id itself. */
  readonly chain: ChainId;
  /** Which mode trades. */
  readonly mode: ModeCode;
  /** The number of the series. */
  readonly number: number;
}

/** What the id of an order says. */
export interface ParsedClientOrderId extends ParsedChainId {
  /** What the order does in its chain. */
  readonly type: OrderType;
}

const MONTHS = [
  "JAN",
  "FEB",
  "MAR",
  "APR",
  "MAY",
  "JUN",
  "JUL",
  "AUG",
  "SEP",
  "OCT",
  "NOV",
  "DEC",
];

/** Days of each month in a leap year. */
const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Digits of a number below 100 000; above that there are as many as it takes. */
const WIDTH = 5;

const CHAIN_SHAPE = new RegExp(
  `^(${Object.values(MODE_CODES).join("|")})-(\\d{2})(${
    MONTHS.join("|")
  })-(\\d{${WIDTH}}|[1-9]\\d{${WIDTH},15})$`,
);

/** Years on each side among which there is a leap year, whatever the century. */
const LEAP_REACH = 8;

const DAY_MS = 86_400_000;

/** The id of `chain`. A number that needs more than five digits has them. */
export function formatChainId({ mode, day, number }: Chain): ChainId {
  const month = MONTHS[Number(day.slice(4, 6)) - 1]!;
  const count = digits(number, WIDTH);
  return `${mode}-${day.slice(6)}${month}-${count}` as ChainId;
}

/** The id of the order of `chain` that is its `type`. */
export function formatClientOrderId(
  chain: ChainId,
  type: OrderType,
): ClientOrderId {
  return `${chain}-${type}` as ClientOrderId;
}

/**
 * Reads the id of a chain; `undefined` for what `formatChainId` never gives,
 * such as 30FEB, lower case, or a number of `0`.
 */
export function parseChainId(text: string): ParsedChainId | undefined {
  const [, mode, days, name, count] = CHAIN_SHAPE.exec(text) ?? [];
  const month = MONTHS.indexOf(name ?? "") + 1;
  const dayOfMonth = Number(days);
  const number = Number(count);
  if (month === 0 || dayOfMonth < 1 || dayOfMonth > LONGEST[month - 1]!) {
    return undefined;
  }
  if (number < 1 || !Number.isSafeInteger(number)) return undefined;
  return {
    chain: text as ChainId,
    mode: mode as ModeCode,
    month,
    dayOfMonth,
    number,
  };
}

/**
 * Reads the id of an order; `undefined` for ids of other programs and for those
 * that were drawn at random (`ULT-FALLBACK-…`): not an error, as a venue lists
 * them beside ours.
 */
export function parseClientOrderId(
  text: string,
): ParsedClientOrderId | undefined {
  const end = text.lastIndexOf("-");
  const type = ORDER_TYPES.find((type) => type === text.slice(end + 1));
  const chain = end < 0 ? undefined : parseChainId(text.slice(0, end));
  return chain && type && { ...chain, type };
}

/**
 * Reads what a caller names as a chain.
 *
 * @throws {InvalidInput} When the text is not the id of a chain.
 */
export function readChainId(text: string): ParsedChainId {
  const parsed = parseChainId(text);
  if (parsed) return parsed;
  throw new InvalidInput(
    `Cannot use chain ${
      JSON.stringify(text.slice(0, 64))
    } as it must be the id of an order without its type, such as ULT-06JAN-00001`,
  );
}

/**
 * Reads a mode: its code, or the name that its settings have.
 *
 * @throws {InvalidInput} When there is no such mode.
 */
export function readModeCode(text: string): ModeCode {
  const codes = Object.values(MODE_CODES);
  const named = modeNamed(text);
  const code = named ? MODE_CODES[named] : codes.find((code) => code === text);
  if (code) return code;
  throw new InvalidInput(
    `Cannot use mode ${
      JSON.stringify(text.slice(0, 64))
    } as it must be one of ${codes.join(", ")}, or ${
      Object.keys(MODE_CODES).join(", ")
    }`,
  );
}

/**
 * The day that an id means: of all years the one nearest to `reference`, so
 * that a December id seen in January is last year's; the earlier one where two
 * are as near. Right for every id that is less than half a year away; 29FEB is
 * that of the nearest leap year.
 */
export function resolveDay(
  { month, dayOfMonth }: YearlyDay,
  reference: SequenceDay,
): SequenceDay {
  const year = Number(reference.slice(0, 4));
  let nearest: SequenceDay | undefined;
  let distance = Infinity;
  for (let one = year - LEAP_REACH; one <= year + LEAP_REACH; one++) {
    const isThere = month !== 2 || dayOfMonth < 29 || isLeapYear(one);
    if (!isThere || one < 0 || one > 9999) continue;
    const day = [digits(one, 4), digits(month, 2), digits(dayOfMonth, 2)]
      .join("") as SequenceDay;
    const away = Math.abs(daysBetween(day, reference));
    if (away < distance) [nearest, distance] = [day, away];
  }
  return nearest!;
}

/** Days from `from` to `to`; negative when `to` is before. */
export function daysBetween(from: SequenceDay, to: SequenceDay): number {
  return (startOf(to) - startOf(from)) / DAY_MS;
}

/** When `day` begins in UTC, in milliseconds since the Unix epoch. */
function startOf(day: SequenceDay): number {
  return Date.parse(day.replace(/(..)(..)$/, "-$1-$2"));
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
