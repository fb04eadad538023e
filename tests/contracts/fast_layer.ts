/**
 * The fast layer contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import { formatCheckpoint } from "../../domain/checkpoint.ts";
import type { FastLayer } from "../../ports/fast_layer.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { DOCUMENT_LAWS } from "./fast_layer_documents.ts";
import { LOG_LAWS } from "./fast_layer_log.ts";
import { STEP_LAWS } from "./fast_layer_steps.ts";
import {
  ALL,
  begin,
  document,
  ELSEWHERE,
  type FastLaws,
  type FastLayerSubject,
  keep,
  SCALP,
  START,
  step,
  versions,
} from "./fast_layer_subject.ts";
import { testLaws, type Waivers } from "./law.ts";

export type {
  Damage,
  Evictable,
  FastLayerSubject,
  FastServerHooks,
  Heard,
} from "./fast_layer_subject.ts";

/** Everything that names a history, called with `history`. */
function fencedCalls(
  layer: FastLayer,
  history: string,
  mark: string | undefined,
): Promise<unknown>[] {
  const token = "t";
  return [
    layer.read({ history, keys: [ALL], changedSince: 8 }),
    layer.takeTokens(history, [{ key: SCALP, token }]),
    layer.fill(history, START.generation, [
      { key: ALL, token: `of ${ALL}`, document: document(ALL, 3) },
    ]),
    layer.drain(step(history, START, 11)),
    layer.reset(history, mark, { ...START, generation: "b2" }),
    layer.events(history, 0, 10),
  ];
}

const SERVER_LAWS = {
  "calls that mean another history are fenced and do nothing": async (
    subject,
  ) => {
    const { layer } = subject;
    const history = await begin(subject);
    await layer.takeTokens(history, [{ key: ALL, token: `of ${ALL}` }]);
    const mark = formatCheckpoint(START);
    const others = [ELSEWHERE, "", history.slice(0, -1), `${history}0`, "."];
    for (const other of others) {
      const answers = await Promise.all(fencedCalls(layer, other, mark));
      deepEqual(answers, answers.map(() => "fenced"));
    }
    equal((await layer.inspect()).mark, mark);
    deepEqual(await versions(subject, ALL), [undefined]);
    equal((await keepTaken(subject, history)) as number, 1);
  },

  "a new history fences what means the former one": async (subject) => {
    const { layer, server } = subject;
    const former = await begin(subject);
    await keep(subject, former, document(ALL, 5));
    await server.newHistory();
    const { history, mark } = await layer.inspect();
    ok(history !== former);
    equal(mark, formatCheckpoint(START));
    const answers = await Promise.all(fencedCalls(layer, former, mark));
    deepEqual(answers, answers.map(() => "fenced"));
    deepEqual(await versions(subject, ALL), [5]);
  },

  "a replica is fenced or unavailable": async (subject) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    await keep(subject, history, document(ALL, 5));
    await server.demote();
    const mark = formatCheckpoint(START);
    const calls = [
      ...fencedCalls(layer, history, mark),
      layer.read({ history: undefined, keys: [ALL] }),
    ];
    for (const outcome of await Promise.allSettled(calls)) {
      if (outcome.status === "fulfilled") equal(outcome.value, "fenced");
      else equal(outcome.reason.code, "unavailable");
    }
    await rejects(layer.inspect(), { name: "PortError", code: "unavailable" });
  },

  "listeners hear of a server that goes and comes back": async (subject) => {
    const { layer, server } = subject;
    const until = (isUp: boolean) =>
      new Promise<void>((resolve) => {
        const stop = layer.listen(() => {
          if (layer.isUp !== isUp) return;
          stop();
          resolve();
        });
      });
    let heard = 0;
    const stop = layer.listen(() => heard++);
    const gone = until(false);
    await server.demote();
    await layer.inspect().catch(() => {});
    await gone;
    match(layer.fault!, /replica/);
    ok(heard > 0);
    stop();
    heard = 0;
    const back = until(true);
    await server.promote();
    await back;
    equal(layer.fault, undefined);
    equal(heard, 0);
  },

  "a closed layer rejects, and closes twice": async ({ layer }) => {
    const { history } = await layer.inspect();
    const underWay = layer.inspect();
    underWay.catch(() => {});
    await layer[Symbol.asyncDispose]();
    await layer[Symbol.asyncDispose]();
    equal(layer.isUp, false);
    ok(layer.fault !== undefined);
    const calls = [layer.inspect(), ...fencedCalls(layer, history, undefined)];
    for (const call of await Promise.allSettled(calls)) {
      equal(call.status === "rejected" && call.reason.code, "closed");
    }
  },
} satisfies FastLaws;

const LAWS = { ...DOCUMENT_LAWS, ...STEP_LAWS, ...LOG_LAWS, ...SERVER_LAWS };

/** Fills with the token that has been taken before. */
async function keepTaken({ layer }: FastLayerSubject, history: string) {
  const fills = [
    { key: ALL, token: `of ${ALL}`, document: document(ALL, 3) },
  ];
  return await layer.fill(history, START.generation, fills);
}

/** Holds each layer `open` returns to every law, save those waived by name. */
export function testFastLayer(
  adapter: string,
  open: () => Promise<FastLayerSubject>,
  waived: Waivers<typeof LAWS> = {},
): void {
  testLaws(adapter, LAWS, open, waived);
}
