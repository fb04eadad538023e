/**
 * A paper run beside other work: rests change nothing that comes of it.
 *
 * @module
 */
import { setImmediate, setTimeout } from "node:timers/promises";
import { ONE } from "../../domain/decimal.ts";
import { writeJsonReport } from "../../src/apps/paper_run/json_report.ts";
import { type PaperDeskHooks, runPaperDesk } from "../../src/paper_desk.ts";
import { readPaperFlags } from "../../src/paper_flags.ts";
import { equal, ok, rejects } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { SAMPLE_DIR } from "../support/paper_run.ts";

/** A venue whose calls fail in every way: deadlines pass, and orders come late. */
const FLAGS =
  "--symbols SYNA,SYNB,SYNC,SYND --from 2024-01-02 --to 2024-02-02 --partial 0.3 --late 0.15 --lost-answer 0.1 --lost-request 0.1 --unavailable 0.1 --seed 3"
    .split(" ");

async function run(
  hooks: Partial<PaperDeskHooks>,
  { stop = new AbortController().signal, capital = 100_000n * ONE } = {},
): Promise<string> {
  const request = readPaperFlags([...FLAGS, "--market-data-dir", SAMPLE_DIR])!;
  const { config } = request;
  const orchestration = { ...config.orchestration, capital };
  const outcome = await runPaperDesk(
    { ...request, config: { ...config, orchestration } },
    { onDay: async () => {}, ...hooks },
    stop,
  );
  return writeJsonReport(outcome);
}

if (await needs(import.meta.url, ["read", "env"])) {
  Deno.test("paper desk: however long it rests, the report is the same", async () => {
    const alone = await run({});
    let rests = 0;
    const beside = await run({
      // Long enough for every deadline to pass, if time went on meanwhile.
      async rest() {
        for (let turn = ++rests % 4; turn > 0; turn--) await setImmediate();
      },
      onDay: async () => await setTimeout(2),
    });
    equal(beside, alone);
    const { orders, results } = JSON.parse(alone);
    ok(results.orders_by_status.filled > 50, alone.slice(0, 2000));
    // Before each call of the venue, and each symbol that is scored.
    ok(rests > 2 * orders.length, `${rests} rests`);
    rests = 0;
    const poor = await run({ rest: async () => void rests++ }, {
      capital: ONE,
    });
    equal(JSON.parse(poor).orders.length, 0);
    equal(rests, 4 * (results.num_days - 1));
  });

  Deno.test("paper desk: it ends within the day on which it is told to", async () => {
    const stop = new AbortController();
    let days = 0;
    const onDay = async () => {
      if (++days === 3) stop.abort(new Error("enough"));
    };
    await rejects(run({ onDay }, { stop: stop.signal }), /enough/);
    equal(days, 3);
  });
}
