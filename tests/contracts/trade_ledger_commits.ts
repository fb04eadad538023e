/**
 * The trade ledger contract: what a commit does, by itself and among others.
 *
 * @module
 */
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import {
  ANN,
  AT,
  logged,
  order,
  refs,
  rowOf,
  type TradeLedgerSubject,
} from "./trade_ledger_cases.ts";

/** The laws of commits. */
export const TRADE_COMMIT_LAWS = {
  "each change makes the next version, and says all of the row": async (
    { ledger },
  ) => {
    await ledger.commit(ANN, [order("a")]);
    const second = order("a", 1, { isOpen: false, at: AT + 5, json: "2" });
    await ledger.commit(ANN, [second]);
    deepEqual(await ledger.find(ANN, refs("a")), [rowOf(ANN, second)]);
    const third = order("a", 2, { json: "3" });
    await ledger.commit(ANN, [third]);
    deepEqual(await ledger.find(ANN, refs("a")), [rowOf(ANN, third)]);
  },

  "a change of another version is refused, and told what the version is":
    async ({ ledger }) => {
      await ledger.commit(ANN, [order("a")]);
      await ledger.commit(ANN, [order("a", 1)]);
      for (
        const [id, ifVersion, version] of [
          ["a", 0, 2],
          ["a", 1, 2],
          ["a", 3, 2],
          ["none", 1, 0],
          ["none", -1, 0],
        ] as const
      ) {
        await rejects(ledger.commit(ANN, [order(id, ifVersion)]), {
          name: "PortError",
          code: "version_conflict",
          message:
            `Cannot write order ${id} as it was changed meanwhile: expected version ${ifVersion}, current value is ${version}`,
          facts: { kind: "order", id, version },
        });
      }
    },

  "where the last change is refused nothing is written, and no event appended":
    async ({ ledger, bus }) => {
      await ledger.commit(ANN, [order("a"), order("b")]);
      const changes = [order("a", 1), order("new"), order("b", 2)];
      await rejects(ledger.commit(ANN, changes, [anEvent()]), {
        code: "version_conflict",
        facts: { kind: "order", id: "b", version: 1 },
      });
      deepEqual(await ledger.find(ANN, refs("a", "b", "new")), [
        rowOf(ANN, order("a")),
        rowOf(ANN, order("b")),
        undefined,
      ]);
      deepEqual(await logged(bus), []);
      await ledger.commit(ANN, [order("a", 1), order("new"), order("b", 1)]);
    },

  "of several conflicts the first is told": async ({ ledger }) => {
    await ledger.commit(ANN, [order("a"), order("z")]);
    for (const ids of [["z", "a", "m"], ["a", "m", "z"], ["m", "z", "a"]]) {
      const changes = ids.map((id) => order(id, id === "m" ? 7 : 0));
      const [id] = ids;
      await rejects(ledger.commit(ANN, changes), {
        facts: { kind: "order", id: id!, version: id === "m" ? 0 : 1 },
      });
    }
  },

  "of those who write on one version one succeeds, and all others conflict":
    async ({ ledger }) => {
      for (const version of [0, 1, 2]) {
        const told = await Promise.allSettled(
          Array.from({ length: 40 }, (_, i) =>
            ledger.commit(ANN, [
              order(`own:${version}:${i}`),
              order("shared", version, { json: `${i}` }),
            ], [anEvent({ i })])),
        );
        const winners = told.flatMap((one, i) =>
          one.status === "fulfilled" ? [i] : []
        );
        equal(winners.length, 1);
        for (const [i, one] of told.entries()) {
          const [own] = await ledger.find(ANN, refs(`own:${version}:${i}`));
          equal(own !== undefined, i === winners[0]);
          if (one.status === "fulfilled") continue;
          const { code, facts } = one.reason;
          deepEqual([code, facts], ["version_conflict", {
            kind: "order",
            id: "shared",
            version: version + 1,
          }]);
        }
        const [row] = await ledger.find(ANN, refs("shared"));
        deepEqual([row!.version, row!.json], [version + 1, `${winners[0]}`]);
      }
    },

  "commits at one time that cross do not hinder each other, and lose nothing":
    async ({ ledger, bus }) => {
      const ids = ["a", "b", "c", "d", "e"];
      let done = 0;
      async function addOne(i: number): Promise<void> {
        const pair = [ids[i % 5]!, ids[(i + 1 + i % 4) % 5]!];
        if (i % 2) pair.reverse();
        for (;;) {
          const rows = await ledger.find(ANN, refs(...pair));
          const changes = pair.map((id, k) => {
            const { version = 0, json = "0" } = rows[k] ?? {};
            return order(id, version, { json: `${Number(json) + 1}` });
          });
          try {
            await ledger.commit(ANN, changes, [anEvent({ i })]);
            done++;
            return;
          } catch (error) {
            const { code } = error as { code: string };
            if (code !== "version_conflict") throw error;
          }
        }
      }
      await Promise.all(Array.from({ length: 30 }, (_, i) => addOne(i)));
      const rows = await ledger.find(ANN, refs(...ids));
      const sum = rows.reduce((sum, row) => sum + Number(row?.json ?? 0), 0);
      deepEqual([done, sum], [30, 60]);
      for (const row of rows) equal(`${row!.version}`, row!.json);
      equal((await logged(bus)).length, 30);
    },

  "events are appended in the order of their commit, which is one batch":
    async (
      { ledger, bus },
    ) => {
      const events = [anEvent({ n: 1 }, { key: "k" }), anEvent({ n: 2 })];
      deepEqual(await ledger.commit(ANN, [order("a")], events), [
        { id: events[0]!.id, position: 1, duplicate: false },
        { id: events[1]!.id, position: 2, duplicate: false },
      ]);
      await ledger.commit(ANN, [order("b")]);
      const more = anEvent({ n: 3 });
      const [receipt] = await ledger.commit(ANN, [order("c")], [more]);
      equal(receipt!.position, 3);
      deepEqual(await logged(bus), [
        { id: events[0]!.id, position: 1, batchEnd: 2 },
        { id: events[1]!.id, position: 2, batchEnd: 2 },
        { id: more.id, position: 3, batchEnd: 3 },
      ]);
      const page = await bus.read({ after: 0, limit: 1 });
      const { channel, key, json, meta } = page.events[0]!;
      deepEqual(
        { id: page.events[0]!.id, channel, key, json, meta },
        events[0],
      );
    },

  "an event that the log holds keeps its first place, whatever comes with it":
    async ({ ledger, bus }) => {
      const [known, one, two] = [anEvent(), anEvent(), anEvent()];
      await bus.publish([known]);
      const receipts = await ledger.commit(
        ANN,
        [order("a")],
        [one, known, two],
      );
      deepEqual(receipts, [
        { id: one.id, position: 2, duplicate: false },
        { id: known.id, position: 1, duplicate: true },
        { id: two.id, position: 3, duplicate: false },
      ]);
      deepEqual(await ledger.commit(ANN, [order("a", 1)], [known]), [
        { id: known.id, position: 1, duplicate: true },
      ]);
      deepEqual(
        (await logged(bus)).map(({ id }) => id),
        [known.id, one.id, two.id],
      );
    },

  "of commits at one time each hears of its own events": async (
    { ledger, bus },
  ) => {
    const shared = anEvent({ shared: true });
    await ledger.commit(ANN, [order("3")]);
    const calls = Array.from({ length: 20 }, (_, i) => ({
      changes: [order(`${i}`)], // of which one is in conflict
      events: i % 5 === 0
        ? []
        : [anEvent({ i }), ...i % 5 === 1 ? [shared] : [], anEvent({ i })],
    }));
    const told = await Promise.allSettled(
      calls.map(({ changes, events }) => ledger.commit(ANN, changes, events)),
    );
    const held = await logged(bus);
    for (const [i, one] of told.entries()) {
      equal(one.status, i === 3 ? "rejected" : "fulfilled");
      if (one.status === "rejected") continue;
      const { events } = calls[i]!;
      deepEqual(one.value.map(({ id }) => id), events.map(({ id }) => id));
      for (const { id, position } of one.value) {
        equal(held[position - 1]?.id, id);
      }
      const own = one.value.filter(({ duplicate }) => !duplicate);
      const ends = own.map(({ position }) => held[position - 1]!.batchEnd);
      deepEqual(ends, own.map(() => own.at(-1)!.position));
    }
    const firsts = told.flatMap((one) =>
      one.status === "fulfilled" ? one.value : []
    ).filter(({ id, duplicate }) => id === shared.id && !duplicate);
    equal(firsts.length, 1);
    equal(held.length, 15 * 2 + 1);
  },

  "an event of the channel of settings is appended as any other": async (
    { ledger, bus },
  ) => {
    const event = anEvent({ key: "user:1:mode:scalp", version: 1 }, {
      channel: "settings.updated",
    });
    const [receipt] = await ledger.commit(ANN, [order("a")], [event]);
    deepEqual(receipt, { id: event.id, position: 1, duplicate: false });
    equal((await logged(bus))[0]!.id, event.id);
  },
} satisfies Record<string, (subject: TradeLedgerSubject) => Promise<void>>;
