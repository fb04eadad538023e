/**
 * The audit log contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import { parseUserId } from "../../domain/user_id.ts";
import {
  type AdminCall,
  type AuditLog,
  MAX_AUDIT_PAGE,
  MAX_AUDIT_TRIM,
} from "../../ports/audit_log.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { testLaws, type Waivers } from "./law.ts";

/** An empty log. */
export interface AuditLogSubject extends AsyncDisposable {
  readonly audit: AuditLog;
  /** Lets wall time pass. */
  elapse(ms: number): Promise<void>;
}

/** A call; `path` tells it apart. */
export const aCall = (path = "/api/admin/defaults"): AdminCall => ({
  actor: "k7m2p9q4w1xz",
  user: parseUserId("a.b@c-d_e"),
  operation: "putDefaults",
  method: "PUT",
  path,
  requestId: "req \u2028ä😀",
});

const all = (audit: AuditLog) => audit.list({ after: 0, limit: 1000 });

/** The laws. */
export const AUDIT_LOG_LAWS = {
  "a call is held from before it is answered, and then with its answer": async (
    { audit },
  ) => {
    deepEqual(await all(audit), []);
    const id = await audit.begin(aCall());
    const [begun] = await all(audit);
    deepEqual({ ...begun, at: 0 }, {
      ...aCall(),
      id,
      at: 0,
      status: undefined,
    });
    await audit.finish(id, 204);
    deepEqual(await all(audit), [{ ...begun, status: 204 }]);
  },

  "ids rise, and a reader that goes on from the last misses none": async (
    { audit },
  ) => {
    const paths = Array.from({ length: 40 }, (_, i) => `/${i}`);
    const seen: string[] = [];
    let after = 0;
    const look = async () => {
      for (const { id, path } of await audit.list({ after, limit: 7 })) {
        ok(id > after);
        after = id;
        seen.push(path);
      }
    };
    const begun = Promise.all(paths.map((path) => audit.begin(aCall(path))));
    let isDone = false;
    begun.then(() => isDone = true, () => isDone = true);
    while (!isDone) {
      await look();
      // Databases in this process go on between turns of the event loop.
      await new Promise((resolve) => setTimeout(resolve));
    }
    for (let before = -1; before < after;) {
      before = after;
      await look();
    }
    deepEqual(seen.toSorted(), paths.toSorted());
    equal(new Set(await begun).size, 40);
  },

  "an answer to what is no longer held is passed over": async ({ audit }) => {
    const id = await audit.begin(aCall());
    await audit.finish(id + 1, 200);
    deepEqual((await all(audit)).map(({ status }) => status), [undefined]);
  },

  "what came before a time is forgotten, and its ids are not given again":
    async ({ audit, elapse }) => {
      const first = await audit.begin(aCall("/1"));
      await elapse(1000);
      const next = await audit.begin(aCall("/2"));
      const [, kept] = await all(audit);
      equal(await audit.trim(kept!.at), 1);
      deepEqual(await all(audit), [kept]);
      equal(await audit.trim(kept!.at + 1), 1);
      equal(await audit.trim(Number.MAX_SAFE_INTEGER), 0);
      const last = await audit.begin(aCall("/3"));
      ok(first < next && next < last);
    },

  "one call forgets a bounded number": async ({ audit }) => {
    const calls = Array.from(
      { length: MAX_AUDIT_TRIM + 2 },
      () => audit.begin(aCall()),
    );
    await Promise.all(calls);
    equal(await audit.trim(Number.MAX_SAFE_INTEGER), MAX_AUDIT_TRIM);
    equal((await all(audit)).length, 2);
  },

  "pages out of range are refused": async ({ audit }) => {
    const bad = [
      { after: -1, limit: 1 },
      { after: 0.5, limit: 1 },
      { after: 0, limit: 0 },
      { after: 0, limit: MAX_AUDIT_PAGE + 1 },
    ];
    for (const query of bad) {
      await rejects(audit.list(query), { code: "invalid" });
    }
  },

  "an aborted call does nothing": async ({ audit }) => {
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(audit.begin(aCall(), gone), { message: "gone" });
    deepEqual(await all(audit), []);
  },

  "a closed log rejects, and closes twice": async ({ audit }) => {
    await audit[Symbol.asyncDispose]();
    await audit[Symbol.asyncDispose]();
    await rejects(audit.begin(aCall()), { code: "closed" });
    await rejects(audit.finish(1, 200), { code: "closed" });
    await rejects(all(audit), { code: "closed" });
    await rejects(audit.trim(0), { code: "closed" });
  },
} satisfies Record<string, (subject: AuditLogSubject) => Promise<void>>;

/** Holds each log `open` returns to every law, save those waived by name. */
export function testAuditLog(
  adapter: string,
  open: () => Promise<AuditLogSubject>,
  waived: Waivers<typeof AUDIT_LOG_LAWS> = {},
): void {
  testLaws(adapter, AUDIT_LOG_LAWS, open, waived);
}
