/**
 * The order intents contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import fc from "fast-check";
import { parseUserId } from "../../domain/user_id.ts";
import {
  MAX_INTENT_CHARS,
  MAX_INTENT_NAME_CHARS,
  MAX_INTENT_TRIM,
  MAX_INTENTS,
  type OrderIntent,
  type OrderIntents,
} from "../../ports/order_intents.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { testLaws, type Waivers } from "./law.ts";

/** A port that holds nothing yet. */
export interface OrderIntentsSubject extends AsyncDisposable {
  readonly intents: OrderIntents;
}

const ANN = parseUserId("ann");
const BOB = parseUserId("bob@example.com");
const UNTIL = 1_767_600_000_000;

function intent(name: string, json = `{"of":"${name}"}`): OrderIntent {
  return { name, json, keptUntil: UNTIL };
}

/** The laws. */
export const ORDER_INTENTS_LAWS = {
  "what is kept is found again byte for byte, in the order asked for": async (
    { intents },
  ) => {
    const first = intent("a", '{ "x": 1.0, "ü": "\\u0000 \\" {}, \u{1f600}" }');
    const second = intent('order:"b",\\');
    deepEqual(await intents.keep(ANN, [first, second]), []);
    deepEqual(
      await intents.find(ANN, [second.name, "none", "a"]),
      [second, undefined, first],
    );
  },

  "what is held stays as it was first kept": async ({ intents }) => {
    await intents.keep(ANN, [intent("a", "1")]);
    const later = { ...intent("a", "2"), keptUntil: UNTIL + 1 };
    deepEqual(await intents.keep(ANN, [later]), [intent("a", "1")]);
    deepEqual(await intents.find(ANN, ["a"]), [intent("a", "1")]);
  },

  "all intents of a call are kept, or none": async ({ intents }) => {
    await intents.keep(ANN, [intent("b", "1"), intent("d", "1")]);
    const inTheWay = await intents.keep(
      ANN,
      ["a", "b", "c", "d"].map((name) => intent(name, "2")),
    );
    deepEqual(
      inTheWay.toSorted((a, b) => a.name < b.name ? -1 : 1),
      [intent("b", "1"), intent("d", "1")],
    );
    deepEqual(await intents.find(ANN, ["a", "c"]), [undefined, undefined]);
    deepEqual(await intents.keep(ANN, [intent("a"), intent("c")]), []);
  },

  "users do not see each other's intents": async ({ intents }) => {
    await intents.keep(ANN, [intent("a", "1")]);
    deepEqual(await intents.find(BOB, ["a"]), [undefined]);
    deepEqual(await intents.keep(BOB, [intent("a", "2")]), []);
    deepEqual(await intents.find(ANN, ["a"]), [intent("a", "1")]);
  },

  "of concurrent calls for one name one is first, and all others are told of it":
    async ({ intents }) => {
      const calls = Array.from({ length: 40 }, (_, i) => [
        intent("shared", `${i}`),
        intent(`own:${i}`, `${i}`),
      ]);
      const told = await Promise.all(
        calls.map((call) => intents.keep(ANN, call)),
      );
      const winners = told.flatMap((inTheWay, i) =>
        inTheWay.length === 0 ? [i] : []
      );
      equal(winners.length, 1);
      const [winner] = winners;
      const held = intent("shared", `${winner}`);
      for (const [i, inTheWay] of told.entries()) {
        deepEqual(inTheWay, i === winner ? [] : [held]);
        const [own] = await intents.find(ANN, [`own:${i}`]);
        equal(own !== undefined, i === winner);
      }
    },

  "calls whose names cross do not hinder each other for good": async (
    { intents },
  ) => {
    const names = ["a", "b", "c", "d"];
    const told = await Promise.all(
      Array.from({ length: 40 }, (_, i) => {
        const [one, two] = [names[i % 4]!, names[(i + 1 + i % 3) % 4]!];
        const pair = i % 2 ? [one, two] : [two, one];
        return intents.keep(ANN, pair.map((name) => intent(name, `${i}`)));
      }),
    );
    const found = await intents.find(ANN, names);
    const kept = told.flatMap((inTheWay, i) =>
      inTheWay.length === 0 ? [`${i}`] : []
    );
    const owners = new Set(found.flatMap((one) => one ? [one.json] : []));
    deepEqual([...owners].sort(), kept.sort());
  },

  "what is not to be kept any more is forgotten, and nothing else": async (
    { intents },
  ) => {
    const [old, young] = [intent("old"), intent("young")];
    await intents.keep(ANN, [old, { ...young, keptUntil: UNTIL + 1 }]);
    equal(await intents.trim(UNTIL - 1), 0);
    equal(await intents.trim(UNTIL + 0.5), 1);
    const [gone, held] = await intents.find(ANN, ["old", "young"]);
    deepEqual([gone, held?.name], [undefined, "young"]);
    deepEqual(await intents.keep(ANN, [intent("old", "2")]), []);
  },

  "one call forgets a bounded number": async ({ intents }) => {
    const count = MAX_INTENT_TRIM + 5;
    for (let i = 0; i < count; i += MAX_INTENTS) {
      const { length } = { length: Math.min(MAX_INTENTS, count - i) };
      await intents.keep(
        i % 16 ? ANN : BOB,
        Array.from({ length }, (_, j) => intent(`${i + j}`)),
      );
    }
    equal(await intents.trim(UNTIL), MAX_INTENT_TRIM);
    equal(await intents.trim(UNTIL), 5);
    equal(await intents.trim(UNTIL), 0);
  },

  "intents that are not what they must be are refused, with all of their call":
    async ({ intents }) => {
      const bad: readonly (readonly OrderIntent[])[] = [
        [],
        Array.from({ length: MAX_INTENTS + 1 }, (_, i) => intent(`${i}`)),
        [intent("a"), intent("a")],
        [intent("a"), intent("")],
        [intent("a"), intent("x".repeat(MAX_INTENT_NAME_CHARS + 1))],
        [intent("a"), intent("b", "x".repeat(MAX_INTENT_CHARS + 1))],
        [intent("a"), intent("b\0")],
        [intent("a"), intent("b", '"\0"')],
        [intent("a"), { ...intent("b"), keptUntil: NaN }],
        [intent("a"), { ...intent("b"), keptUntil: 1.5 }],
      ];
      for (const list of bad) {
        await rejects(intents.keep(ANN, list), { code: "invalid" });
      }
      const many = Array.from({ length: MAX_INTENTS + 1 }, (_, i) => `${i}`);
      for (const names of [[], many, ["a", "a"]]) {
        await rejects(intents.find(ANN, names), { code: "invalid" });
      }
      deepEqual(await intents.find(ANN, ["a"]), [undefined]);
    },

  "the longest of all are kept": async ({ intents }) => {
    const list = Array.from({ length: MAX_INTENTS }, (_, i) =>
      intent(
        `${i}`.repeat(MAX_INTENT_NAME_CHARS),
        `"${"ü".repeat(MAX_INTENT_CHARS - 2)}"`,
      ));
    deepEqual(await intents.keep(ANN, list), []);
    deepEqual(await intents.find(ANN, list.map(({ name }) => name)), list);
  },

  "a user is forgotten with all that is kept for him, and nobody else": async (
    { intents },
  ) => {
    for (const name of ["a", "b", "c"]) {
      await intents.keep(ANN, [intent(name)]);
      await intents.keep(BOB, [intent(name)]);
    }
    equal(await intents.forget(ANN), 3);
    equal(await intents.forget(ANN), 0);
    const names = ["a", "b", "c"];
    deepEqual(await intents.find(ANN, names), names.map(() => undefined));
    deepEqual(await intents.find(BOB, names), names.map((one) => intent(one)));
    deepEqual(await intents.keep(ANN, [intent("a")]), []);
  },

  "what is kept agrees with a plain model on random calls": async (
    { intents },
  ) => {
    const name = fc.constantFrom("a", "b", "c", "d", "e");
    const step = fc.oneof(
      fc.record({
        keep: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
        user: fc.constantFrom(ANN, BOB),
        until: fc.nat(9),
      }),
      fc.record({ trim: fc.nat(9) }),
    );
    const model = new Map<string, OrderIntent>();
    let made = 0;
    for (const one of fc.sample(step, { numRuns: 120, seed: 7 })) {
      if ("trim" in one) {
        const due = [...model].filter(([, { keptUntil }]) =>
          keptUntil <= UNTIL + one.trim
        );
        equal(await intents.trim(UNTIL + one.trim), due.length);
        for (const [key] of due) model.delete(key);
        continue;
      }
      const { user, keep, until } = one;
      const list = keep.map((name) => ({
        name,
        json: `${made++}`,
        keptUntil: UNTIL + until,
      }));
      const held = keep.flatMap((name) => model.get(`${user} ${name}`) ?? []);
      const sorted = (list: readonly OrderIntent[]) =>
        list.toSorted((a, b) => a.name < b.name ? -1 : 1);
      deepEqual(sorted(await intents.keep(user, list)), sorted(held));
      if (held.length > 0) continue;
      for (const intent of list) model.set(`${user} ${intent.name}`, intent);
    }
    for (const user of [ANN, BOB]) {
      const names = ["a", "b", "c", "d", "e"];
      deepEqual(
        await intents.find(user, names),
        names.map((name) => model.get(`${user} ${name}`)),
      );
    }
  },

  "an aborted call does nothing": async ({ intents }) => {
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(intents.keep(ANN, [intent("a")], gone), { message: "gone" });
    await rejects(intents.find(ANN, ["a"], gone), { message: "gone" });
    await rejects(intents.trim(UNTIL, gone), { message: "gone" });
    await rejects(intents.forget(ANN, gone), { message: "gone" });
    deepEqual(await intents.find(ANN, ["a"]), [undefined]);
  },

  "a closed port rejects, and closes twice": async ({ intents }) => {
    await intents[Symbol.asyncDispose]();
    await intents[Symbol.asyncDispose]();
    await rejects(intents.keep(ANN, [intent("a")]), { code: "closed" });
    await rejects(intents.find(ANN, ["a"]), { code: "closed" });
    await rejects(intents.trim(UNTIL), { code: "closed" });
    await rejects(intents.forget(ANN), { code: "closed" });
  },
} satisfies Record<string, (subject: OrderIntentsSubject) => Promise<void>>;

/** Holds each port `open` returns to every law, save those waived by name. */
export function testOrderIntents(
  adapter: string,
  open: () => Promise<OrderIntentsSubject>,
  waived: Waivers<typeof ORDER_INTENTS_LAWS> = {},
): void {
  testLaws(adapter, ORDER_INTENTS_LAWS, open, waived);
}
