/**
 * A run: clients at work while instances are killed and the venue fails, and
 * what the judge says to it.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import { createPostgres } from "../support/postgres_server.ts";
import { createChance } from "../simulation/chance.ts";
import type { Books } from "./books.ts";
import { type Clients, createClients } from "./clients.ts";
import { openFleet, openShortSource } from "./fleet.ts";
import { judgeOrders } from "./judge.ts";
import type { OrderViolation } from "./violation.ts";

/** What a run is to be like. */
export interface OrdersOptions {
  readonly seed: number;
  /** Where the program is. */
  readonly folder: string;
  /** The Postgres server, for two instances; one on SQLite when absent. */
  readonly postgres?: string | undefined;
  /** How long kills go on. */
  readonly seconds: number;
  /** At least so many kills. */
  readonly kills: number;
  /** Replies from one kill to the next, on average. */
  readonly every: number;
}

/** What came of a run. */
export interface Orders {
  readonly options: OrdersOptions;
  /** How long it took, with the rest in the end. */
  readonly seconds: number;
  readonly kills: number;
  readonly clients: Pick<
    Clients,
    "replies" | "unanswered" | "turnedAway" | "canceled"
  >;
  readonly books: Books;
  readonly violations: readonly OrderViolation[];
  readonly log: readonly string[];
}

/** How badly the venue behaves. */
export function venueOf(seed: number): string {
  return [
    "lost_request=0.04,lost_answer=0.06,late=0.05,unavailable=0.05",
    "partial=0.3,reject=0.05,commission_bps=1,latency_ms=2,in_flight_ms=300",
    `seed=${seed}`,
  ].join(",");
}

/**
 * Runs it with two services on a Postgres of its own, which `program` serves,
 * and then with one on SQLite, half as long.
 */
export async function runOrdersTwice(
  program: string,
  { seed, seconds }: { readonly seed: number; readonly seconds: number },
): Promise<readonly Orders[]> {
  await using postgres = await createPostgres(program);
  await postgres.start();
  await using source = await openShortSource();
  const { folder } = source;
  const most = { seed, folder, kills: 1, every: 12 };
  const { url } = postgres;
  return [
    await runOrders({ ...most, postgres: url, seconds: seconds * 2 / 3 }),
    await runOrders({ ...most, seconds: seconds / 3 }),
  ];
}

/** Runs it on a database of its own. */
export async function runOrders(options: OrdersOptions): Promise<Orders> {
  const { seed, folder, postgres, every } = options;
  const size = postgres === undefined ? 1 : 2;
  const env = { PAPER_BROKER: venueOf(seed) };
  await using fleet = await openFleet({ folder, size, postgres, env });
  // One after the other, as both would make the tables.
  for (let n = 0; n < size; n++) await fleet.start(n);
  const chance = createChance(seed, "kills");
  const clients = createClients(fleet, seed);
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const stop = new AbortController();
  const work = clients.run(stop.signal);
  let kills = 0;
  try {
    while (kills < options.kills || seconds() < options.seconds) {
      await clients.untilMore(1 + chance.below(2 * every));
      await sleep(chance.between(0, 30));
      const both = chance.happens(0.2);
      const one = chance.below(size);
      const dead = both ? Array.from({ length: size }, (_, n) => n) : [one];
      for (const n of dead) await fleet.kill(n);
      kills += dead.length;
      for (const n of dead) await fleet.start(n);
    }
  } finally {
    stop.abort();
    await work;
  }
  await clients.settle();
  const books = await fleet.books();
  return {
    options,
    seconds: seconds(),
    kills,
    clients,
    books,
    violations: judgeOrders(books, clients.replies),
    log: fleet.log,
  };
}
