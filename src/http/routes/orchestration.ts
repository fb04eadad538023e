/**
 * Runs of the orchestrator: from signals to orders.
 *
 * @module
 */
import { z } from "zod";
import {
  type InputFault,
  InvalidInput,
} from "../../../domain/invalid_input.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";
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
        "market orders for the difference to what the caller holds: one a " +
        "symbol, or two where the side changes. Those that reduce go first. " +
        "Before that, what is open of the orders of the caller's last run " +
        "is canceled; 503 while some of them are in doubt. There is one run " +
        "per caller, strategy and `as_of_date`: the same request again gets " +
        "it, with its orders as they are now, and goes on with it where it " +
        "was cut off; a request with other terms gets 409. A run of which " +
        "nothing has reached the venue is made anew. What is held of symbols " +
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
          before: z.string().max(256).optional().meta({
            description: "Only runs older than this one.",
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
        const { limit = 50, offset = 0, before } = query;
        const page = { limit, offset, before };
        const runs = await orchestrator.list(user, page, signal);
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

/** Tells of what is refused where in the body it was. */
async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const faults = faultsOf(error);
    if (faults.length === 0) throw error;
    const { message } = error as Error;
    const errors = faults.map(({ path, message }) => ({
      path: `body.${path}`,
      message,
    }));
    if (!(error instanceof PortError)) {
      throw new RequestRefused("invalid", message, { errors });
    }
    const { code, facts } = error;
    throw new RequestRefused(code, message, { errors, facts });
  }
}

/** What is wrong with the request, by the names in its body. */
function faultsOf(error: unknown): readonly InputFault[] {
  if (error instanceof InvalidInput) return error.errors;
  if (hasCode(error, "not_found")) {
    const { facts, message } = error;
    // Only of bars that are there it is told how far they reach.
    const path = "first" in facts ? "as_of_date" : "symbols";
    return [{ path, message }];
  }
  if (!hasCode(error, "conflict")) return [];
  const { differences, was, now } = error.facts;
  if (!Array.isArray(differences)) return [];
  return differences
    .map((path: string, i) => ({
      path,
      message: `was ${Object(was)[i]} in the run: current value is ${
        Object(now)[i]
      }`,
    }))
    // That is no part of a request.
    .filter(({ path }) => path !== "lots");
}
