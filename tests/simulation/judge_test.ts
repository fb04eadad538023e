import { deepEqual, equal, match } from "../support/assert.ts";
import { settingsKey } from "../../domain/settings.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { PortError } from "../../ports/port_error.ts";
import { createHistory, type History } from "./history.ts";
import { judge } from "./judge.ts";

const USER = parseUserId("1");
const A = settingsKey(USER, "mode:scalp");
const B = settingsKey(USER, "mode:swing");

/** A history in which A and B were written as 1 and 2. */
function begun(): History {
  const history = createHistory(() => 0);
  history.commit([{ key: A, json: "1" }], [1]);
  history.commit([{ key: B, json: "2" }], [2]);
  return history;
}

function write(history: History, key: typeof A, json: string, version: number) {
  const changes = [{ key, json }];
  return history.write("writer", changes, async () => {
    history.commit(changes, [version]);
    return [version];
  });
}

function read(
  history: History,
  found: readonly [key: typeof A, json?: string, version?: number][],
  verified = true,
) {
  return history.read("reader", found.map(([key]) => key), async () => ({
    documents: found.map(([key, json, version]) =>
      json === undefined ? undefined : { key, json, version: version! }
    ),
    source: "redis",
    verified,
  }));
}

function verdict(history: History): string {
  const final = [...history.committed.values()].flatMap((one) => {
    const { json, key, next } = one;
    const isHeld = next === Infinity && json !== undefined;
    return isHeld ? [[key, { ...one, json }] as const] : [];
  });
  return judge(history, new Map(final)).join("\n");
}

Deno.test("judge: what is as it should be passes", async () => {
  const history = begun();
  await read(history, [[A, "1", 1], [B, "2", 2]]);
  await write(history, A, "3", 3);
  await read(history, [[A, "3", 3], [B, "2", 2]]);
  equal(verdict(history), "");
});

Deno.test("judge: a value from before an acknowledged write is seen", async () => {
  const history = begun();
  await write(history, A, "3", 3);
  await read(history, [[A, "1", 1]]);
  match(verdict(history), /Something older was read/);
  match(verdict(history), /Rule "order" is broken/);
});

Deno.test("judge: a value from before another read is seen", async () => {
  const history = begun();
  const writing = write(history, A, "3", 3);
  await read(history, [[A, "3", 3]]);
  await read(history, [[A, "1", 1]]);
  await writing;
  match(verdict(history), /Something older was read/);
});

Deno.test("judge: what is unverified may be old, but not invented", async () => {
  const history = begun();
  await write(history, A, "3", 3);
  await read(history, [[A, "1", 1]], false);
  equal(verdict(history), "");
  await read(history, [[A, "9", 1]], false);
  match(verdict(history), /A value was never written/);
});

Deno.test("judge: two moments in one answer are seen", async () => {
  const history = begun();
  const changes = [{ key: A, json: "3" }, { key: B, json: "4" }];
  void history.write("writer", changes, () => {
    history.commit(changes, [3, 4]);
    return new Promise(() => {});
  });
  await read(history, [[A, "3", 3], [B, "2", 2]]);
  match(verdict(history), /Documents of two moments/);
});

Deno.test("judge: an acknowledged write that is not there is seen", async () => {
  const history = begun();
  await history.write("writer", [{ key: A, json: "3" }], async () => [3]);
  match(verdict(history), /An acknowledged write is lost/);
});

Deno.test("judge: a write that happened and was called a failure is seen", async () => {
  const outcomes = await Promise.all(
    (["unavailable", "timeout"] as const).map(async (code) => {
      const history = begun();
      const changes = [{ key: A, json: "3" }];
      await history.write("writer", changes, async () => {
        history.commit(changes, [3]);
        throw new PortError(code, "Cannot do it");
      });
      return /called a failure/.test(verdict(history));
    }),
  );
  deepEqual(outcomes, [true, false]);
});

Deno.test("judge: a mistake in the program is seen", async () => {
  const history = begun();
  await history.read("reader", [A], () => {
    throw new TypeError("of ours");
  });
  match(verdict(history), /A mistake in the program/);
});

Deno.test("judge: what has been removed may be absent, and be there again", async () => {
  const history = begun();
  history.remove(A, 3);
  // Nobody waits for a removal.
  await read(history, [[A, "1", 1], [B, "2", 2]]);
  await read(history, [[A], [B, "2", 2]]);
  await write(history, A, "4", 4);
  await read(history, [[A, "4", 4]]);
  history.remove(A, 5);
  await read(history, [[A], [B, "2", 2]]);
  equal(verdict(history), "");
});

Deno.test("judge: what has been seen to be removed does not come back", async () => {
  const history = begun();
  await read(history, [[A, "1", 1]]);
  history.remove(A, 3);
  await read(history, [[A]]);
  equal(verdict(history), "");
  await read(history, [[A, "1", 1]]);
  match(verdict(history), /Something older was read/);
  match(verdict(history), /Rule "order" is broken/);
});

Deno.test("judge: a document that is there is not absent", async () => {
  const history = begun();
  await read(history, [[A]]);
  match(verdict(history), /A document was lost/);
});

Deno.test("judge: an absent document and another of a later moment are seen", async () => {
  const history = begun();
  await read(history, [[B, "2", 2]]);
  history.remove(A, 3);
  await write(history, A, "4", 4);
  await write(history, B, "5", 5);
  await read(history, [[A], [B, "5", 5]]);
  match(verdict(history), /Documents of two moments/);
});

Deno.test("judge: a document that was acknowledged is not absent", async () => {
  const history = begun();
  history.remove(A, 3);
  await write(history, A, "4", 4);
  await read(history, [[A]]);
  match(verdict(history), /Something older was read/);
});

Deno.test("judge: what is heard of late stands where its version says", async () => {
  const history = begun();
  await read(history, [[A, "1", 1]]);
  history.remove(A, 4);
  history.commit([{ key: A, json: "3" }], [3]);
  await read(history, [[A]]);
  equal(history.committed.get(3)!.next, 4);
  equal(history.committed.get(4)!.next, Infinity);
  await read(history, [[A, "3", 3]]);
  match(verdict(history), /Something older was read/);
});
