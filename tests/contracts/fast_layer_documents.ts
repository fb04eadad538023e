/**
 * The laws of the fast layer about keeping and reading documents.
 *
 * @module
 */
import { formatCheckpoint } from "../../domain/checkpoint.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import {
  advance,
  ALL,
  begin,
  document,
  type FastLaws,
  type FastLayerSubject,
  keep,
  look,
  positions,
  SCALP,
  START,
  step,
  SWING,
  versions,
} from "./fast_layer_subject.ts";

/** What a page of JSON looks like that no compression makes much smaller. */
function noise(length: number): string {
  let state = 1;
  const next = () => (state = Math.imul(state, 48271) % 0x7fffffff) >>> 0;
  let text = "";
  while (text.length < length) text += next().toString(36);
  return JSON.stringify({ text: text.slice(0, length) });
}

const READ_LAWS = {
  "an empty server has a history and no mark": async ({ layer }) => {
    const { history, mark } = await layer.inspect();
    ok(history !== "");
    equal(mark, undefined);
    equal((await layer.inspect()).history, history);
    equal(layer.isUp, true);
    equal(layer.fault, undefined);
  },

  "without a checkpoint nothing is known or believed": async (subject) => {
    const nothing = {
      checkpoint: undefined,
      documents: [undefined],
      changed: undefined,
    };
    deepEqual(await look(subject, [ALL], 0), nothing);
    await begin(subject);
    equal(await keep(subject, await historyOf(subject), document(ALL, 5)), 1);
    await subject.server.evict("checkpoint");
    deepEqual(await look(subject, [ALL], 0), nothing);
    for (const mark of ["no checkpoint", "2:e1:a1:10:8"]) {
      await subject.server.mark(mark);
      deepEqual(await look(subject, [ALL], 0), nothing);
      equal((await subject.layer.inspect()).mark, mark);
    }
    await subject.server.mark(formatCheckpoint(START));
    deepEqual(await versions(subject, ALL), [5]);
  },

  "what was kept is read byte for byte, with its version": async (subject) => {
    const history = await begin(subject);
    const texts = [
      '{ "b":1.50, "a":"\u2028ä😀\\u0000", "none":null }',
      "[]",
      '"}"',
      "null",
      '{"version":99,"gen":"zz","value":{"deep":[{}]}}',
      "-1.5e3",
    ];
    for (const json of texts) {
      const kept = document(ALL, 7, json);
      equal(await keep(subject, history, kept), 1);
      deepEqual(await look(subject, [ALL]), {
        checkpoint: START,
        documents: [kept],
        changed: undefined,
      });
    }
  },

  "a read answers in the order asked for, each key as often as asked": async (
    subject,
  ) => {
    const history = await begin(subject);
    await keep(subject, history, document(ALL, 1), document(SCALP, 2));
    deepEqual(await versions(subject, SCALP, SWING, ALL, SCALP), [
      2,
      undefined,
      1,
      2,
    ]);
    deepEqual(await versions(subject), []);
  },

  "hundreds of documents are kept and read at once": async (subject) => {
    const history = await begin(subject);
    const documents = Array.from({ length: 300 }, (_, i) => {
      const key = parseSettingsKey(`user:${i}:mode:ultra`);
      return document(key, 1 + i % 10, JSON.stringify("x".repeat(i * 40)));
    });
    equal(await keep(subject, history, ...documents), 300);
    const found = await look(subject, documents.map(({ key }) => key));
    deepEqual(found.documents, documents);
  },

  "a read that names no history is answered by any master": async (subject) => {
    await begin(subject);
    const answer = await subject.layer.read({ history: undefined, keys: [] });
    deepEqual(answer, {
      checkpoint: START,
      documents: [],
      changed: undefined,
    });
  },

  "a version above the checkpoint is not believed": async (subject) => {
    await begin(subject);
    await subject.server.plant(document(ALL, 10), "a1");
    await subject.server.plant(document(SCALP, 11), "a1");
    deepEqual(await versions(subject, ALL, SCALP), [10, undefined]);
  },

  "another generation is not believed": async (subject) => {
    await begin(subject);
    for (const generation of ["a", "a12", "b1"]) {
      await subject.server.plant(document(ALL, 1), generation);
      deepEqual(await versions(subject, ALL), [undefined]);
    }
  },

  "a damaged document is a miss, and the next fill replaces it": async (
    subject,
  ) => {
    const history = await begin(subject);
    for (const how of ["cut short", "garbage", "another type"] as const) {
      await keep(subject, history, document(ALL, 9), document(SCALP, 9));
      await subject.server.damage(ALL, how);
      deepEqual(await versions(subject, ALL, SCALP), [undefined, 9]);
      equal(await keep(subject, history, document(ALL, 9)), 1);
      deepEqual(await versions(subject, ALL), [9]);
    }
  },

  "a lost document is a miss": async (subject) => {
    const history = await begin(subject);
    await keep(subject, history, document(ALL, 5), document(SCALP, 5));
    await subject.server.evict({ document: ALL });
    deepEqual(await versions(subject, ALL, SCALP), [undefined, 5]);
  },

  "large documents are kept and read together with small ones": async (
    subject,
  ) => {
    const history = await begin(subject);
    const documents = [
      document(ALL, 4, noise(5 * 1024 * 1024)),
      document(SCALP, 5, '{"small":true}'),
      document(SWING, 6, JSON.stringify({ text: "x".repeat(1_000_000) })),
    ];
    equal(await keep(subject, history, ...documents), 3);
    const keys = [SWING, ALL, SCALP, ALL];
    const found = await look(subject, keys, 8);
    const [all, scalp, swing] = documents;
    deepEqual(found.documents.map((one) => one?.version), [6, 4, 5, 4]);
    ok(found.documents[0]!.json === swing!.json);
    ok(found.documents[1]!.json === all!.json);
    deepEqual(found.documents[2], scalp);
    deepEqual(found.changed, []);
    await subject.server.elapse(60_000);
    deepEqual(await versions(subject, ALL), [4]);
  },
} satisfies FastLaws;

const FILL_LAWS = {
  "a fill needs the token that was taken": async (subject) => {
    const { layer } = subject;
    const history = await begin(subject);
    const fill = (token: string) =>
      layer.fill(history, "a1", [{
        key: ALL,
        token,
        document: document(ALL, 5),
      }]);
    equal(await fill("t"), 0);
    deepEqual(await layer.takeTokens(history, [{ key: ALL, token: "t" }]), [
      ALL,
    ]);
    equal(await fill("other"), 0);
    deepEqual(await versions(subject, ALL), [undefined]);
    equal(await fill("t"), 1);
    deepEqual(await versions(subject, ALL), [5]);
  },

  "a token is used up by a fill, whatever becomes of that": async (subject) => {
    const { layer } = subject;
    const history = await begin(subject);
    const ways = [["a1", 5], ["a1", 11], ["b1", 5]] as const;
    for (const [generation, version] of ways) {
      await layer.takeTokens(history, [{ key: ALL, token: "t" }]);
      const fills = [{
        key: ALL,
        token: "t",
        document: document(ALL, version),
      }];
      equal(
        await layer.fill(history, generation, fills),
        version === 5 && generation === "a1" ? 1 : 0,
      );
      await subject.server.evict({ document: ALL });
      const again = [{ key: ALL, token: "t", document: document(ALL, 5) }];
      equal(await layer.fill(history, "a1", again), 0);
    }
    deepEqual(await versions(subject, ALL), [undefined]);
  },

  "one token a document is out at a time, for ten seconds": async (subject) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    const take = (token: string) =>
      layer.takeTokens(history, [
        { key: ALL, token },
        { key: parseSettingsKey(`user:${token}:mode:swing`), token },
      ]);
    equal((await take("1")).length, 2);
    deepEqual(await take("2"), ["user:2:mode:swing"]);
    await server.elapse(9_000);
    deepEqual(await take("3"), ["user:3:mode:swing"]);
    await server.elapse(1_100);
    const fills = [{ key: ALL, token: "1", document: document(ALL, 5) }];
    equal(await layer.fill(history, "a1", fills), 0);
    deepEqual(await take("4"), [ALL, "user:4:mode:swing"]);
  },

  "a lost token lets nothing be kept": async (subject) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    await layer.takeTokens(history, [{ key: ALL, token: "t" }]);
    await server.evict({ token: ALL });
    const fills = [{ key: ALL, token: "t", document: document(ALL, 5) }];
    equal(await layer.fill(history, "a1", fills), 0);
  },

  "a fill must be of the checkpoint's generation": async (subject) => {
    const { layer } = subject;
    const history = await begin(subject);
    await layer.takeTokens(history, [{ key: ALL, token: "t" }]);
    const fills = [{ key: ALL, token: "t", document: document(ALL, 5) }];
    equal(await layer.fill(history, "a", fills), 0);
    deepEqual(await versions(subject, ALL), [undefined]);
  },

  "nothing is kept without a checkpoint": async (subject) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    await layer.takeTokens(history, [{ key: ALL, token: "t" }]);
    await server.evict("checkpoint");
    const fills = [{ key: ALL, token: "t", document: document(ALL, 5) }];
    equal(await layer.fill(history, "a1", fills), 0);
    await server.mark(formatCheckpoint(START));
    deepEqual(await versions(subject, ALL), [undefined]);
  },

  "a document above the checkpoint is not kept": async (subject) => {
    const history = await begin(subject);
    equal(await keep(subject, history, document(ALL, 11)), 0);
    equal(await keep(subject, history, document(ALL, 10)), 1);
  },

  "an older document does not replace a newer one": async (subject) => {
    const history = await begin(subject);
    equal(await keep(subject, history, document(ALL, 9)), 1);
    equal(await keep(subject, history, document(ALL, 8)), 0);
    deepEqual(await versions(subject, ALL), [9]);
    equal(await keep(subject, history, document(ALL, 10)), 1);
    deepEqual(await versions(subject, ALL), [10]);
  },

  "what is not believed keeps nothing from being kept": async (subject) => {
    const history = await begin(subject);
    await subject.server.plant(document(ALL, 11), "a1");
    await subject.server.plant(document(SCALP, 9), "b1");
    equal(
      await keep(subject, history, document(ALL, 3), document(SCALP, 4)),
      2,
    );
    deepEqual(await versions(subject, ALL, SCALP), [3, 4]);
  },

  "each document of a fill is kept or not by itself": async (subject) => {
    const { layer } = subject;
    const history = await begin(subject);
    await layer.takeTokens(
      history,
      [ALL, SWING].map((key) => ({ key, token: "t" })),
    );
    const fills = [
      { key: ALL, token: "t", document: document(ALL, 11) },
      { key: SCALP, token: "t", document: document(SCALP, 5) },
      { key: SWING, token: "t", document: document(SWING, 5) },
    ];
    equal(await layer.fill(history, "a1", fills), 1);
    deepEqual(await versions(subject, ALL, SCALP, SWING), [
      undefined,
      undefined,
      5,
    ]);
  },

  "without memory nothing is kept; reads and steps go on": async (subject) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    await keep(subject, history, document(ALL, 5));
    await layer.takeTokens(history, [{ key: SCALP, token: "t" }]);
    await server.starve(true);
    const takes = layer.takeTokens(history, [{ key: SWING, token: "t" }]);
    await rejects(takes, { name: "PortError", code: "full" });
    const fills = [{ key: SCALP, token: "t", document: document(SCALP, 5) }];
    await rejects(layer.fill(history, "a1", fills), { code: "full" });
    deepEqual(await versions(subject, ALL, SCALP), [5, undefined]);
    const changes = [{ key: ALL, position: 11, document: document(ALL, 11) }];
    const result = await layer.drain(step(history, START, 11, changes));
    equal(result !== "fenced" && result.applied, true);
    deepEqual(await versions(subject, ALL), [11]);
    const at = { ...START, position: 11, settingsPosition: 11 };
    await advance(layer, step(history, at, 12));
    deepEqual(await positions(subject, 10), [11, 12]);
    await server.starve(false);
    equal(await layer.fill(history, "a1", fills), 1);
  },
} satisfies FastLaws;

/** The laws. */
export const DOCUMENT_LAWS = { ...READ_LAWS, ...FILL_LAWS };

async function historyOf({ layer }: FastLayerSubject): Promise<string> {
  return (await layer.inspect()).history;
}
