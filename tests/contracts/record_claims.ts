/**
 * The laws of the record store that tell of leases.
 *
 * @module
 */
import { deepEqual, equal, notEqual, ok, rejects } from "../support/assert.ts";
import type { Lease } from "../../domain/lease.ts";
import type { LeaseClaim, RecordStore } from "../../ports/record_store.ts";
import { ALL, changesOf, type RecordLaws, upTo } from "./record_subject.ts";

/** The first claim of `bootId`, which believes history `h1`, unless told otherwise. */
export const claimOf = (
  bootId: string,
  more: Partial<LeaseClaim> = {},
): LeaseClaim => ({
  bootId,
  label: `the one called ${bootId}`,
  renewal: 1,
  history: "h1",
  gate: "open",
  appliedPosition: 7,
  ended: [],
  ...more,
});

/** What `claim` puts down. */
export function leaseOf({ ended: _, ...lease }: LeaseClaim): Lease {
  return lease;
}

/** What has been put down, in the order of boot ids. */
async function leasesIn(store: RecordStore): Promise<Lease[]> {
  return sorted((await store.read([])).leases);
}

function sorted(leases: readonly Lease[]): Lease[] {
  return leases.toSorted((a, b) => a.bootId < b.bootId ? -1 : 1);
}

/** Who is let in, and who is not. */
export const CLAIMING = {
  "a claim is put down, and the next one of its instance takes its place":
    async ({ store }) => {
      const first = claimOf("a");
      const next = claimOf("a", {
        renewal: 2,
        history: "",
        gate: "closed",
        appliedPosition: 9,
      });
      const other = claimOf("b", { gate: "opening" });
      for (
        const [claim, leases] of [
          [first, [first]],
          [other, [first, other]],
          [next, [next, other]],
        ] as const
      ) {
        const answer = await store.claim(claim);
        equal(answer.granted, true);
        deepEqual(sorted(answer.leases), leases.map(leaseOf));
        deepEqual(await leasesIn(store), leases.map(leaseOf));
      }
    },

  "a claim's view shows what was committed before it": async (
    { store, settings },
  ) => {
    await Promise.all(
      upTo(1, 10).map(async (i) => {
        const [version] = await settings.write(changesOf([ALL], `${i}`), "1");
        const { head, settingsPosition } = await store.claim(claimOf(`${i}`));
        ok(head.position >= version!);
        ok(settingsPosition >= version!);
        notEqual(head.epoch, "");
      }),
    );
    equal((await store.read([])).head.position, 10);
  },

  "a claim is refused while a lease of another instance names another history":
    async ({ store }) => {
      await store.claim(claimOf("a", { gate: "opening" }));
      for (const gate of ["opening", "open"] as const) {
        const answer = await store.claim(claimOf("b", { history: "h2", gate }));
        equal(answer.granted, false);
        deepEqual(answer.leases, [leaseOf(claimOf("a", { gate: "opening" }))]);
      }
      deepEqual((await leasesIn(store)).map(({ bootId }) => bootId), ["a"]);
      const granted = async (claim: LeaseClaim) =>
        (await store.claim(claim)).granted;
      const closed = { history: "", gate: "closed" } as const;
      equal(await granted(claimOf("b", closed)), true);
      equal(await granted(claimOf("c")), true);
      equal(await granted(claimOf("a", { renewal: 2, ...closed })), true);
      equal(await granted(claimOf("b", { renewal: 2, history: "h2" })), false);
      equal(await granted(claimOf("c", { renewal: 2, ...closed })), true);
      equal(await granted(claimOf("b", { renewal: 2, history: "h2" })), true);
      equal(await granted(claimOf("b", { renewal: 3, history: "h3" })), true);
    },

  "of concurrent claims with different histories one is granted": async (
    { store },
  ) => {
    for (let round = 1; round <= 5; round++) {
      const claims = upTo(1, 6).map((i) =>
        claimOf(`${i}`, { renewal: round, history: `h${i}` })
      );
      const answers = await Promise.all(claims.map((c) => store.claim(c)));
      equal(answers.filter(({ granted }) => granted).length, 1);
      const leases = await leasesIn(store);
      equal(leases.length, 1);
      await store.leave(leases[0]!.bootId);
    }
  },

  "a late claim is refused, whatever its gate, and changes nothing": async (
    { store },
  ) => {
    const held = claimOf("a", { renewal: 5 });
    const ended = [{ bootId: "b", renewal: 1 }];
    await store.claim(claimOf("b"));
    await store.claim(held);
    for (const renewal of [5, 4]) {
      for (const gate of ["closed", "opening", "open"] as const) {
        const late = claimOf("a", {
          renewal,
          gate,
          appliedPosition: 99,
          ended,
        });
        const { granted, leases } = await store.claim(late);
        equal(granted, false);
        deepEqual(sorted(leases), [held, claimOf("b")].map(leaseOf));
      }
    }
    deepEqual(await leasesIn(store), [held, claimOf("b")].map(leaseOf));
  },

  "a lease that has ended does not stand in the way and is removed, if that very renewal stands":
    async ({ store }) => {
      await store.claim(claimOf("a", { renewal: 4 }));
      const ended = (renewal: number) => [{ bootId: "a", renewal }];
      const wanted = claimOf("b", { history: "h2" });
      for (const renewal of [3, 5]) {
        const claim = { ...wanted, ended: ended(renewal) };
        equal((await store.claim(claim)).granted, false);
      }
      deepEqual(await leasesIn(store), [leaseOf(claimOf("a", { renewal: 4 }))]);
      const { granted, leases } = await store.claim({
        ...wanted,
        ended: ended(4),
      });
      equal(granted, true);
      deepEqual(leases, [leaseOf(wanted)]);
      deepEqual(await leasesIn(store), [leaseOf(wanted)]);
    },

  "closed leases that have ended are removed, by any claim that is granted":
    async ({ store }) => {
      const closed = { history: "", gate: "closed" } as const;
      for (const bootId of ["a", "b", "c"]) {
        await store.claim(claimOf(bootId, { renewal: 2, ...closed }));
      }
      const ended = [
        { bootId: "a", renewal: 2 },
        { bootId: "b", renewal: 1 },
        { bootId: "nobody", renewal: 1 },
      ];
      await store.claim(claimOf("c", { renewal: 3, ...closed, ended }));
      const left = await leasesIn(store);
      deepEqual(left.map(({ bootId }) => bootId), ["b", "c"]);
    },

  "who leaves is gone, and nobody else": async ({ store }) => {
    await store.claim(claimOf("a"));
    await store.claim(claimOf("b"));
    await store.leave("a");
    await store.leave("a");
    deepEqual(await leasesIn(store), [leaseOf(claimOf("b"))]);
    await store.leave("b");
    const { granted } = await store.claim(claimOf("c", { history: "h2" }));
    equal(granted, true);
  },

  "an aborted call does nothing": async ({ store }) => {
    const gone = AbortSignal.abort(new Error("gone"));
    await store.claim(claimOf("a"));
    for (
      const call of [
        () => store.read([ALL], gone),
        () => store.stretch(0, gone),
        () => store.claim(claimOf("b"), gone),
        () => store.leave("a", gone),
      ]
    ) await rejects(call, { message: "gone" });
    deepEqual(await leasesIn(store), [leaseOf(claimOf("a"))]);
  },

  "a closed store rejects, and closes twice": async ({ store }) => {
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    for (
      const call of [
        () => store.read([ALL]),
        () => store.stretch(0),
        () => store.claim(claimOf("a")),
        () => store.leave("a"),
      ]
    ) await rejects(call, { code: "closed" });
  },
} satisfies RecordLaws;
