/**
 * Runs of the orchestrator: from signals to orders.
 *
 * @module
 */
import { z } from "zod";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import type { Orchestrator } from "../../apps/orchestrator.ts";
import { RequestRefused } from "../errors.ts";
import { type Route, route } from "../route.ts";
import { queryInteger } from "../schemas.ts";
import {
  bodyOf,
  Run,
  RunList,
  RunRequestBody,
  summaryOf,
} from "./orchestration_schemas.ts";

const TAGS = ["Orchestration"];

/** Most runs that a list skips. */
const MAX_OFFSET = 10_000;

/** The routes of the orchestrator. */
export function orchestrationRoutes(
  orchestrator: Orchestrator,
): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/orchestration/run",
      id: "runOrchestration",
      summary: "Trade from what is held to what the signals want",
      description:
        "Ranks the symbols, turns weights into target quantities, and sends " +
        "one market order for each difference to what the caller holds, " +
        "orders under way of runs before included; those that reduce go " +
        "first. There is one run per caller, strategy and `as_of_date`: the " +
        "same request again gets it, and goes on with it where it was cut " +
        "off; a request with other terms gets 409. What is held of symbols " +
        "that are not named stays. With `dry_run` nothing is sent or kept.",
      tags: TAGS,
      request: { body: RunRequestBody },
      responses: {
        200: {
          description: "The run.",
          schema: Run,
          headers: z.object({
            "Idempotency-Replayed": z.enum(["true", "false"]).meta({
              description: "Whether the run was there before.",
            }),
          }),
        },
      },
      errors: [404, 409, 422, 501, 503, 504, 507],
      // Whether the client waits or not: what was begun goes on.
      handle: async ({ body, caller: { user } }) => {
        const { run, isRepeat } = await named(orchestrator.run(user, {
          symbols: body.symbols,
          asOf: body.as_of_date,
          capital: body.capital,
          maxPositionSize: body.max_position_size,
          topN: body.top_n,
          bottomN: body.bottom_n,
          isDryRun: body.dry_run,
        }));
        return {
          status: 200,
          headers: { "Idempotency-Replayed": isRepeat ? "true" : "false" },
          json: bodyOf(run),
        };
      },
    }),

    route({
      method: "GET",
      path: "/api/v1/orchestration/runs",
      id: "listOrchestrationRuns",
      summary: "The caller's runs, newest first",
      description:
        "Without their mappings, and with their orders as they were when " +
        "they had been sent.",
      tags: TAGS,
      request: {
        query: z.strictObject({
          limit: queryInteger(1, 100).optional().meta({
            description: "Most runs; 50 when absent.",
          }),
          offset: queryInteger(0, MAX_OFFSET).optional().meta({
            description: "How many of the newest to leave out.",
          }),
        }),
      },
      responses: {
        200: {
          description: "The runs.",
          schema: RunList,
        },
      },
      errors: [501, 503, 504],
      handle: async ({ query, caller: { user }, signal }) => {
        const { limit = 50, offset = 0 } = query;
        const runs = await orchestrator.list(user, { limit, offset }, signal);
        return { status: 200, json: { runs: runs.map(summaryOf) } };
      },
    }),

    route({
      method: "GET",
      path: "/api/v1/orchestration/runs/{run_id}",
      id: "getOrchestrationRun",
      summary: "A run, with its orders as they are now",
      tags: TAGS,
      request: { params: z.strictObject({ run_id: z.string().max(256) }) },
      responses: { 200: { description: "The run.", schema: Run } },
      errors: [404, 501, 503, 504],
      handle: async ({ params, caller: { user }, signal }) => {
        const run = await orchestrator.get(user, params.run_id, signal);
        return { status: 200, json: bodyOf(run) };
      },
    }),
  ];
}

/** Tells of what is refused that it was in the body. */
async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof InvalidInput) || error.errors.length === 0) {
      throw error;
    }
    const errors = error.errors.map(({ path, message }) => ({
      path: `body.${path}`,
      message,
    }));
    throw new RequestRefused("invalid", error.message, { errors });
  }
}
