/**
 * Dead letters: looking at them, sending them on their way again, giving them up.
 *
 * @module
 */
import { z } from "zod";
import { InvalidInput } from "../../../../domain/invalid_input.ts";
import { parseGroupName } from "../../../../domain/event_group/policy.ts";
import type { DeadLetter as Letter } from "../../../../ports/event_groups.ts";
import type { EventGroups } from "../../../services/event_groups.ts";
import type { LetterChoice } from "../../../services/event_groups/letters.ts";
import { type Route, route } from "../../route.ts";
import { Instant, instantOf, queryInteger, textReadBy } from "../../schemas.ts";
import { DELIVERED } from "../event_examples.ts";
import { DeliveredEvent } from "../event_schemas.ts";
import { formatEvent } from "../../../../domain/event/envelope.ts";
import { GroupName, TAGS } from "./schemas.ts";

/** Dead letters of a page where nothing is said. */
const DEFAULT_LIMIT = 50;

/** Most positions of one request. */
const MAX_POSITIONS = 500;

const { epoch: _, ...LETTER_METADATA } = DELIVERED.metadata;
const LETTER_EVENT = { ...DELIVERED, metadata: LETTER_METADATA };

const LETTER = {
  group: "billing",
  position: 1207,
  key: "SYNA",
  status: "dead",
  attempts: 5,
  redrives: 0,
  error: "the bank does not answer",
  at: "2026-01-02T21:03:00.000Z",
  event: LETTER_EVENT,
};

/** Its copy of the event: that may be of another life of the log than the one that goes on. */
const LetterEvent = DeliveredEvent.extend({
  metadata: DeliveredEvent.shape.metadata.omit({ epoch: true }),
}).meta({ id: "DeadLetterEvent", example: LETTER_EVENT });

const DeadLetter = z.object({
  group: z.string(),
  position: z.int(),
  key: z.string().nullable(),
  status: z.enum(["dead", "behind", "redriven"]).meta({
    description: "`behind` waits for one before it of its key; `redriven` is " +
      "on its way again, and goes when it is settled.",
  }),
  attempts: z.int().meta({
    description: "Deliveries that failed; 0 of an event that nobody can read " +
      "and no member got, and of one that waits behind another.",
  }),
  redrives: z.int().meta({ description: "Times that it was sent again." }),
  error: z.string().meta({ description: "Why it is here." }),
  at: Instant,
  event: z.union([LetterEvent, z.null()]).meta({
    description: "null where the log did not hold it any more. Data that is " +
      "no JSON object is told as the text `malformed_data`.",
  }),
}).meta({
  id: "DeadLetter",
  example: LETTER,
});

const DeadLetters = z.object({
  dead_letters: z.array(DeadLetter),
  next_after: z.string().nullable().meta({
    description: "Go on after this; null when there may be no more.",
    example: "billing:1207",
  }),
}).meta({
  id: "DeadLetterList",
  example: { dead_letters: [LETTER], next_after: "billing:1207" },
});

const LetterPath = z.strictObject({
  group: GroupName,
  position: queryInteger(1, Number.MAX_SAFE_INTEGER),
});

const After = textReadBy(parseAfterLetter).meta({
  description: "The `next_after` of the page before: `group:position`.",
  example: "billing:1207",
});

const Positions = z.array(z.int().min(1)).min(1).max(MAX_POSITIONS);

const A_KEY = "must be a text of 1 to 256 printable characters";

/** As events have it. */
const Key = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,256}$/u, A_KEY);

const Choice = z.strictObject({
  group: GroupName,
  positions: Positions.optional(),
  key: Key.optional().meta({
    description: "All of this key.",
  }),
  all: z.literal(true).optional().meta({ description: "All of the group." }),
}).superRefine((body, context) => {
  const { positions, key, all } = body;
  const given = [positions, key, all].filter((one) => one !== undefined);
  if (given.length === 1) return;
  context.addIssue("must name one of positions, key and all");
}).meta({ example: { group: "billing", all: true } });

const Redriven = z.object({
  redriven: z.array(z.int()).meta({
    description: "Their positions, in order.",
  }),
  refused: z.array(z.object({
    position: z.int(),
    code: z.enum(["expired", "conflict"]).meta({
      description: "`expired`: its event is lost; `conflict`: another one of " +
        "its key stands before it.",
    }),
    reason: z.string(),
  })).meta({ description: "Those that have to stay, and why; in order." }),
  more: z.boolean().meta({
    description:
      "Whether there are others: ask again, once some of these are settled.",
  }),
}).meta({
  id: "Redriven",
  example: { redriven: [1207], refused: [], more: false },
});

const Discarded = z.object({ discarded: z.int() })
  .meta({ id: "Discarded", example: { discarded: 1 } });

/** The routes of dead letters. */
export function deadLetterRoutes(groups: EventGroups): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/events/dead-letters",
      id: "listDeadLetters",
      summary: "Events that groups could not handle",
      description:
        "In the order of groups and positions. An event whose data is no JSON " +
        "object, as somebody has put it into the log, comes here at once: no " +
        "member gets it.",
      tags: TAGS,
      request: {
        query: z.strictObject({
          group: GroupName.optional(),
          key: Key.optional(),
          after: After.optional(),
          limit: queryInteger(1, 500).optional().meta({
            description: `Most of a page; ${DEFAULT_LIMIT} when absent.`,
          }),
        }),
      },
      responses: {
        200: { description: "The dead letters.", schema: DeadLetters },
      },
      errors: [503, 504],
      handle: async ({ query, signal }) => {
        const { limit = DEFAULT_LIMIT, ...rest } = query;
        const letters = await groups.letters({ ...rest, limit }, signal);
        const last = letters.at(-1);
        const next = last ? `"${last.group}:${last.position}"` : "null";
        const list = letters.map(printLetter).join();
        const text = `{"dead_letters":[${list}],"next_after":${next}}`;
        return { status: 200, text };
      },
    }),

    route({
      method: "GET",
      path: "/api/v1/events/dead-letters/{group}/{position}",
      id: "getDeadLetter",
      summary: "One event that a group could not handle",
      description: "With the event as the log had it, and why it is here.",
      tags: TAGS,
      request: { params: LetterPath },
      responses: { 200: { description: "It.", schema: DeadLetter } },
      errors: [404, 503, 504],
      handle: async ({ params, signal }) => {
        const { group, position } = params;
        const letter = await groups.letter(group, position, signal);
        return { status: 200, text: printLetter(letter) };
      },
    }),

    route({
      method: "POST",
      path: "/api/v1/events/dead-letters/redrive",
      id: "redriveDeadLetters",
      summary: "Send dead letters on their way again",
      description:
        "In the order of their positions. What waits behind one of its key " +
        "goes with it. They are dead letters until they are settled. Of a key " +
        "or of all those go that can, `refused` tells of the others; of " +
        "`positions` all, or none. A call does a bounded part: `more`.",
      tags: TAGS,
      request: { body: Choice },
      responses: { 200: { description: "Which went.", schema: Redriven } },
      errors: [404, 409, 410, 503, 504, 507],
      handle: async ({ body: { group, positions, key } }) => {
        const choice: LetterChoice = positions
          ? { positions }
          : key === undefined
          ? { all: true }
          : { key };
        const done = await groups.redrive(group, choice);
        const json = {
          redriven: [...done.positions],
          refused: [...done.refused],
          more: done.isMore,
        };
        return { status: 200, json };
      },
    }),

    route({
      method: "POST",
      path: "/api/v1/events/dead-letters/discard",
      id: "discardDeadLetters",
      summary: "Give dead letters up",
      description:
        "What waited behind one goes on. The event because of which a group " +
        "has stopped may be given up too, and the group goes on.",
      tags: TAGS,
      request: {
        body: z.strictObject({
          group: GroupName,
          positions: Positions,
          reason: z.string().min(1).max(1000).meta({
            description: "Stands in the log of the service.",
          }),
        }).meta({
          example: {
            group: "billing",
            positions: [1207],
            reason: "a test order",
          },
        }),
      },
      responses: { 200: { description: "They are gone.", schema: Discarded } },
      errors: [404, 409, 503, 504, 507],
      handle: async ({ body, caller }) => {
        const { group, positions, reason } = body;
        await groups.discard(group, positions, reason, caller.actor);
        return { status: 200, json: { discarded: new Set(positions).size } };
      },
    }),
  ];
}

function printLetter({ event, at, key, ...letter }: Letter): string {
  const { group, position, status, attempts, redrives, error } = letter;
  const facts = JSON.stringify({
    group,
    position,
    key: key ?? null,
    status,
    attempts,
    redrives,
    error,
    at: instantOf(at),
  });
  const printed = event ? formatEvent(event, undefined, "envelope") : "null";
  return `${facts.slice(0, -1)},"event":${printed}}`;
}

function parseAfterLetter(text: string) {
  const [, group = "", position = ""] = /^([^:]+):(\d{1,15})$/.exec(text) ?? [];
  if (position === "") {
    throw new InvalidInput(
      `must be group:position: current value is ${
        JSON.stringify(text.slice(0, 100))
      }`,
    );
  }
  return { group: parseGroupName(group), position: Number(position) };
}
