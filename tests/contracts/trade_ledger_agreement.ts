/**
 * A trade ledger and that in memory, given the same calls, give the same
 * answers.
 *
 * @module
 */
import fc from "fast-check";
import { openMemoryTradeLedger } from "../../adapters/memory/trade_ledger.ts";
import { PortError } from "../../ports/port_error.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import { deepEqual, ok } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createMemoryWorld, subject } from "../support/memory_world.ts";
import {
  ANN,
  BOB,
  logged,
  type TradeLedgerSubject,
} from "./trade_ledger_cases.ts";

const anId = fc.constantFrom("a", "b", "\u{1f600}", "\ue000", "ü");
const aUser = fc.constantFrom(ANN, BOB);
const aKind = fc.constantFrom("order", "fill");
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });

const aChange = fc.record({
  kind: aKind,
  id: anId,
  /** How far the version named is from that held. */
  off: fc.constantFrom(0, 0, 0, 0, 0, 0, -1, 1),
  isOpen: fc.boolean(),
  at: fc.nat(3),
  json: fc.json(),
});

const aCommit = fc.record({
  user: aUser,
  changes: fc.uniqueArray(aChange, {
    minLength: 1,
    maxLength: 3,
    selector: ({ kind, id }) => kind + id,
  }),
  events: fc.uniqueArray(fc.nat(99), { maxLength: 3 }),
});

const aQuery = fc.record({
  user: maybe(aUser),
  kind: aKind,
  isOpen: maybe(fc.boolean()),
  after: maybe(fc.record({ at: fc.nat(4), user: aUser, id: anId })),
  limit: fc.integer({ min: 1, max: 5 }),
});

type Commit = typeof aCommit extends fc.Arbitrary<infer T> ? T : never;

/** Opens an empty ledger in memory. */
export async function openMemoryLedger(): Promise<TradeLedgerSubject> {
  const world = createMemoryWorld();
  const [ledger, bus] = [openMemoryTradeLedger(world.log), world.bus()];
  return subject({ ledger, bus }, ledger, bus);
}

async function commit(
  ledger: TradeLedger,
  { user, changes, events }: Commit,
): Promise<unknown> {
  const held = await ledger.find(user, changes);
  const id = (n: number) => `0198a000-0000-7000-8000-${n + 10 ** 11}`;
  try {
    return await ledger.commit(
      user,
      changes.map(({ off, ...change }, i) => ({
        ...change,
        ifVersion: (held[i]?.version ?? 0) + off,
      })),
      events.map((n) => anEvent({ n }, { id: id(n) })),
    );
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    return { code: error.code, message: error.message };
  }
}

/** Compares the ledger that `open` makes with that in memory. */
export function testLedgerAgreement(
  adapter: string,
  open: () => Promise<TradeLedgerSubject>,
): void {
  Deno.test(`${adapter}: agrees with the ledger in memory on random calls`, async () => {
    await using one = await open();
    await using model = await openMemoryLedger();
    let committed = 0;
    const steps = fc.sample(fc.oneof(aCommit, aQuery), {
      numRuns: 400,
      seed: 11,
    });
    for (const step of steps) {
      const [told, wanted] = await Promise.all(
        [one, model].map(({ ledger }) =>
          "kind" in step ? ledger.list(step) : commit(ledger, step)
        ),
      );
      deepEqual(told, wanted, JSON.stringify(step));
      if (!("kind" in step) && Array.isArray(wanted)) committed++;
    }
    ok(committed > 100, `${committed}`);
    deepEqual(await logged(one.bus), await logged(model.bus));
  });
}
