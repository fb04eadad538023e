/**
 * What the values of a column mean: prices and volumes as numbers, dates as
 * days since 1970-01-01.
 *
 * @module
 */
import { epochDayOf, parseTradingDate } from "../../domain/trading_date.ts";
import { damaged } from "./damage.ts";

/**
 * A value as it is stored: a bigint for INT64, bytes for INT96 and the byte
 * arrays, a number for the rest.
 */
export type Stored = number | bigint | Uint8Array;

/** What the schema of a file says of a column. */
export interface ColumnElement {
  /** What the file calls it. */
  readonly name: string;
  /** How a value is stored, such as `INT64`; absent where it has columns itself. */
  readonly type?: string;
  /** Bytes of a value of fixed length. */
  readonly type_length?: number;
  /** What a value means, as older writers say it. */
  readonly converted_type?: string;
  /** What a value means, as newer writers say it. */
  readonly logical_type?: {
    readonly type: string;
    readonly unit?: string;
    readonly scale?: number;
    readonly isSigned?: boolean;
  };
  /** Decimal places. */
  readonly scale?: number;
}

/** How the values of a column are stored and read. */
export interface ColumnType {
  /** How a value is stored, such as `INT64`. */
  readonly stored: string;
  /** Bytes of a value, where it is neither a number nor of any length; else 0. */
  readonly byteLength: number;
  /** The number that a stored value stands for; `Number` itself where it is that number. */
  readonly read: (value: Stored) => number;
}

/** What is expected of a column. */
export type ColumnRole = "date" | "number";

const EXPECTED: Record<ColumnRole, string> = {
  date: "a date, a timestamp or text is expected",
  number: "a number is expected",
};

const MAX_SCALE = 38;
const INT96_BYTES = 12;
/** The Julian day of 1970-01-01. */
const JULIAN_EPOCH = 2_440_588;

const MILLIS_A_DAY = 86_400_000n;
const TICKS_A_DAY: Readonly<Record<string, bigint>> = {
  TIMESTAMP_MILLIS: MILLIS_A_DAY,
  TIMESTAMP_MICROS: MILLIS_A_DAY * 1000n,
  MILLIS: MILLIS_A_DAY,
  MICROS: MILLIS_A_DAY * 1000n,
  NANOS: MILLIS_A_DAY * 1_000_000n,
};

/**
 * The type of a column.
 *
 * @throws {Damage} When the column cannot have the role.
 */
export function readColumnType(
  element: ColumnElement,
  role: ColumnRole,
): ColumnType {
  const { type: stored, name } = element;
  const read = role === "date" ? dateReader(element) : numberReader(element);
  if (stored === undefined || read === undefined) {
    const is = annotation(element) ?? stored ?? "a group";
    return damaged(`its column ${name} is of type ${is}: ${EXPECTED[role]}`);
  }
  const byteLength = stored === "INT96"
    ? INT96_BYTES
    : stored === "FIXED_LEN_BYTE_ARRAY"
    ? element.type_length ?? 0
    : 0;
  return { stored, byteLength, read };
}

/** What the values mean beyond how they are stored, if that is said. */
function annotation(element: ColumnElement): string | undefined {
  return element.logical_type?.type ?? element.converted_type;
}

function dateReader(element: ColumnElement): ColumnType["read"] | undefined {
  const means = annotation(element);
  switch (element.type) {
    case "INT32":
      return means === "DATE" ? Number : undefined;
    case "INT64": {
      const { logical_type: logical } = element;
      const unit = logical?.type === "TIMESTAMP" ? logical.unit : means;
      const ticks = TICKS_A_DAY[unit ?? ""];
      return ticks === undefined
        ? undefined
        : (value) => floorDivide(value as bigint, ticks);
    }
    case "INT96":
      return means === undefined ? dayOfInt96 : undefined;
    case "BYTE_ARRAY":
      return [undefined, "STRING", "UTF8"].includes(means)
        ? dayOfText
        : undefined;
    default:
      return undefined;
  }
}

function numberReader(element: ColumnElement): ColumnType["read"] | undefined {
  const { type, logical_type: logical, converted_type: converted } = element;
  const means = annotation(element);
  if (means === "DECIMAL") return decimalReader(element);
  if (type === "FLOAT" || type === "DOUBLE") {
    return means === undefined ? Number : undefined;
  }
  if (type !== "INT32" && type !== "INT64") return undefined;
  if (means === undefined) return Number;
  const isInteger = logical?.type === "INTEGER" ||
    /^U?INT_\d+$/.test(converted ?? "") && logical === undefined;
  if (!isInteger) return undefined;
  const isSigned = logical?.type === "INTEGER"
    ? logical.isSigned
    : !converted?.startsWith("U");
  if (isSigned) return Number;
  return type === "INT32"
    ? (value) => (value as number) >>> 0
    : (value) => Number(BigInt.asUintN(64, value as bigint));
}

function decimalReader(
  { type, scale, logical_type: logical, name }: ColumnElement,
): ColumnType["read"] | undefined {
  const places = (logical?.type === "DECIMAL" ? logical.scale : scale) ?? 0;
  if (places !== (scale ?? places) || !(places >= 0 && places <= MAX_SCALE)) {
    damaged(`the scale of its column ${name} is damaged`);
  }
  const unit = 10 ** places;
  switch (type) {
    case "INT32":
    case "INT64":
      return (value) => Number(value) / unit;
    case "BYTE_ARRAY":
    case "FIXED_LEN_BYTE_ARRAY":
      return (value) => Number(bigEndian(value as Uint8Array)) / unit;
    default:
      return undefined;
  }
}

/** A two's complement number of any length, highest byte first. */
function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = value << 8n | BigInt(byte);
  return BigInt.asIntN(8 * bytes.length, value);
}

function floorDivide(value: bigint, by: bigint): number {
  const quotient = value / by;
  return Number(value % by < 0n ? quotient - 1n : quotient);
}

/** Impala's timestamps: nanoseconds of the day, then the Julian day. */
function dayOfInt96(value: Stored): number {
  const { buffer, byteOffset } = value as Uint8Array;
  const view = new DataView(buffer, byteOffset, INT96_BYTES);
  const days = floorDivide(view.getBigInt64(0, true), TICKS_A_DAY.NANOS!);
  return view.getInt32(8, true) - JULIAN_EPOCH + days;
}

const DECODER = new TextDecoder();

const TEXT =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** ISO 8601, with a time or not; the day is UTC's where an offset is given. */
function dayOfText(value: Stored): number {
  const text = DECODER.decode(value as Uint8Array);
  const [, date, minutes = "00:00", seconds = "", offset = "Z"] =
    TEXT.exec(text) ?? [];
  try {
    const day = epochDayOf(parseTradingDate(date ?? text));
    if (offset === "Z") return day;
    const instant = Date.parse(`${date}T${minutes}${seconds}${offset}`);
    return floorDivide(BigInt(instant), MILLIS_A_DAY);
  } catch {
    return damaged(`it holds ${JSON.stringify(text.slice(0, 64))} for a date`);
  }
}
