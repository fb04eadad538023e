/**
 * What members of a group do: take events, and settle them.
 *
 * @module
 */
import { z } from "zod";
import { EVENT_FORMS } from "../../../../domain/event/envelope.ts";
import { InvalidInput } from "../../../../domain/invalid_input.ts";
import { PortError } from "../../../../ports/port_error.ts";
import type { EventGroups } from "../../../services/event_groups.ts";
import type { ReadEffects } from "../../../services/event_groups/effects.ts";
import type { Caller } from "../../identity.ts";
import { RequestRefused } from "../../errors.ts";
import { refuseCrossSite } from "../../host_guard.ts";
import { type Route, route } from "../../route.ts";
import { Instant, instantOf, queryInteger } from "../../schemas.ts";
import { DELIVERED, EPOCH } from "../event_examples.ts";
import { DeliveredEvent } from "../event_schemas.ts";
import { printNext, printSettled } from "./printing.ts";
import { GroupPath, TAGS } from "./schemas.ts";

/** Deliveries of one call where nothing is said. */
const DEFAULT_LIMIT = 10;

/** Most deliveries that one call takes or settles. */
const MAX_DELIVERIES = 500;

const TOKEN = "1f0c2ab34d5e-17-1";

const Ref = z.strictObject({
  position: z.int().min(1),
  token: z.string().min(1).max(64),
});

const Failed = Ref.extend({
  error: z.string().min(1).max(4000).meta({ description: "What went wrong." }),
  retry_ms: z.int().min(0).max(86_400_000).optional().meta({
    description: "When to deliver it again; as the policy says when absent.",
  }),
});

function deliveriesOf<Item extends z.ZodType>(item: Item) {
  return z.array(item).min(1).max(MAX_DELIVERIES);
}

const Member = z.string().regex(
  /^[\w.@:-]{1,128}$/,
  "must be 1 to 128 letters, digits or _ . @ : -",
).meta({ description: "Who takes them, for people.", example: "worker-1" });

const Next = z.object({
  deliveries: z.array(z.object({
    position: z.int(),
    token: z.string().meta({
      description: "Names the delivery: settle with it.",
    }),
    attempt: z.int().meta({ description: "From 1." }),
    lease_until: Instant,
    event: z.union([DeliveredEvent, z.looseObject({})]),
  })),
  state: z.enum(["running", "paused", "halted"]),
  checkpoint: z.int(),
  epoch: z.string(),
}).meta({
  id: "NextDeliveries",
  example: {
    deliveries: [{
      position: 1207,
      token: TOKEN,
      attempt: 1,
      lease_until: "2026-01-02T21:00:30.000Z",
      event: DELIVERED,
    }],
    state: "running",
    checkpoint: 1206,
    epoch: EPOCH,
  },
});

const Settled = z.object({
  settled: z.int(),
  already: z.literal(true).optional().meta({
    description: "This very request had been answered before, perhaps unheard.",
  }),
  effects: z.array(z.object({
    id: z.string(),
    position: z.int(),
    duplicate: z.boolean(),
  })),
}).meta({ id: "Settled", example: { settled: 1, effects: [] } });

/** The routes of members. */
export function memberRoutes(
  groups: EventGroups,
  readEffects: ReadEffects,
): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/events/groups/{name}/next",
      id: "takeFromGroup",
      summary: "Take the next events of a group",
      description:
        "Waits for them up to `wait` seconds; who waits longest is served " +
        "first. What is neither settled nor " +
        "extended before `lease_until` is delivered again. Of one key, an " +
        "event is delivered after those before it are settled.",
      tags: TAGS,
      request: {
        params: GroupPath,
        query: z.strictObject({
          wait: queryInteger(0, 60).optional().meta({
            description:
              "Seconds to wait where there is nothing; 0 when absent. Behind " +
              "many events of other channels an answer may be empty all the " +
              "same: `checkpoint` tells how far the group has looked.",
          }),
          limit: queryInteger(1, MAX_DELIVERIES).optional().meta({
            description: `Most deliveries; ${DEFAULT_LIMIT} when absent.`,
          }),
          member: Member.optional(),
          form: z.enum(EVENT_FORMS).optional(),
        }),
      },
      responses: { 200: { description: "The deliveries.", schema: Next } },
      errors: [403, 404, 409, 410, 503, 504, 507],
      handle: async ({ params, query, caller, signal, context }) => {
        const { wait = 0, limit = DEFAULT_LIMIT, form = "envelope" } = query;
        refuseCrossSite(context.request, "take from a group");
        // Nobody would get what a HEAD takes.
        if (context.request.method === "HEAD") {
          const { group } = await groups.get(params.name);
          return {
            status: 200,
            text: printNext({ deliveries: [], group }, form),
          };
        }
        const member = query.member ?? caller.user;
        const polling = { member, limit, waitMs: wait * 1000 };
        const end = new AbortController();
        const stop = () => end.abort(closing());
        const leave = () => end.abort(signal.reason);
        context.shutdown.addEventListener("abort", stop);
        signal.addEventListener("abort", leave);
        try {
          if (context.shutdown.aborted) stop();
          const polled = await groups.take(params.name, polling, end.signal);
          return { status: 200, text: printNext(polled, form) };
        } finally {
          context.shutdown.removeEventListener("abort", stop);
          signal.removeEventListener("abort", leave);
        }
      },
    }),

    route({
      method: "POST",
      path: "/api/v1/events/groups/{name}/ack",
      id: "ackDeliveries",
      summary: "Say that events have been handled",
      description:
        "All of them are settled and all `effects` committed to the log, in " +
        "one transaction, or nothing: 409 names the deliveries that are not " +
        "yours any more. Give effects ids of their own, so that what is sent " +
        "twice is committed once. The same request again is answered as " +
        "before, with `already`, while the instance remembers it; else 409: the " +
        "lease is over, or the answer of a request of yours was lost.",
      tags: TAGS,
      request: {
        params: GroupPath,
        headers: z.object({ traceparent: z.string().optional() }),
        body: z.strictObject({
          deliveries: deliveriesOf(Ref),
          effects: z.array(z.unknown()).max(100).optional().meta({
            description:
              "Events to publish, as `POST /api/v1/events` takes them.",
          }),
        }).meta({
          example: { deliveries: [{ position: 1207, token: TOKEN }] },
        }),
      },
      responses: { 200: { description: "They are settled.", schema: Settled } },
      errors: [404, 409, 503, 504, 507],
      handle: async ({ params, body, headers, caller }) => {
        const { deliveries: acks, effects: given = [] } = body;
        const effects = effectsOf(given, caller, headers.traceparent);
        const done = await groups.settle(params.name, { acks }, effects);
        return { status: 200, json: printSettled(acks, done) };
      },
    }),

    route({
      method: "POST",
      path: "/api/v1/events/groups/{name}/nack",
      id: "nackDeliveries",
      summary: "Say that events could not be handled",
      description:
        "They are delivered again later, or become dead letters where that " +
        "was their last attempt.",
      tags: TAGS,
      request: {
        params: GroupPath,
        body: z.strictObject({ deliveries: deliveriesOf(Failed) }).meta({
          example: {
            deliveries: [{
              position: 1207,
              token: TOKEN,
              error: "the bank does not answer",
            }],
          },
        }),
      },
      responses: { 200: { description: "It is noted.", schema: Settled } },
      errors: [404, 409, 503, 504, 507],
      handle: async ({ params, body }) => {
        const nacks = body.deliveries.map(({ retry_ms: retryMs, ...one }) => ({
          ...one,
          retryMs,
        }));
        const done = await groups.settle(params.name, { nacks });
        return { status: 200, json: printSettled(nacks, done) };
      },
    }),

    route({
      method: "POST",
      path: "/api/v1/events/groups/{name}/extend",
      id: "extendDeliveries",
      summary: "Keep deliveries for a whole lease more",
      description: "All of them, or none: 409 names those that are not yours.",
      tags: TAGS,
      request: {
        params: GroupPath,
        body: z.strictObject({ deliveries: deliveriesOf(Ref) }).meta({
          example: { deliveries: [{ position: 1207, token: TOKEN }] },
        }),
      },
      responses: {
        200: {
          description: "They are yours until then.",
          schema: z.object({ lease_until: Instant }).meta({
            id: "Extended",
            example: { lease_until: "2026-01-02T21:00:30.000Z" },
          }),
        },
      },
      errors: [404, 409, 503, 504, 507],
      handle: async ({ params, body }) => {
        const until = await groups.extend(params.name, body.deliveries);
        return { status: 200, json: { lease_until: instantOf(until) } };
      },
    }),
  ];

  function effectsOf(
    effects: readonly unknown[],
    caller: Caller,
    traceparent: string | undefined,
  ) {
    try {
      return readEffects(effects, caller, traceparent);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      throw new RequestRefused("invalid", error.message, {
        errors: error.errors.map(({ path, message }) => ({
          path: `body.${path}`,
          message,
        })),
      });
    }
  }
}

function closing(): PortError {
  return new PortError(
    "closed",
    "Cannot wait for events as the service is shutting down",
  );
}
