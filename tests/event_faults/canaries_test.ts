/**
 * The judge of events finds out what is switched off.
 *
 * @module
 */
import { type Programs, requirePrograms } from "../faults/world.ts";
import { equal, ok } from "../support/assert.ts";
import { openPatchedSource } from "../support/patched_source.ts";
import { startService } from "../support/service_process.ts";
import { CANARIES, type EventCanary } from "./canaries.ts";
import type { Violation } from "./model.ts";
import { observe, openEventWorld } from "./observe.ts";

/** What a service needs to run. */
const NEEDED = [
  "deno.json",
  "deno.lock",
  "domain",
  "ports",
  "adapters",
  "src",
  "examples",
];

const SEED = 20260105;

/** Everybody has what there is long before; the rest never comes. */
const SETTLE_MS = 1500;

/** What the judge says of services without the rule. */
async function found(
  programs: Programs,
  { edits, happen, observation }: EventCanary,
): Promise<readonly Violation[]> {
  await using source = await openPatchedSource(NEEDED, edits);
  equal(source.fault, undefined);
  await using world = await openEventWorld(programs, {
    launch: (env) => startService(env, [], source.folder),
  });
  const options = {
    seed: SEED,
    withGroups: false,
    settleMs: SETTLE_MS,
    ...observation,
  };
  return (await observe(world, options, happen)).violations;
}

const programs = await requirePrograms(import.meta.url);
if (programs) {
  Deno.test("event faults: without any one rule the judge finds it", async (t) => {
    const lax = {
      sanitizeOps: false,
      sanitizeResources: false,
      sanitizeExit: false,
    };
    await Promise.all(CANARIES.map((canary) =>
      t.step({
        name: `without ${canary.name}: ${canary.rule}`,
        ...lax,
        async fn() {
          const violations = await found(programs, canary);
          const said = violations.filter(({ rule }) => rule === canary.finds);
          console.log(
            `without ${canary.name}: ${violations.length} violations, such as ` +
              `${said[0]?.who} ${said[0]?.message}`,
          );
          ok(said.length > 0, JSON.stringify(violations.slice(0, 3)));
        },
      })
    ));
  });
}
