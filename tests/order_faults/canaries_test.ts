/**
 * A rule of order handling is switched off, a service dies once, and the judge
 * finds that out. With all of them on it finds nothing after the same deaths:
 * see `crash_test.ts`.
 *
 * @module
 */
import { until } from "../faults/settle.ts";
import { ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import type { Edit, PatchedSource } from "../support/patched_source.ts";
import {
  type Mortal,
  openMortal,
  openMortalSource,
  orderNamed,
} from "./deaths.ts";
import type { OrderViolation } from "./violation.ts";

/** A rule, how it is switched off, and what shows that. */
interface Canary {
  readonly rule: string;
  /** What the changed program calls it. */
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly shows: OrderViolation["rule"];
  /** The share of orders that are filled in parts; none when absent. */
  readonly partial?: number;
  readonly scene: (service: Mortal, id: string) => Promise<void>;
}

const PATIENCE_MS = 15_000;

const GATEWAY = "src/apps/execution_gateway";

/** Dies once at `place`, and comes back. */
function dying(place: string, nth = 1): Canary["scene"] {
  return async (service, id) => {
    const order = orderNamed(id);
    await service.dieAt({ place, nth }, () => service.send(order));
    await service.start();
    // Whatever is found of it has been found by then.
    await settled(service, id);
  };
}

/** Waits until an order is over here, if it is here. */
async function settled(service: Mortal, id: string): Promise<void> {
  await until(
    PATIENCE_MS,
    () => service.state(id),
    (state) => !/^(pending_new|accepted|partially)|, open$/.test(state),
  );
}

const CANARIES: readonly Canary[] = [
  {
    rule: "an order is kept before it is sent",
    name: "keep",
    edits: [{
      file: `${GATEWAY}/intake.ts`,
      find: "await keep(value, checked);",
      replace: `if (isOff("keep")) await parts.broker.submit(value);
        await keep(value, checked);`,
    }],
    shows: "venue",
    scene: dying("gateway.commit before"),
  },
  {
    rule: "who does not know asks before he sends again",
    name: "ask",
    edits: [{
      file: `${GATEWAY}/sending.ts`,
      find: "?? await broker.find(user, id)",
      replace: '?? (isOff("ask") ? undefined : await broker.find(user, id))',
    }],
    shows: "twice",
    scene: dying("broker.submit after"),
  },
  {
    rule: "a fill counts once",
    name: "once",
    edits: [
      {
        file: `${GATEWAY}/rows.ts`,
        find: "id: `${order} ${fill}`",
        replace:
          'id: `${order} ${fill}` + (isOff("once") ? Math.random() : "")',
      },
      {
        file: "domain/order/report.ts",
        find: "if (told < filledQty) return",
        replace: 'if (told < filledQty && !isOff("once")) return',
      },
    ],
    shows: "venue",
    partial: 1,
    async scene(service, id) {
      // Of two parts at least, of which each report tells all.
      await service.insist(orderNamed(id));
      await until(
        PATIENCE_MS,
        () => service.state(id),
        (state) => / filled$/.test(state),
      );
      await until(
        PATIENCE_MS,
        () => service.fleet.books(),
        ({ rows }) => {
          const parts = rows.find((row) =>
            row.kind === "paper_order" && row.id === id
          )!.data["fills"] as unknown[];
          const known = rows.filter(({ kind, data }) =>
            kind === "fill" && data["client_order_id"] === id
          );
          return known.length >= parts.length;
        },
      );
    },
  },
  {
    rule: "events commit with what they tell of",
    name: "commit",
    edits: [
      {
        file: `${GATEWAY}/reports.ts`,
        find:
          "if (changes.length > 0) await ledger.commit(user, changes, events);",
        replace: `for (const event of isOff("commit") ? events : []) {
          const own = { kind: "told", id: crypto.randomUUID(), json: "{}" };
          await ledger.commit(user, [
            { ...own, ifVersion: 0, isOpen: false, at: 0 },
          ], [{ ...event, id: crypto.randomUUID() }]);
        }
        if (changes.length > 0) {
          await ledger.commit(user, changes, isOff("commit") ? [] : events);
        }`,
      },
    ],
    shows: "told",
    scene: dying("gateway.commit after", 2),
  },
  {
    rule: "a plan is kept before its orders are sent",
    name: "plan",
    edits: [{
      file: "src/apps/orchestrator.ts",
      find: "const kept = await begin(",
      replace: `if (isOff("plan")) {
          const { walk } = await import("./orchestrator/walk.ts");
          await walk(orders, user, plan, { concurrency, isPast: false, clock });
        }
        const kept = await begin(`,
    }],
    shows: "run",
    async scene(service) {
      const death = { place: "orchestrator.commit before", nth: 1 };
      const body = { symbols: ["SYNA", "SYNB"], as_of_date: "2024-03-04" };
      const path = "/api/v1/orchestration/run";
      await service.dieAt(death, () => service.tryAsk("POST", path, body));
      await service.start();
    },
  },
];

async function testCanary(
  source: PatchedSource,
  { rule, name, shows, partial = 0, scene }: Canary,
): Promise<void> {
  const venue = `partial=${partial},in_flight_ms=200,seed=7`;
  const env = { PAPER_BROKER: venue };
  await using service = await openMortal(source, { env, off: name });
  await scene(service, "order");
  const found = await service.judge();
  const is = found.find((one) => one.rule === shows);
  ok(is, `not "${rule}": it has found ${Deno.inspect(found)}`);
  console.log(`not "${rule}": ${is.rule}, ${is.message}`);
}

async function testAll(): Promise<void> {
  const edits = CANARIES.flatMap((canary) => canary.edits);
  await using source = await openMortalSource(edits);
  const done = await Promise.allSettled(
    CANARIES.map((canary) => testCanary(source, canary)),
  );
  const errors = done.flatMap((one) => "reason" in one ? [one.reason] : []);
  if (errors.length > 0) throw new AggregateError(errors);
}

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("with a rule switched off, the judge finds something", testAll);
}
