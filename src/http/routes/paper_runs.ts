/**
 * Paper runs: a strategy over bars that have been.
 *
 * @module
 */
import { z } from "zod";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import { hasCode } from "../../../ports/port_error.ts";
import type { PaperRuns } from "../../apps/paper_runs.ts";
import { RequestRefused } from "../errors.ts";
import type { Caller } from "../identity.ts";
import { type Route, route } from "../route.ts";
import {
  bodyOf,
  PaperRun,
  PaperRunBody,
  PaperRunList,
  summaryOf,
  wishOf,
} from "./paper_run_schemas.ts";

const TAGS = ["Paper runs"];
const PATH = "/api/v1/paper-runs";

const RunPath = z.strictObject({ id: z.string().max(256) });

/** The routes of paper runs. */
export function paperRunRoutes(runs: PaperRuns): readonly Route[] {
  return [
    route({
      method: "POST",
      path: PATH,
      id: "startPaperRun",
      summary: "Trade the strategy day by day over past bars, on paper",
      description:
        "Signals and orders at each close, fills at the next open, on a venue, " +
        "a ledger and a clock of its own: no order, position or event of the " +
        "service is touched. The same request over the same bars always has " +
        "the same report, which is that of `holdfast paper-run` with the same " +
        "flags. One run at a time in an instance: another one is 409. It goes " +
        "on whether the caller waits or not, and gives way to other requests. " +
        "Ask its instance for it: the newest five of a user are kept there for " +
        "a day, in memory.",
      tags: TAGS,
      request: { body: PaperRunBody },
      responses: {
        202: {
          description: "The run, which has started.",
          schema: PaperRun,
          headers: z.object({
            Location: z.string().meta({ description: "Where to ask for it." }),
          }),
        },
      },
      errors: [404, 409, 422, 503],
      handle: async ({ body, caller: { user }, signal }) => {
        const wish = wishOf(body);
        const run = await named(wish.symbols, runs.start(user, wish, signal));
        return {
          status: 202,
          headers: { Location: `${PATH}/${run.id}` },
          json: bodyOf(run),
        };
      },
    }),

    route({
      method: "GET",
      path: PATH,
      id: "listPaperRuns",
      summary: "The caller's paper runs, newest first",
      description:
        "Those that this instance keeps, without their reports; who may administer sees those of all users.",
      tags: TAGS,
      responses: { 200: { description: "The runs.", schema: PaperRunList } },
      errors: [],
      handle: ({ caller }) => ({
        status: 200,
        json: { runs: runs.list(seenBy(caller)).map(summaryOf) },
      }),
    }),

    route({
      method: "GET",
      path: `${PATH}/{id}`,
      id: "getPaperRun",
      summary: "How far a paper run is, and what came of it",
      tags: TAGS,
      request: { params: RunPath },
      responses: { 200: { description: "The run.", schema: PaperRun } },
      errors: [404],
      handle: ({ params, caller }) => ({
        status: 200,
        json: bodyOf(runs.get(params.id, seenBy(caller))),
      }),
    }),

    route({
      method: "DELETE",
      path: `${PATH}/{id}`,
      id: "cancelPaperRun",
      summary: "Cancel a paper run",
      description: "One that has ended stays as it is.",
      tags: TAGS,
      request: { params: RunPath },
      responses: {
        200: { description: "The run, which has ended.", schema: PaperRun },
      },
      errors: [404],
      handle: async ({ params, caller }) => ({
        status: 200,
        json: bodyOf(await runs.cancel(params.id, seenBy(caller))),
      }),
    }),
  ];
}

/** Whose runs a caller sees: all users' who may administer. */
function seenBy({ user, isAdmin }: Caller) {
  return isAdmin ? undefined : user;
}

/** Tells of what is refused where in the body it was. */
async function named<T>(
  asked: readonly TradingSymbol[] | undefined,
  work: Promise<T>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof InvalidInput) {
      const errors = error.errors.map(({ path, message }) => ({
        path: `body.${path}`,
        message,
      }));
      throw new RequestRefused("invalid", message, { errors });
    }
    if (!hasCode(error, "not_found")) throw error;
    const { symbols = [] } = error.facts as { symbols?: TradingSymbol[] };
    const places = symbols
      .map((symbol) => asked?.indexOf(symbol) ?? -1)
      .filter((place) => place >= 0);
    const paths = places.length > 0
      ? places.map((place) => `body.symbols[${place}]`)
      : ["body.from", "body.to"];
    throw new RequestRefused("not_found", message, {
      errors: paths.map((path) => ({ path, message })),
    });
  }
}
