/**
 * Schemas that several routes share.
 *
 * @module
 */
import { z } from "zod";
import { InvalidInput } from "../../domain/invalid_input.ts";
import {
  isJsonObject,
  jsonFault,
  type JsonObject,
} from "../../domain/json_value.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseSymbol, type TradingSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";

/** Most symbols that one request may name. */
export const MAX_SYMBOLS = 1000;

/** A text read by a parser of the domain. */
export function textReadBy<Parsed>(parse: (text: string) => Parsed) {
  return z.string().transform((text, context): Parsed => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });
}

/** A symbol; lower case is accepted. */
export const SymbolInput = textReadBy(parseSymbol).meta({
  description: "Symbol of an instrument; upper-cased on arrival.",
  example: "SYNA",
});

/** A calendar date. */
export const DateInput = textReadBy(parseTradingDate).meta({
  description: "Calendar date, `YYYY-MM-DD`.",
  format: "date",
  example: "2025-06-30",
});

/** A day of a number series. */
export const DayInput = textReadBy(parseSequenceDay).meta({
  description: "Calendar day, `YYYYMMDD`.",
  example: "20250630",
});

/** One symbol or more, each named once; the order is kept. */
export const SymbolsInput = z.array(SymbolInput).min(1).max(MAX_SYMBOLS)
  .superRefine((symbols, context) => {
    const twice = repeated(symbols);
    if (twice.length === 0) return;
    context.addIssue(
      `Cannot use the symbols as some are named more than once: ${
        twice.slice(0, 10).join(", ")
      }`,
    );
  })
  .meta({ uniqueItems: true, example: ["SYNA", "SYNB", "SYNC"] });

/** Any JSON object that can be stored as it came. */
export const AnyObject = z.custom<JsonObject>().meta({
  override: { type: "object", additionalProperties: true },
}).superRefine((value, context) => {
  const fault = isJsonObject(value)
    ? jsonFault(value)
    : { path: [], message: "must be a JSON object" };
  if (fault) {
    context.addIssue({ code: "custom", ...fault, path: [...fault.path] });
  }
});

/** A whole number in a query. */
export function queryInteger(min: number, max: number) {
  return z.string().regex(/^\d{1,16}$/, {
    error: (issue) =>
      `must be a whole number from ${min} to ${max}: current value is ${
        JSON.stringify(String(issue.input).slice(0, 64))
      }`,
    abort: true,
  }).transform(Number).pipe(z.number().min(min).max(max)).meta({
    override: (
      { jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema },
    ) => {
      delete jsonSchema.pattern;
      Object.assign(jsonSchema, {
        type: "integer",
        minimum: min,
        maximum: max,
      });
    },
  });
}

/** An instant in an answer: ISO 8601 in UTC. */
export const Instant = z.iso.datetime().meta({
  description: "Instant, ISO 8601 in UTC.",
  example: "2025-06-30T20:00:00.000Z",
});

/** Milliseconds since the Unix epoch as ISO 8601. */
export function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** What every error answer is (RFC 9457). */
export const Problem = z.looseObject({
  type: z.string().meta({
    description: "Kind of problem, for programs.",
    example: "urn:holdfast:problem:not-found",
  }),
  title: z.string().meta({ description: "Kind of problem, for people." }),
  status: z.int(),
  detail: z.string().meta({
    description: "What went wrong and how to go on, in one sentence.",
  }),
  instance: z.string().meta({ description: "Path of the request." }),
  request_id: z.string().meta({ description: "Name of the request." }),
  errors: z.array(z.object({
    path: z.string().meta({
      description: "Where in the request.",
      example: "body.symbols[1]",
    }),
    message: z.string(),
  })).optional().meta({ description: "What is wrong with which part." }),
}).meta({
  id: "Problem",
  description: "What went wrong (RFC 9457); some kinds have more members.",
  example: {
    type: "urn:holdfast:problem:invalid",
    title: "Not acceptable input",
    status: 400,
    detail:
      "Cannot accept the request as body.top_n must be at least 0: current value is -1",
    instance: "/api/v1/signals/generate",
    request_id: "5f2c8a91d7e3b046-1c",
    errors: [{
      path: "body.top_n",
      message: "must be at least 0: current value is -1",
    }],
  },
});

function repeated(symbols: readonly TradingSymbol[]): TradingSymbol[] {
  const seen = new Set<TradingSymbol>();
  const twice = new Set<TradingSymbol>();
  for (const symbol of symbols) {
    // What could not be read is no text, and has been reported already.
    if (typeof symbol !== "string") continue;
    if (seen.size === seen.add(symbol).size) twice.add(symbol);
  }
  return [...twice];
}
