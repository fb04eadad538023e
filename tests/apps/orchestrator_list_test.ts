/**
 * Lists of runs, and rows of runs that are damaged.
 *
 * @module
 */
import { parseTradingDate } from "../../domain/trading_date.ts";
import type { LedgerRef } from "../../ports/trade_ledger.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import {
  createOrchestratorWorld,
  USER,
} from "../support/orchestrator_world.ts";

Deno.test("runs are listed newest first, in pages", async () => {
  const { run, orchestrator, clock } = createOrchestratorWorld({ AAA: 0.1 });
  const dates = Array.from(
    { length: 230 },
    (_, i) => new Date(Date.UTC(2025, 0, 1 + i)).toISOString().slice(0, 10),
  );
  for (const date of dates) {
    await clock.advance(1);
    await run({ asOf: parseTradingDate(date) });
  }
  const page = async (limit: number, offset: number) =>
    (await orchestrator.list(USER, { limit, offset })).map(({ asOf }) => asOf);
  const expected: readonly string[] = dates.toReversed();
  deepEqual(await page(50, 0), expected.slice(0, 50));
  deepEqual(await page(50, 220), expected.slice(220));
  deepEqual(await page(7, 213), expected.slice(213, 220));
  deepEqual(await page(50, 230), []);
  deepEqual(await page(50, 9000), []);
  // From one run on to the next, whatever has been added meanwhile.
  const { id } = (await orchestrator.list(USER, { limit: 60 })).at(-1)!;
  await run({ asOf: parseTradingDate("2026-01-02") });
  const next = await orchestrator.list(USER, { limit: 60, before: id });
  deepEqual(next.map(({ asOf }) => asOf as string), expected.slice(60, 120));
  const last = { limit: 1, before: id, offset: 5 };
  deepEqual((await orchestrator.list(USER, last))[0]!.asOf, expected[65]);
  await rejects(orchestrator.list(USER, { limit: 1, before: "none" }), {
    code: "invalid",
    message: "Cannot list the runs before none as there is none of that id",
  });
});

type World = ReturnType<typeof createOrchestratorWorld>;

/** Writes something else into a row. */
async function damage({ ledger }: World, ref: LedgerRef, json: string) {
  const [row] = await ledger.find(USER, [ref]);
  const { kind, id, isOpen, at, version } = row!;
  await ledger.commit(USER, [
    { kind, id, isOpen, at, json, ifVersion: version },
  ]);
}

Deno.test("a run whose row is damaged is left out of lists, with a line, and is not taken for one", async () => {
  const world = createOrchestratorWorld({ AAA: 0.1 });
  const { run, orchestrator, telemetry, clock } = world;
  const dates = ["2026-01-05", "2026-01-06", "2026-01-07"];
  const ids: string[] = [];
  for (const date of dates) {
    await clock.advance(1);
    ids.push((await run({ asOf: parseTradingDate(date) })).run.id);
  }
  await damage(world, { kind: "run", id: ids[1]! }, '{"form":1}');
  const listed = await orchestrator.list(USER, { limit: 2 });
  deepEqual(listed.map(({ asOf }) => asOf as string), [dates[2], dates[0]]);
  const [line, ...others] = telemetry.logged("error");
  deepEqual(others, []);
  equal(line!.message, "a run was left out of a list");
  equal(line!.fields["run"], ids[1]);
  equal(line!.fields["code"], "corrupt");
  await rejects(orchestrator.get(USER, ids[1]!), {
    code: "corrupt",
    message: `Cannot read run ${ids[1]} as its row in the ledger is damaged`,
  });
});

for (
  const json of [
    "{}",
    '{"runId":7,"dates":{}}',
    '{"runId":"a"}',
    '{"runId":"a","dates":{"s":7}}',
  ]
) {
  Deno.test(`nothing is planned upon a newest run that says ${json}`, async () => {
    const world = createOrchestratorWorld({ AAA: 0.1 });
    await world.run();
    await damage(world, { kind: "run_newest", id: "newest" }, json);
    const monday = parseTradingDate("2026-01-05");
    await rejects(world.run({ asOf: monday }), { code: "corrupt" });
    equal(world.gateway.entered.length, 1);
  });
}
