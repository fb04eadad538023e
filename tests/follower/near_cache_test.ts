/**
 * What is near is current as of one position, or not used.
 *
 * @module
 */
import { parseSettingsKey } from "../../domain/settings.ts";
import type { FastAnswer } from "../../ports/fast_layer.ts";
import { createNearCache } from "../../src/follower/near_cache.ts";
import { deepEqual, equal } from "../support/assert.ts";

const ONE = parseSettingsKey("user:1:settings:all");
const TWO = parseSettingsKey("user:2:settings:all");

const document = (key: typeof ONE, version: number) => ({
  key,
  version,
  json: `${version}`,
});

/** An answer as of settings position `at` that brings documents. */
const answer = (
  at: number,
  changed: readonly string[] | undefined,
  ...documents: FastAnswer["documents"]
): FastAnswer => ({
  checkpoint: {
    epoch: "e",
    generation: "1",
    position: at + 10,
    settingsPosition: at,
  },
  changed,
  documents,
});

Deno.test("what an answer brings is kept with its position", () => {
  const near = createNearCache();
  equal(near.position, undefined);
  equal(near.apply(answer(5, undefined, document(ONE, 3), undefined)), true);
  equal(near.position, 5);
  deepEqual(near.get(ONE), document(ONE, 3));
  equal(near.has(TWO), false);
});

Deno.test("an answer at the same position leaves all as it is", () => {
  const near = createNearCache();
  near.apply(answer(5, undefined, document(ONE, 3)));
  equal(near.apply(answer(5, [], document(TWO, 4))), true);
  deepEqual([near.has(ONE), near.has(TWO)], [true, true]);
});

Deno.test("what has changed is forgotten, the rest is current", () => {
  const near = createNearCache();
  near.apply(answer(5, undefined, document(ONE, 3), document(TWO, 4)));
  equal(near.apply(answer(7, [ONE])), true);
  deepEqual([near.has(ONE), near.has(TWO), near.position], [false, true, 7]);
});

Deno.test("where it is not known what has changed, all is forgotten", () => {
  const near = createNearCache();
  near.apply(answer(5, undefined, document(ONE, 3)));
  equal(near.apply(answer(7, undefined, document(TWO, 6))), true);
  deepEqual([near.has(ONE), near.has(TWO)], [false, true]);
});

Deno.test("an answer that is older than one before is not kept, and nothing goes by it", () => {
  const near = createNearCache();
  near.apply(answer(7, undefined, document(ONE, 6)));
  equal(near.apply(answer(5, undefined, document(ONE, 3))), false);
  deepEqual([near.get(ONE)?.version, near.position], [6, 7]);
});

Deno.test("nothing goes by an answer without a checkpoint", () => {
  const near = createNearCache();
  const { checkpoint: _, ...rest } = answer(5, [], document(ONE, 3));
  equal(near.apply({ ...rest, checkpoint: undefined }), false);
  equal(near.has(ONE), false);
});

Deno.test("a cleared cache begins anew", () => {
  const near = createNearCache();
  near.apply(answer(7, undefined, document(ONE, 6)));
  near.clear();
  deepEqual([near.position, near.has(ONE)], [undefined, false]);
});

/** A step from settings position `from` to `to` that changes documents. */
const step = (
  from: number,
  to: number,
  ...changed: FastAnswer["documents"]
) => ({
  from: answer(from, undefined).checkpoint!,
  to: answer(to, undefined).checkpoint!,
  changes: [ONE, TWO].slice(0, changed.length).map((key, i) => ({
    key,
    position: to,
    document: changed[i],
  })),
});

Deno.test("a step from where the cache is takes its documents along", () => {
  const near = createNearCache();
  near.apply(answer(5, undefined, document(ONE, 3), document(TWO, 4)));
  near.follow(step(5, 8, document(ONE, 8), undefined));
  deepEqual(near.get(ONE), document(ONE, 8));
  deepEqual([near.has(TWO), near.position], [false, 8]);
});

Deno.test("a step brings nothing that was not near, and nothing beyond its end", () => {
  const near = createNearCache();
  near.apply(answer(5, undefined, document(TWO, 4)));
  near.follow(step(5, 8, document(ONE, 8), document(TWO, 30)));
  deepEqual([near.has(ONE), near.has(TWO), near.position], [false, false, 8]);
});

Deno.test("a step from elsewhere says nothing of what is near", () => {
  const near = createNearCache();
  near.follow(step(5, 8, document(ONE, 8)));
  deepEqual([near.has(ONE), near.position], [false, undefined]);
  near.apply(answer(5, undefined, document(ONE, 3)));
  for (const from of [4, 6]) near.follow(step(from, 8, document(ONE, 8)));
  deepEqual([near.get(ONE), near.position], [document(ONE, 3), 5]);
});

Deno.test("that nothing is there is kept like a document, as of the position of the rest", () => {
  const near = createNearCache();
  near.keepAbsent([ONE], 5);
  equal(near.has(ONE), false);
  near.apply(answer(5, undefined, document(TWO, 4)));
  for (const at of [4, 6]) near.keepAbsent([ONE], at);
  equal(near.has(ONE), false);
  near.keepAbsent([ONE], 5);
  deepEqual([near.has(ONE), near.isAbsent(ONE), near.get(ONE)], [
    true,
    true,
    undefined,
  ]);
  equal(near.isAbsent(TWO), false);
});

Deno.test("what was not there is forgotten once it is, unless the answer brings it", () => {
  const near = createNearCache();
  const begin = () => {
    near.clear();
    near.apply(answer(5, undefined));
    near.keepAbsent([ONE, TWO], 5);
  };
  begin();
  near.apply(answer(7, [ONE]));
  deepEqual([near.has(ONE), near.isAbsent(TWO)], [false, true]);
  begin();
  near.apply(answer(7, undefined));
  deepEqual([near.has(ONE), near.has(TWO)], [false, false]);
  begin();
  near.apply(answer(7, [ONE], document(ONE, 6)));
  deepEqual([near.isAbsent(ONE), near.get(ONE)], [false, document(ONE, 6)]);
  begin();
  near.follow(step(5, 8, document(ONE, 8), undefined));
  deepEqual([near.has(ONE), near.has(TWO)], [false, false]);
});
