/**
 * Feature vectors.
 *
 * @module
 */
import { z } from "zod";
import type { FeatureScope, FeatureVector } from "../../../domain/feature.ts";
import type { FeatureResult, FeatureService } from "../../services/features.ts";
import { PROBLEMS } from "../errors.ts";
import { type Route, route } from "../route.ts";
import {
  DateInput,
  Instant,
  instantOf,
  SymbolInput,
  SymbolsInput,
} from "../schemas.ts";

const TAGS = ["Features"];
const ONE = "/api/v1/features/{symbol}/{date}";

const VECTOR = {
  symbol: "SYNA",
  date: "2025-06-30",
  features: { KMID: 0.0123, KLEN: 0.034, ROC5: null },
  source: "cache",
  computed_at: "2025-06-30T20:00:00.000Z",
} as const;

const Vector = z.object({
  symbol: z.string(),
  date: z.iso.date(),
  features: z.record(z.string(), z.number().nullable()).meta({
    description: "By name; `null` where a feature is not defined.",
  }),
  source: z.enum(["cache", "computed"]),
  computed_at: Instant,
}).meta({
  id: "FeatureVector",
  example: VECTOR,
});

const BatchRequest = z.strictObject({
  symbols: SymbolsInput,
  date: DateInput.optional().meta({
    description:
      "As of the close of this date; each symbol's newest when absent.",
  }),
}).meta({
  id: "FeatureBatchRequest",
  example: { symbols: ["SYNA", "SYNX"], date: "2025-06-30" },
});

const Batch = z.object({
  features: z.array(Vector).meta({
    description: "The vectors, in the order asked for.",
  }),
  errors: z.array(z.object({
    symbol: z.string(),
    status: z.int(),
    title: z.string(),
    detail: z.string(),
  })).meta({ description: "Symbols that have none, and why." }),
}).meta({
  id: "FeatureBatch",
  example: {
    features: [VECTOR],
    errors: [{
      symbol: "SYNX",
      status: 404,
      title: "Not found",
      detail: "Cannot read SYNX as there is no such symbol",
    }],
  },
});

const Invalidated = z.object({
  invalidated: z.object({
    symbol: z.string().optional(),
    date: z.iso.date().optional(),
  }).meta({ description: "What was forgotten; `{}` is everything." }),
}).meta({
  id: "FeaturesInvalidated",
  example: { invalidated: { symbol: "SYNA", date: "2025-06-30" } },
});

const Stats = z.object({
  hits: z.int(),
  misses: z.int(),
  hit_rate: z.number().nullable().meta({
    description: "Share of the reads that hit; `null` before the first read.",
  }),
  size: z.int().nullable().meta({
    description: "Vectors held; `null` when the store cannot be asked.",
  }),
  computations: z.int(),
  errors: z.int().meta({
    description: "Failed calls of the store, answered by computing.",
  }),
}).meta({
  id: "FeatureStats",
  description: "Counts since the start.",
  example: {
    hits: 3,
    misses: 1,
    hit_rate: 0.75,
    size: 2,
    computations: 1,
    errors: 0,
  },
});

/** The routes of feature vectors. */
export function featureRoutes(features: FeatureService): readonly Route[] {
  const forget = async (scope: FeatureScope, actor: string) => {
    await features.invalidate(scope, actor);
    return { status: 200, json: { invalidated: { ...scope } } } as const;
  };
  const forgotten = {
    200: { description: "They are forgotten.", schema: Invalidated },
  };

  return [
    route({
      method: "GET",
      path: "/api/v1/features/stats",
      id: "getFeatureStats",
      summary: "How well features are cached",
      tags: TAGS,
      responses: { 200: { description: "The counts.", schema: Stats } },
      errors: [],
      handle: async () => {
        const { hits, misses, size, ...more } = await features.stats();
        const reads = hits + misses;
        return {
          status: 200,
          json: {
            hits,
            misses,
            hit_rate: reads === 0 ? null : hits / reads,
            size: size ?? null,
            computations: more.computations,
            errors: more.errors,
          },
        };
      },
    }),

    route({
      method: "GET",
      path: ONE,
      id: "getFeatures",
      summary: "The features of a symbol as of the close of a date",
      tags: TAGS,
      request: {
        params: z.strictObject({ symbol: SymbolInput, date: DateInput }),
      },
      responses: { 200: { description: "The vector.", schema: Vector } },
      errors: [404, 422, 503],
      handle: async ({ params: { symbol, date } }) => {
        const [result] = await features.get([symbol], date);
        if ("error" in result!) throw result.error;
        return { status: 200, text: print(result!) };
      },
    }),

    route({
      method: "POST",
      path: "/api/v1/features/batch",
      id: "getFeatureBatch",
      summary: "The features of several symbols",
      description:
        "Answers 200 if any symbol has a vector; else with the problem of the " +
        "first one.",
      tags: TAGS,
      request: { body: BatchRequest },
      responses: {
        200: { description: "Vectors, and what went wrong.", schema: Batch },
      },
      errors: [404, 422, 503],
      handle: async ({ body: { symbols, date } }) => {
        const results = await features.get(symbols, date);
        return { status: 200, text: printBatch(results) };
      },
    }),

    route({
      method: "DELETE",
      path: ONE,
      id: "forgetFeatures",
      summary: "Forget one vector",
      tags: TAGS,
      request: {
        params: z.strictObject({ symbol: SymbolInput, date: DateInput }),
      },
      responses: forgotten,
      errors: [503, 504],
      handle: ({ params, caller }) => forget(params, caller.actor),
    }),

    route({
      method: "DELETE",
      path: "/api/v1/features/{symbol}",
      id: "forgetFeaturesOfSymbol",
      summary: "Forget every vector of a symbol",
      tags: TAGS,
      request: { params: z.strictObject({ symbol: SymbolInput }) },
      responses: forgotten,
      errors: [503, 504],
      handle: ({ params, caller }) => forget(params, caller.actor),
    }),

    route({
      method: "DELETE",
      path: "/api/v1/features",
      id: "forgetAllFeatures",
      summary: "Forget every vector",
      tags: TAGS,
      responses: forgotten,
      errors: [503, 504],
      handle: ({ caller }) => forget({}, caller.actor),
    }),
  ];
}

type Served = Extract<FeatureResult, { readonly vector: FeatureVector }>;

/**
 * Prints a vector around the JSON it is kept as, which is neither parsed nor
 * printed again. Symbols and dates have no character that JSON escapes.
 */
function print({ vector, source }: Served): string {
  return `{"symbol":"${vector.symbol}","date":"${vector.date}","features":${vector.json},"source":"${source}","computed_at":"${
    instantOf(vector.stamp.computedAt)
  }"}`;
}

function printBatch(results: readonly FeatureResult[]): string {
  const served: string[] = [];
  const failed: z.output<typeof Batch>["errors"] = [];
  for (const result of results) {
    if ("vector" in result) served.push(print(result));
    else {
      const { symbol, error } = result;
      failed.push({ symbol, ...PROBLEMS[error.code], detail: error.message });
    }
  }
  if (served.length === 0) {
    for (const result of results) if ("error" in result) throw result.error;
  }
  return `{"features":[${served.join(",")}],"errors":${
    JSON.stringify(failed)
  }}`;
}
