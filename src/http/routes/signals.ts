/**
 * Signals and the model that gives them.
 *
 * @module
 */
import { z } from "zod";
import type { ModelInfo } from "../../../ports/model_registry.ts";
import { PortError, type PortErrorCode } from "../../../ports/port_error.ts";
import type { SignalRun, SignalService } from "../../apps/signal_service.ts";
import { requireScope } from "../identity.ts";
import { type Route, route } from "../route.ts";
import {
  DateInput,
  Instant,
  instantOf,
  MAX_SYMBOLS,
  SymbolsInput,
} from "../schemas.ts";

const GenerateRequest = z.strictObject({
  symbols: SymbolsInput,
  as_of_date: DateInput.optional().meta({
    description:
      "Close to look from; the newest that any of the symbols has when absent: a symbol that lags behind is refused by name.",
  }),
  top_n: z.int().min(0).max(MAX_SYMBOLS).optional().meta({
    description: "Symbols to be long; TOP_N, or as many as fit, when absent.",
  }),
  bottom_n: z.int().min(0).max(MAX_SYMBOLS).optional().meta({
    description:
      "Symbols to be short; BOTTOM_N, or as many as fit, when absent.",
  }),
  publish: z.boolean().optional().meta({
    description:
      "Whether the log is told of them by `signals.generated`; it is when absent.",
  }),
}).meta({
  id: "SignalRequest",
  example: { symbols: ["SYNA", "SYNB", "SYNC"], top_n: 1, bottom_n: 1 },
});

const Signals = z.object({
  signals: z.array(z.object({
    symbol: z.string(),
    predicted_return: z.number().meta({
      description: "The score, rescaled to a standard deviation of 0.02.",
    }),
    score: z.number().meta({ description: "What the model said." }),
    rank: z.int().meta({ description: "1 is the highest score." }),
    target_weight: z.number().meta({
      description: "Above 0 is long, below 0 is short.",
    }),
  })).meta({ description: "Highest score first." }),
  metadata: z.object({
    as_of_date: z.iso.date(),
    model_version: z.string(),
    strategy: z.string(),
    num_signals: z.int(),
    generated_at: Instant,
    top_n: z.int(),
    bottom_n: z.int(),
    event: z.object({
      id: z.string(),
      position: z.int().meta({ description: "Place in the event log." }),
    }).nullable().meta({
      description: "The `signals.generated` event; `null` when there is none.",
    }),
  }),
}).meta({
  id: "Signals",
  example: {
    signals: [
      {
        symbol: "SYNB",
        predicted_return: 0.0245,
        score: 0.0031,
        rank: 1,
        target_weight: 1,
      },
      {
        symbol: "SYNA",
        predicted_return: -0.0245,
        score: -0.0018,
        rank: 2,
        target_weight: -1,
      },
    ],
    metadata: {
      as_of_date: "2025-06-30",
      model_version: "9f2c41d07b3e",
      strategy: "alpha_baseline",
      num_signals: 2,
      generated_at: "2025-06-30T20:00:00.000Z",
      top_n: 1,
      bottom_n: 1,
      event: { id: "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b", position: 1207 },
    },
  },
});

const Model = z.object({
  strategy: z.string(),
  version: z.string().meta({
    description: "Changes exactly when the model's content does.",
  }),
  activated_at: Instant,
  objective: z.string(),
  num_trees: z.int(),
  num_features: z.int(),
}).meta({
  id: "Model",
  example: {
    strategy: "alpha_baseline",
    version: "9f2c41d07b3e",
    activated_at: "2025-06-30T20:00:00.000Z",
    objective: "regression",
    num_trees: 100,
    num_features: 158,
  },
});

const Reload = z.object({
  reloaded: z.boolean().meta({
    description: "Whether another model is active than before.",
  }),
  version: z.string(),
  previous_version: z.string().optional(),
  message: z.string(),
}).meta({
  id: "ModelReload",
  example: {
    reloaded: true,
    version: "9f2c41d07b3e",
    previous_version: "51ab0c88e2f4",
    message: "Model 9f2c41d07b3e is active now",
  },
});

/** The routes of signals and their model. */
export function signalRoutes(signals: SignalService): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/signals/generate",
      id: "generateSignals",
      summary: "Rank symbols and weigh the ends",
      description:
        "Scores every symbol, gives the first `top_n` each +1/top_n and the " +
        "last `bottom_n` each -1/bottom_n, and publishes `signals.generated` " +
        "unless `publish` is false. Orders may be sent because of that event: " +
        "it asks for the scope trade, and is left out for a key without it " +
        "that does not ask for it.",
      tags: ["Signals"],
      request: { body: GenerateRequest },
      responses: {
        200: {
          description: "The signals.",
          schema: Signals,
          headers: z.object({
            "X-Holdfast-Event": z.literal("unpublished").optional().meta({
              description: "Present when the event could not be published.",
            }),
          }),
        },
      },
      errors: [404, 422, 503],
      handle: async ({ body, signal, caller }) => {
        if (body.publish) requireScope(caller, "trade");
        const run = await signals.generate({
          symbols: body.symbols,
          asOf: body.as_of_date,
          topN: body.top_n,
          bottomN: body.bottom_n,
          publish: caller.scopes.includes("trade") ? body.publish : false,
          user: caller.isAdmin ? undefined : caller.user,
        }, signal);
        const json = signalsOf(run);
        return run.eventError === undefined ? { status: 200, json } : {
          status: 200,
          json,
          headers: { "X-Holdfast-Event": "unpublished" },
        };
      },
    }),

    route({
      method: "GET",
      path: "/api/v1/model/info",
      id: "getModel",
      summary: "The active model",
      tags: ["Signals"],
      responses: { 200: { description: "The model.", schema: Model } },
      errors: [503],
      handle: () => {
        const model = signals.model();
        if (!model) {
          throw new PortError(
            "unavailable",
            "Cannot tell of a model as none is loaded: put one at MODEL_PATH",
          );
        }
        return { status: 200, json: modelOf(model) };
      },
    }),

    route({
      method: "POST",
      path: "/api/v1/model/reload",
      id: "reloadModel",
      summary: "Look for another model now",
      description:
        "A model that cannot be used is refused and the one before stays. For " +
        "who administers, as all users' signals come from it.",
      tags: ["Signals"],
      responses: {
        200: { description: "The model that is active now.", schema: Reload },
      },
      errors: [422, 503],
      handle: async () => {
        const { model, previous, changed } = await reload(signals);
        const { version } = model.info;
        return {
          status: 200,
          json: {
            reloaded: changed,
            version,
            ...(previous ? { previous_version: previous.info.version } : {}),
            message: changed
              ? `Model ${version} is active now`
              : `Model ${version} is active still: there is no other`,
          },
        };
      },
    }),
  ];
}

/** What a fault of the model file is to a client who did not choose it. */
const RELOAD_CODES: Partial<Record<PortError["code"], PortErrorCode>> = {
  not_found: "unavailable",
  invalid: "corrupt",
};

async function reload(signals: SignalService) {
  try {
    return await signals.reload();
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    throw new PortError(
      RELOAD_CODES[error.code] ?? error.code,
      error.message,
      {
        cause: error,
        facts: { ...error.facts, version: signals.model()?.version },
      },
    );
  }
}

function signalsOf(run: SignalRun): z.output<typeof Signals> {
  return {
    signals: run.signals.map((signal) => ({
      symbol: signal.symbol,
      predicted_return: signal.predictedReturn,
      score: signal.score,
      rank: signal.rank,
      target_weight: signal.targetWeight,
    })),
    metadata: {
      as_of_date: run.asOf,
      model_version: run.model.version,
      strategy: run.model.strategy,
      num_signals: run.signals.length,
      generated_at: instantOf(run.generatedAt),
      top_n: run.topN,
      bottom_n: run.bottomN,
      event: run.event ? { ...run.event } : null,
    },
  };
}

function modelOf(model: ModelInfo): z.output<typeof Model> {
  return {
    strategy: model.strategy,
    version: model.version,
    activated_at: instantOf(model.activatedAt),
    objective: model.objective,
    num_trees: model.treeCount,
    num_features: model.featureCount,
  };
}
