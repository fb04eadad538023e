/**
 * The trade ledger contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import { parseUserId } from "../../domain/user_id.ts";
import {
  type LedgerChange,
  type LedgerQuery,
  type LedgerRow,
  MAX_LEDGER_CHARS,
  MAX_LEDGER_COMMIT_CHARS,
  MAX_LEDGER_LIST,
  MAX_LEDGER_NAME_CHARS,
  MAX_LEDGER_ROWS,
  type TradeLedger,
} from "../../ports/trade_ledger.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { testLaws, type Waivers } from "./law.ts";
import {
  ANN,
  AT,
  BOB,
  logged,
  order,
  refs,
  rowOf,
  type TradeLedgerSubject,
} from "./trade_ledger_cases.ts";
import { TRADE_COMMIT_LAWS } from "./trade_ledger_commits.ts";

/** All rows that `query` means, page by page. */
async function pages(
  ledger: TradeLedger,
  query: LedgerQuery,
): Promise<LedgerRow[]> {
  const rows: LedgerRow[] = [];
  let after: LedgerRow | undefined;
  for (;;) {
    const page = await ledger.list({ ...query, after });
    rows.push(...page);
    if (page.length < query.limit) return rows;
    ok(rows.length < 100, "a row comes again and again");
    after = page.at(-1);
  }
}

/** The laws. */
export const TRADE_LEDGER_LAWS = {
  ...TRADE_COMMIT_LAWS,

  "rows are found as they were written, byte for byte, in the order asked for":
    async ({ ledger }) => {
      const first = order("a", 0, {
        json: '{ "x": 1.0, "ü": "\\u0000 \\" {}, \u{1f600}\u2028" }',
        isOpen: false,
        at: -1,
      });
      const second = order(`o:"b",\\ {}\u{1f600}ü`, 0, { kind: "a kind" });
      deepEqual(await ledger.commit(ANN, [first, second]), []);
      deepEqual(
        await ledger.find(ANN, [second, ...refs("none", "a", "a")]),
        [rowOf(ANN, second), undefined, rowOf(ANN, first), rowOf(ANN, first)],
      );
    },

  "the largest rows, and as many as may be, are kept": async ({ ledger }) => {
    const large = order("x".repeat(MAX_LEDGER_NAME_CHARS), 0, {
      kind: "\u{1f600}".repeat(MAX_LEDGER_NAME_CHARS / 2),
      json: `"${"ü".repeat(MAX_LEDGER_CHARS - 2)}"`,
    });
    await ledger.commit(ANN, [large]);
    const [row] = await ledger.find(ANN, [large]);
    equal(row?.json === large.json, true);
    const many = Array.from(
      { length: MAX_LEDGER_ROWS },
      (_, i) => order(`${i}`),
    );
    await ledger.commit(ANN, many);
    const again = many.map(({ id }) => order(id, 1));
    await ledger.commit(ANN, again);
    deepEqual(
      await ledger.find(ANN, again),
      again.map((change) => rowOf(ANN, change)),
    );
  },

  "users do not see each other's rows": async ({ ledger }) => {
    await ledger.commit(ANN, [order("a", 0, { json: "1" })]);
    deepEqual(await ledger.find(BOB, refs("a")), [undefined]);
    await ledger.commit(BOB, [order("a", 0, { json: "2" })]);
    await rejects(ledger.commit(BOB, [order("a")]), {
      facts: { kind: "order", id: "a", version: 1 },
    });
    await ledger.commit(BOB, [order("a", 1, { json: "3" })]);
    const [row] = await ledger.find(ANN, refs("a"));
    deepEqual([row!.version, row!.json], [1, "1"]);
    const list = await ledger.list({ user: ANN, kind: "order", limit: 10 });
    deepEqual(list.map(({ json }) => json), ["1"]);
  },

  "kinds are apart": async ({ ledger }) => {
    const [one, two] = ["a b", "a"].map((kind, i) =>
      order(i ? "b c" : "c", 0, { kind, json: `${i}` })
    );
    await ledger.commit(ANN, [one!, two!]);
    deepEqual(
      await ledger.find(ANN, [two!, one!, { kind: "c", id: "a b" }]),
      [rowOf(ANN, two!), rowOf(ANN, one!), undefined],
    );
    deepEqual(await ledger.list({ kind: "a", limit: 9 }), [rowOf(ANN, two!)]);
  },

  "rows are listed the newest first, then by user and id in the order of bytes":
    async ({ ledger }) => {
      const ids = ["\u{1f600}", "\ue000", "ü", "a", "Z", "10", "9"];
      for (const user of [ANN, BOB]) {
        await ledger.commit(user, ids.map((id) => order(id)));
        await ledger.commit(user, [order("new", 0, { at: AT + 1 })]);
        await ledger.commit(user, [order("old", 0, { at: AT - 1 })]);
      }
      const inOrder = ["10", "9", "Z", "a", "ü", "\ue000", "\u{1f600}"];
      const all = await ledger.list({ kind: "order", limit: 100 });
      deepEqual(all.map(({ user, id }) => `${user} ${id}`), [
        ...[BOB, ANN].map((user) => `${user} new`),
        ...inOrder.map((id) => `${BOB} ${id}`),
        ...inOrder.map((id) => `${ANN} ${id}`),
        ...[BOB, ANN].map((user) => `${user} old`),
      ]);
      const own = await ledger.list({ user: ANN, kind: "order", limit: 100 });
      deepEqual(own.map(({ id }) => id), ["new", ...inOrder, "old"]);
      deepEqual(own[0], rowOf(ANN, order("new", 0, { at: AT + 1 })));
    },

  "page by page each row comes once, whatever is asked for": async (
    { ledger },
  ) => {
    const model: LedgerRow[] = [];
    for (const user of [ANN, BOB]) {
      const changes = Array.from({ length: 40 }, (_, i) =>
        order(`${i}`, 0, {
          kind: i % 10 === 9 ? "fill" : "order",
          isOpen: i % 3 === 0,
          at: AT + Math.floor(i / 7),
        }));
      await ledger.commit(user, changes);
      model.push(...changes.map((change) => rowOf(user, change)));
    }
    for (const user of [undefined, ANN, BOB]) {
      for (const isOpen of [undefined, true, false]) {
        const want = model
          .filter((row) =>
            row.kind === "order" && (user ?? row.user) === row.user &&
            (isOpen ?? row.isOpen) === row.isOpen
          )
          .toSorted((a, b) =>
            b.at - a.at || (a.user < b.user ? -1 : Number(a.user > b.user)) ||
            (a.id < b.id ? -1 : 1)
          );
        for (const limit of [1, 4, 1000]) {
          const query = { user, kind: "order", isOpen, limit };
          deepEqual(await pages(ledger, query), want);
        }
      }
    }
    const place = { at: AT + 1, user: parseUserId("A"), id: "zzz" };
    const [next] = await ledger.list({ kind: "order", after: place, limit: 1 });
    deepEqual([next!.at, next!.user], [AT + 1, BOB]);
  },

  "a row that was closed is not listed among the open ones any more": async (
    { ledger },
  ) => {
    await ledger.commit(ANN, [order("a"), order("b")]);
    await ledger.commit(ANN, [order("a", 1, { isOpen: false, at: AT + 9 })]);
    const ids = async (isOpen?: boolean) =>
      (await ledger.list({ kind: "order", isOpen, limit: 9 }))
        .map(({ id }) => id);
    deepEqual(await ids(true), ["b"]);
    deepEqual(await ids(false), ["a"]);
    deepEqual(await ids(), ["a", "b"]);
  },

  "arguments that are not what they must be are refused, with all of their call":
    async ({ ledger, bus }) => {
      const long = "x".repeat(MAX_LEDGER_NAME_CHARS + 1);
      const big = "x".repeat(MAX_LEDGER_CHARS);
      const { length } = { length: MAX_LEDGER_COMMIT_CHARS / big.length + 1 };
      const upTo = (length: number) =>
        Array.from({ length }, (_, i) => order(`${i}`));
      const bad: readonly (readonly LedgerChange[])[] = [
        [],
        upTo(MAX_LEDGER_ROWS + 1),
        [order("a"), order("a", 1)],
        upTo(length).map((change) => ({ ...change, json: big })),
        ...["", long, "b\0", "\ud83d"].flatMap((name) => [
          [order("a"), order(name)],
          [order("a"), order("b", 0, { kind: name })],
        ]),
        ...[`${big}x`, '"\0"', '"\ude00"'].map((json) => [
          order("a"),
          order("b", 0, { json }),
        ]),
        ...[NaN, 1.5, Infinity].flatMap((odd) => [
          [order("a"), order("b", 0, { at: odd })],
          [order("a"), order("b", odd)],
        ]),
      ];
      for (const changes of bad) {
        await rejects(ledger.commit(ANN, changes, [anEvent()]), {
          code: "invalid",
        });
      }
      const event = anEvent();
      for (
        const events of [
          [event, event],
          [anEvent({}, { id: "7" })],
          [anEvent({}, { id: event.id.toUpperCase() })],
          [anEvent({}, { key: "\0" })],
        ]
      ) {
        await rejects(ledger.commit(ANN, [order("a")], events), {
          code: "invalid",
        });
      }
      const lists = [[], upTo(MAX_LEDGER_ROWS + 1)];
      const names = ["", long, "\0", "\ud83d"];
      for (const some of [...lists, ...names.map((name) => refs(name))]) {
        await rejects(ledger.find(ANN, some), { code: "invalid" });
      }
      for (const kind of names) {
        const list = ledger.list({ kind, limit: 1 });
        await rejects(list, { code: "invalid" });
      }
      for (const limit of [0, -1, 1.5, NaN, MAX_LEDGER_LIST + 1]) {
        await rejects(ledger.list({ kind: "order", limit }), {
          code: "invalid",
        });
      }
      for (const place of [{ at: 0.5, id: "a" }, { at: 0, id: "" }]) {
        const after = { user: ANN, ...place };
        await rejects(ledger.list({ kind: "order", after, limit: 1 }), {
          code: "invalid",
        });
      }
      deepEqual(await ledger.find(ANN, refs("a")), [undefined]);
      deepEqual(await logged(bus), []);
    },

  "an aborted call does nothing": async ({ ledger, bus }) => {
    const gone = AbortSignal.abort(new Error("gone"));
    const query = { kind: "order", limit: 1 };
    const commit = ledger.commit(ANN, [order("a")], [anEvent()], gone);
    await rejects(commit, { message: "gone" });
    await rejects(ledger.find(ANN, refs("a"), gone), { message: "gone" });
    await rejects(ledger.list(query, gone), { message: "gone" });
    deepEqual(await ledger.find(ANN, refs("a")), [undefined]);
    deepEqual(await logged(bus), []);
  },

  "a closed ledger rejects, and closes twice": async ({ ledger }) => {
    await ledger[Symbol.asyncDispose]();
    await ledger[Symbol.asyncDispose]();
    const query = { kind: "order", limit: 1 };
    await rejects(ledger.commit(ANN, [order("a")]), { code: "closed" });
    await rejects(ledger.find(ANN, refs("a")), { code: "closed" });
    await rejects(ledger.list(query), { code: "closed" });
  },
} satisfies Record<string, (subject: TradeLedgerSubject) => Promise<void>>;

/** Holds each ledger `open` returns to every law, save those waived by name. */
export function testTradeLedger(
  adapter: string,
  open: () => Promise<TradeLedgerSubject>,
  waived: Waivers<typeof TRADE_LEDGER_LAWS> = {},
): void {
  testLaws(adapter, TRADE_LEDGER_LAWS, open, waived);
}
