/**
 * What a run of orders was like, for people.
 *
 * @module
 */
import { countBy, list, machine } from "../faults/summary.ts";
import { type Books, rowsOf } from "./books.ts";
import type { Orders } from "./run.ts";

/** Most violations that are told of one by one. */
const MAX_TOLD = 12;

/** The summary of a run. */
export function summaryOfOrders(orders: Orders): string {
  const { options, seconds, kills, clients, books, violations } = orders;
  const { replies, unanswered, turnedAway, canceled } = clients;
  const repeats = replies.filter(({ isRepeat }) => isRepeat).length;
  const kept = [...rowsOf(books, "order").values()];
  const runs = rowsOf(books, "run").size;
  return [
    `Orders: seed ${options.seed}, ${seconds.toFixed(1)} s, ${
      options.postgres === undefined
        ? "one service on SQLite"
        : "two services on Postgres"
    }, on ${machine()}`,
    `orders: ${kept.length} (${
      list(countBy(kept.map(({ data }) => `${data["status"]}`)))
    }), ${
      kept.filter(({ data }) => data["run_id"]).length
    } of them by ${runs} runs`,
    `fills: ${rowsOf(books, "fill").size}; events: ${books.events.length}`,
    `kills: ${kills}`,
    `unanswered: ${unanswered}; turned away for the time being: ${turnedAway}`,
    `answers: ${replies.length}, ${repeats} of them repeats; ${canceled} cancellations`,
    `unknown outcomes: ${unknownOutcomes(orders)}; sent twice: ${
      sentTwice(books)
    }`,
    `violations: ${violations.length}`,
  ].join("\n");
}

/** What there is to know about everything that went wrong. */
export function findingsOfOrders({ violations }: Orders): string {
  return violations.slice(0, MAX_TOLD)
    .map(({ rule, message }) => `VIOLATION (${rule}): ${message}`).join("\n");
}

function unknownOutcomes({ log }: Orders): number {
  const said = "nobody knows whether an order was sent";
  return log.filter((line) => line.includes(said)).length;
}

function sentTwice(books: Books): number {
  const venue = [...rowsOf(books, "paper_order").values()];
  return venue.filter(({ data }) => data["submissions"] !== 1).length;
}
