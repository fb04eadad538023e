/**
 * The laws of the fast layer about following the log.
 *
 * @module
 */
import { type Checkpoint, formatCheckpoint } from "../../domain/checkpoint.ts";
import { type FeatureScope, isInScope } from "../../domain/feature.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import {
  advance,
  ALL,
  begin,
  change,
  changedSince,
  document,
  type FastLaws,
  keep,
  positions,
  SCALP,
  START,
  step,
  SWING,
  versions,
} from "./fast_layer_subject.ts";

const MARK = formatCheckpoint(START);
const BESIDE: Checkpoint[] = [
  { ...START, epoch: "e2" },
  { ...START, generation: "a2" },
  { ...START, position: 9 },
  { ...START, position: 11 },
  { ...START, settingsPosition: 7 },
];

const RESET_LAWS = {
  "a reset puts the checkpoint where none was": async (subject) => {
    const { layer } = subject;
    const { history } = await layer.inspect();
    const result = await layer.reset(history, undefined, START);
    deepEqual(result, { applied: true, mark: MARK });
    equal((await layer.inspect()).mark, MARK);
  },

  "a reset is refused unless what it means still stands there": async (
    subject,
  ) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    await keep(subject, history, document(ALL, 5));
    const to = { ...START, generation: "b1" };
    for (const from of [undefined, "", ...BESIDE.map(formatCheckpoint)]) {
      const result = await layer.reset(history, from, to);
      deepEqual(result, { applied: false, mark: MARK });
    }
    deepEqual(await versions(subject, ALL), [5]);
    await server.evict("checkpoint");
    deepEqual(await layer.reset(history, MARK, to), {
      applied: false,
      mark: undefined,
    });
    await server.mark("garbage");
    const result = await layer.reset(history, "garbage", to);
    deepEqual(result, { applied: true, mark: formatCheckpoint(to) });
  },

  "after a reset nothing from before it is believed": async (subject) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    await keep(subject, history, document(ALL, 5));
    const taken = step(history, START, 12, [change(SCALP, 12)]);
    const at = await advance(layer, taken);
    deepEqual(await positions(subject, 10), [11, 12]);
    await layer.takeTokens(history, [{ key: SWING, token: "t" }]);
    const to = { ...at, generation: "b1" };
    await layer.reset(history, formatCheckpoint(at), to);
    deepEqual(await versions(subject, ALL, SCALP), [undefined, undefined]);
    deepEqual(await positions(subject, 10), []);
    equal(await changedSince(subject, 11), undefined);
    deepEqual(await changedSince(subject, 12), []);
    const fills = [{ key: SWING, token: "t", document: document(SWING, 5) }];
    equal(await layer.fill(history, "a1", fills), 0);
    await server.plant(document(ALL, 5), "b1");
    deepEqual(await versions(subject, ALL), [5]);
  },

  "after a reset no vector from before it is believed": async (subject) => {
    const history = await begin(subject);
    const vector = {
      symbol: parseSymbol("ABC"),
      date: parseTradingDate("2026-01-02"),
    };
    await subject.server.plantVector(vector);
    equal(await subject.server.holdsVector(vector), true);
    const to = { ...START, generation: "b1" };
    await subject.layer.reset(history, MARK, to);
    equal(await subject.server.holdsVector(vector), false);
  },
} satisfies FastLaws;

const DRAIN_LAWS = {
  "a step moves the checkpoint": async (subject) => {
    const { layer } = subject;
    const history = await begin(subject);
    const mark = "1:e1:a1:12:8";
    deepEqual(await layer.drain(step(history, START, 12)), {
      applied: true,
      mark,
    });
    equal((await layer.inspect()).mark, mark);
  },

  "a step from any other checkpoint does nothing": async (subject) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    await keep(subject, history, document(ALL, 5));
    await layer.takeTokens(history, [{ key: SCALP, token: "t" }]);
    for (const from of BESIDE) {
      const changes = [change(ALL, 14), change(SCALP, 14)];
      const taken = step(history, from, 14, changes);
      deepEqual(await layer.drain(taken), { applied: false, mark: MARK });
    }
    deepEqual(await versions(subject, ALL), [5]);
    deepEqual(await changedSince(subject, 8), []);
    deepEqual(await positions(subject, 10), []);
    deepEqual(await server.heard(), []);
    const fills = [{ key: SCALP, token: "t", document: document(SCALP, 5) }];
    equal(await layer.fill(history, "a1", fills), 1);
    await server.evict("checkpoint");
    deepEqual(await layer.drain(step(history, START, 12)), {
      applied: false,
      mark: undefined,
    });
  },

  "steps that are repeated or late do no harm": async (subject) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    await keep(subject, history, document(ALL, 5));
    const first = step(history, START, 11, [change(ALL, 11)]);
    const next = await advance(layer, first);
    const second = step(history, next, 12, [change(ALL, 12)]);
    const last = await advance(layer, second);
    for (const late of [first, second]) {
      const mark = formatCheckpoint(last);
      deepEqual(await layer.drain(late), { applied: false, mark });
    }
    deepEqual(await versions(subject, ALL), [12]);
    deepEqual(await positions(subject, 10), [11, 12]);
    equal((await server.heard()).length, 2);
  },

  "of steps that race, one is taken": async (subject) => {
    const { layer } = subject;
    const history = await begin(subject);
    const racing = [11, 12, 13, 14].map((to) =>
      layer.drain(step(history, START, to))
    );
    const results = await Promise.all(racing);
    const taken = results.filter((r) => r !== "fenced" && r.applied);
    equal(taken.length, 1);
    const { mark } = await layer.inspect();
    deepEqual(
      results.map((r) => r !== "fenced" && r.mark),
      racing.map(() => mark),
    );
  },

  "a step voids the tokens of what changed, held or not": async (subject) => {
    const { layer } = subject;
    const history = await begin(subject);
    await keep(subject, history, document(ALL, 5));
    const keys = [ALL, SCALP, SWING];
    await layer.takeTokens(history, keys.map((key) => ({ key, token: "t" })));
    const changes = [change(ALL, 11), change(SCALP, 12)];
    await advance(layer, step(history, START, 12, changes));
    const fills = keys.map((key) => ({
      key,
      token: "t",
      document: document(key, 4),
    }));
    equal(await layer.fill(history, "a1", fills), 1);
    deepEqual(await versions(subject, ...keys), [11, undefined, 4]);
  },

  "what is held is replaced, or dropped if it cannot be": async (subject) => {
    const { layer } = subject;
    const history = await begin(subject);
    const keys = [1, 2, 3, 4].map((user) =>
      parseSettingsKey(`user:${user}:mode:position`)
    );
    const [exact, gone, ahead, other] = keys as [
      typeof ALL,
      typeof ALL,
      typeof ALL,
      typeof ALL,
    ];
    await keep(subject, history, ...keys.map((key) => document(key, 5)));
    const changes = [
      change(exact, 11, document(exact, 13)),
      { key: gone, position: 12, document: undefined },
      change(ahead, 13, document(ahead, 14)),
    ];
    const at = await advance(layer, step(history, START, 13, changes));
    deepEqual(await versions(subject, ...keys), [
      13,
      undefined,
      undefined,
      5,
    ]);
    // Were it there still, it would be believed now.
    await advance(layer, step(history, at, 14));
    deepEqual(await versions(subject, ahead, other), [undefined, 5]);
  },

  "what is not held stays absent": async (subject) => {
    const history = await begin(subject);
    await advance(subject.layer, step(history, START, 11, [change(ALL, 11)]));
    deepEqual(await versions(subject, ALL), [undefined]);
  },

  "a damaged document does not outlive a step that changes it": async (
    subject,
  ) => {
    const history = await begin(subject);
    let at = START;
    for (const how of ["cut short", "garbage", "another type"] as const) {
      await keep(subject, history, document(ALL, 5), document(SCALP, 5));
      await subject.server.damage(ALL, how);
      await subject.server.damage(SCALP, how);
      const position = at.position + 1;
      const changes = [
        change(ALL, position),
        { key: SCALP, position, document: undefined },
      ];
      at = await advance(subject.layer, step(history, at, position, changes));
      const [all, scalp] = await versions(subject, ALL, SCALP);
      ok(all === undefined || all === position);
      equal(scalp, undefined);
      await subject.server.evict({ document: ALL });
    }
  },

  "a large document that changed is never read as it was": async (subject) => {
    const history = await begin(subject);
    const long = (n: number) =>
      JSON.stringify(Array.from({ length: 30_000 }, (_, i) => i * 7919 * n));
    await keep(subject, history, document(ALL, 5, long(1)));
    const changes = [change(ALL, 11, document(ALL, 11, long(2)))];
    await advance(subject.layer, step(history, START, 11, changes));
    const [version] = await versions(subject, ALL);
    ok(version === undefined || version === 11);
  },

  "vectors in scope are forgotten, others are not": async (subject) => {
    const history = await begin(subject);
    const symbols = ["ABC", "^X.Y"].map(parseSymbol);
    const dates = ["2026-01-02", "2026-01-05"].map(parseTradingDate);
    const vectors = symbols.flatMap((symbol) =>
      dates.map((date) => ({ symbol, date }))
    );
    const scopes: FeatureScope[] = [
      { symbol: symbols[1]!, date: dates[0]! },
      { symbol: symbols[1]! },
      { date: dates[1]! },
      {},
    ];
    let at = START;
    for (const scope of scopes) {
      for (const vector of vectors) await subject.server.plantVector(vector);
      const more = { voided: [scope] };
      at = await advance(
        subject.layer,
        step(history, at, at.position + 1, [], more),
      );
      for (const vector of vectors) {
        const holds = await subject.server.holdsVector(vector);
        equal(
          holds,
          !isInScope(vector, scope),
          JSON.stringify([scope, vector]),
        );
      }
    }
  },

  "blocks of fenced series are dropped, others are not": async (subject) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    const [user, other] = [parseUserId("1"), parseUserId("2")];
    const day = parseSequenceDay("20260102");
    const next = parseSequenceDay("20260103");
    const names = [{ user, day }, { user: other, day }, { user, day: next }];
    for (const name of names) await server.plantBlock(name);
    const more = { fenced: [{ user, day }] };
    await advance(layer, step(history, START, 11, [], more));
    deepEqual(await Promise.all(names.map(server.holdsBlock)), [
      false,
      true,
      true,
    ]);
  },
} satisfies FastLaws;

/** The laws. */
export const STEP_LAWS = { ...RESET_LAWS, ...DRAIN_LAWS };
