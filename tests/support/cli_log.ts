/**
 * A log behind `POST` and `GET /api/v1/events`, as small as it can be.
 *
 * @module
 */
import { type Asked, json, problem } from "./cli_terminal.ts";

/** What was published; two that differ in `n` are different events. */
export interface PublishedEvent {
  readonly id: string;
  readonly data: { readonly n: number };
}

/** The log. */
export interface LogOfOneTest {
  /** What it holds, in order; each id once. */
  readonly events: readonly PublishedEvent[];
  /** Takes events, and says where it ends. */
  answer(asked: Asked): Response;
}

/** Creates an empty one. */
export function createLog(): LogOfOneTest {
  const events: PublishedEvent[] = [];
  return {
    events,
    answer({ method, body }) {
      if (method === "GET") {
        const head = events.length;
        return json({
          ...{ events: [], next_after: head, resume_token: `0e:${head}` },
          ...{ head, earliest: 1, epoch: "0e" },
        });
      }
      const given: readonly PublishedEvent[] = JSON.parse(body).events;
      if (new Set(given.map(({ id }) => id)).size < given.length) {
        return problem(400, "Cannot publish as an id stands twice in a batch");
      }
      const other = given.find((event) =>
        events.some(({ id, data }) =>
          id === event.id && data.n !== event.data.n
        )
      );
      const results = given.map((event) => {
        const place = events.findIndex(({ id }) => id === event.id);
        const position = place < 0 ? events.push(event) : place + 1;
        const facts = { lane: "durable", position, duplicate: place >= 0 };
        return { id: event.id, ...facts };
      });
      if (!other) return json({ results }, 201);
      const detail =
        `Cannot publish as id ${other.id} is that of another event`;
      return problem(409, detail, undefined, "conflict");
    },
  };
}
