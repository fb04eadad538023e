/**
 * The laws of the settings archive about documents that are removed, and
 * revisions that are forgotten by name.
 *
 * @module
 */
import { MAX_TRIM } from "../../ports/settings_archive.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import {
  ALL,
  edits,
  newestAt,
  OTHERS,
  put,
  SCALP,
  type SettingsArchiveSubject,
  values,
} from "./settings_archive_subject.ts";

type Subject = SettingsArchiveSubject;

/** The laws. */
export const FORGETTING_LAWS = {
  "a removal is a revision without a value": async (subject) => {
    const { store } = subject;
    await put(subject, ALL, "1");
    await store.write([{ key: ALL, json: undefined }], "bob");
    await put(subject, ALL, "3");
    deepEqual(await values(subject, 1, [ALL]), ["1"]);
    deepEqual(await values(subject, 2, [ALL]), [undefined]);
    deepEqual(await values(subject, 3, [ALL]), ["3"]);
    const first = [ALL, 1, "ann", "1"];
    const removal = [ALL, 2, "bob", undefined];
    deepEqual(await edits(subject), [
      [first, undefined],
      [removal, first],
      [[ALL, 3, "ann", "3"], removal],
    ]);
  },

  "what is forgotten by name is as if it had never been, and nothing else goes":
    async (subject) => {
      const { archive, store } = subject;
      await put(subject, ALL, "1");
      await put(subject, ALL, "2");
      await put(subject, SCALP, "3");
      await put(subject, OTHERS, "4");
      const gone = [ALL, SCALP].map((key) => ({ key, json: undefined }));
      await store.write(gone, "ann");
      equal(await archive.forget([ALL, SCALP, ALL], 6), 5);
      equal(await archive.forget([ALL, SCALP], 6), 0);
      for (let at = 0; at <= 6; at++) {
        deepEqual(await values(subject, at, [ALL, SCALP]), [
          undefined,
          undefined,
        ]);
      }
      deepEqual(await edits(subject), [[[OTHERS, 4, "ann", "4"], undefined]]);
      await put(subject, ALL, "7");
      deepEqual(await values(subject, 6, [ALL]), [undefined]);
      deepEqual(await edits(subject, [ALL]), [
        [[ALL, 7, "ann", "7"], undefined],
      ]);
      equal(await archive.trim(Number.MAX_SAFE_INTEGER), 0);
      deepEqual(await values(subject, 7), ["7", undefined, "4"]);
    },

  "revisions above the version stay, and what went is told apart": async (
    subject,
  ) => {
    const { archive, elapse } = subject;
    for (const json of ["1", "2", "3"]) await put(subject, ALL, json);
    equal(await archive.forget([ALL], 2), 2);
    deepEqual(await values(subject, 3, [ALL]), ["3"]);
    await rejects(archive.at([ALL], 2), {
      code: "expired",
      facts: { key: ALL, earliest: 3 },
    });
    await elapse(1000);
    await put(subject, ALL, "4");
    equal(await archive.trim(await newestAt(subject, ALL)), 0);
    equal(await archive.trim(Number.MAX_SAFE_INTEGER), 1);
    deepEqual(await values(subject, 4, [ALL]), ["4"]);
  },

  "one call forgets a bounded number by name, the oldest first": async (
    subject,
  ) => {
    const { archive } = subject;
    const count = MAX_TRIM + 3;
    for (let i = 0; i < count; i += 100) {
      const many = Array.from(
        { length: Math.min(100, count - i) },
        (_, j) => put(subject, ALL, `${i + j}`),
      );
      await Promise.all(many);
    }
    equal(await archive.forget([ALL], count), MAX_TRIM);
    const left = await edits(subject, [ALL]);
    deepEqual(
      left.map(([edit]) => edit![1]),
      [count - 2, count - 1, count],
    );
    equal(await archive.forget([ALL], count), 3);
  },
} satisfies Record<string, (subject: Subject) => Promise<void>>;
