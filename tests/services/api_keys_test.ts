/**
 * API keys: who is let in, when not any more, and what a lost database changes.
 *
 * @module
 */
import type { ApiKeyText } from "../../domain/api_key.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { LOOK_MS } from "../../src/services/api_keys.ts";
import {
  ANN,
  createWorld,
  idIn,
  pass,
  settle,
  WANTED,
} from "../support/api_key_world.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";

const SECRET = "s".repeat(32);

Deno.test("a key that was made is good at once, on the other instance too", async () => {
  const { open } = createWorld();
  await using one = open();
  await using other = open();
  const { key, text } = await one.create(WANTED, "root");
  match(text, /^hf_/);
  for (const keys of [one, other]) {
    const checked = await keys.check(text);
    ok(typeof checked !== "string");
    deepEqual(
      [checked.id, checked.user, checked.scopes, checked.ended.aborted],
      [key.id, ANN, ["read"], false],
    );
  }
  deepEqual(await other.list(), await one.list());
  equal((await one.list())[0]?.createdBy, "root");
});

Deno.test("a key that is known is checked without waiting, and asks nobody", async () => {
  const { open, asked } = createWorld();
  await using keys = open();
  const { key, text } = await keys.create(WANTED, "root");
  await keys.check(text);
  asked.length = 0;
  const checked = keys.check(text);
  ok(!(checked instanceof Promise));
  equal(idIn(checked), key.id);
  deepEqual(asked, []);
});

Deno.test("what is no key is refused without asking; others are looked for", async () => {
  const { open, asked } = createWorld();
  await using keys = open();
  const { text } = await keys.create(WANTED, "root");
  asked.length = 0;
  for (const other of ["", "x", "hf_", `${text}x`, text.slice(0, -1)]) {
    equal(keys.check(other), "unknown");
  }
  deepEqual(asked, []);
  const flipped = text.slice(0, -2) + (text.at(-2) === "A" ? "B" : "A") +
    text.at(-1);
  equal(await keys.check(flipped), "unknown");
  equal(await keys.check(text.replace(/^hf_./, "hf_0")), "unknown");
  deepEqual(asked, ["read", "read"]);
});

Deno.test("a flood of keys that nobody knows asks the store a few times", async () => {
  const { open, asked } = createWorld();
  await using keys = open();
  const { text } = await keys.create(WANTED, "root");
  asked.length = 0;
  const made = Array.from(
    { length: 500 },
    (_, n) => text.slice(0, -3) + `${n}`.padStart(3, "0"),
  );
  const found = await Promise.all(made.map((one) => keys.check(one)));
  deepEqual([...new Set(found)], ["unknown"]);
  ok(asked.length <= 2, `${asked.length}`);
});

Deno.test("a revoked key ends at once here, and with the next look elsewhere", async () => {
  const { open, clock } = createWorld();
  await using one = open();
  await using other = open();
  other.start();
  const { key, text } = await one.create(WANTED, "root");
  const [here, there] = [await one.check(text), await other.check(text)];
  ok(typeof here !== "string" && typeof there !== "string");
  await one.revoke(key.id, "root");
  equal(here.ended.aborted, true);
  equal(await one.check(text), "unknown");
  equal(there.ended.aborted, false);
  ok(LOOK_MS < 2500);
  await pass(clock, LOOK_MS);
  equal(there.ended.aborted, true);
  equal(await other.check(text), "unknown");
  await rejects(one.revoke(key.id, "root"), { code: "not_found" });
});

Deno.test("a change that is made counts, though the database goes just after it", async () => {
  const { open, world } = createWorld();
  await using keys = open();
  world.goesAfter = "add";
  const { key, text } = await keys.create(WANTED, "root");
  world.isAway = false;
  const granted = await keys.check(text);
  ok(typeof granted !== "string");
  world.goesAfter = "rotate";
  const { text: next } = await keys.rotate(key.id, 0, "root");
  equal(granted.ended.aborted, true);
  await rejects(async () => await keys.check(text), { code: "unavailable" });
  world.isAway = false;
  equal(idIn(await keys.check(next)), key.id);
  world.goesAfter = "remove";
  await keys.revoke(key.id, "root");
  await rejects(async () => await keys.check(next), { code: "unavailable" });
  world.isAway = false;
  equal(await keys.check(next), "unknown");
});

Deno.test("a key expires by itself, and its streams end", async () => {
  const { open, clock, world } = createWorld();
  await using keys = open();
  keys.start();
  const expiresAt = clock.now() + 10_000;
  const { text } = await keys.create({ ...WANTED, expiresAt }, "root");
  const granted = await keys.check(text);
  ok(typeof granted !== "string");
  await pass(clock, 9_999);
  ok(typeof keys.check(text) !== "string");
  equal(granted.ended.aborted, false);
  // The store need not be there for it.
  world.isAway = true;
  await pass(clock, 1 + LOOK_MS);
  equal(granted.ended.aborted, true);
  equal(await keys.check(text), "expired");
  world.isAway = false;
  equal(await keys.check(text), "expired");
});

Deno.test("a database that does not answer holds up no end of a key", async () => {
  const { open, clock, world } = createWorld();
  await using keys = open();
  keys.start();
  const expiresAt = clock.now() + 10_000;
  const { text } = await keys.create({ ...WANTED, expiresAt }, "root");
  const granted = await keys.check(text);
  ok(typeof granted !== "string");
  const held = Promise.withResolvers<void>();
  world.holds = held.promise;
  await pass(clock, 10_000 + LOOK_MS);
  equal(granted.ended.aborted, true);
  held.resolve();
});

Deno.test("a rotated key has one secret, or two for a while", async () => {
  const { open, clock } = createWorld();
  await using one = open();
  await using other = open();
  other.start();
  const { key, text: first } = await one.create(WANTED, "root");
  const begun = await other.check(first);
  ok(typeof begun !== "string");
  const { text: second } = await one.rotate(key.id, 60, "root");
  for (const keys of [one, other]) {
    equal(idIn(await keys.check(second)), key.id);
    equal(idIn(await keys.check(first)), key.id);
  }
  const { text: third, key: shown } = await one.rotate(key.id, 60, "root");
  equal(shown.formerUntil, clock.now() + 60_000);
  equal(await one.check(first), "unknown");
  await pass(clock, LOOK_MS);
  equal(begun.ended.aborted, true);
  equal(await other.check(first), "unknown");
  const graced = await other.check(second);
  ok(typeof graced !== "string");
  await pass(clock, 60_000);
  equal(graced.ended.aborted, true);
  equal(await other.check(second), "expired");
  equal(idIn(await other.check(third)), key.id);

  const { text: fourth } = await one.rotate(key.id, 0, "root");
  equal(await one.check(third), "unknown");
  equal(idIn(await other.check(fourth)), key.id);
  await rejects(one.rotate("zzzzzzzzzzzz" as typeof key.id, 0, "root"), {
    code: "not_found",
  });
});

Deno.test("without the database known keys go on, and others are not called bad", async () => {
  const { open, world, clock, lines } = createWorld();
  await using one = open();
  await using other = open();
  one.start();
  const { key, text } = await one.create(WANTED, "root");
  const { text: unseen } = await other.create(WANTED, "root");
  await one.check(text);
  world.isAway = true;
  await pass(clock, 3_600_000);
  equal(idIn(await one.check(text)), key.id);
  await rejects(async () => await one.check(unseen), { code: "unavailable" });
  world.isAway = false;
  equal(idIn(await one.check(unseen)).length, 12);
  await pass(clock, LOOK_MS);
  const told = lines.filter((line) => line.includes("up to date"));
  deepEqual(told.map((line) => line.split(" {")[0]), [
    "warn API keys cannot be brought up to date",
    "info API keys are up to date again",
  ]);
});

Deno.test("the first of all keys is told once, to one of all instances", async () => {
  const { open } = createWorld();
  await using one = open();
  await using other = open();
  const told: ApiKeyText[] = [];
  const tell = (text: ApiKeyText) => void told.push(text);
  await Promise.all([one.begin(tell), other.begin(tell)]);
  equal(told.length, 1);
  for (const keys of [one, other]) {
    const checked = await keys.check(told[0]!);
    ok(typeof checked !== "string");
    deepEqual(checked.scopes, ["read", "write", "trade", "admin"]);
    equal(checked.user, undefined);
  }
  await using third = open();
  await third.begin(tell);
  equal(told.length, 1);
});

Deno.test("a database that is away at the start is waited for", async () => {
  const { open, world, clock } = createWorld();
  await using keys = open();
  const told: string[] = [];
  world.isAway = true;
  await keys.begin((text) => void told.push(text));
  keys.start();
  await pass(clock, 10_000);
  deepEqual(told, []);
  world.isAway = false;
  await pass(clock, LOOK_MS);
  equal(told.length, 1);
  await keys.revoke((await keys.list())[0]!.id, "root");
  await pass(clock, 120_000);
  equal(told.length, 1, "a first key is made at the start only");
});

for (const fault of ["is lost", "goes lost once it is there"]) {
  Deno.test(`a first key that ${fault} is made, or told, all the same`, async () => {
    const { open, world, clock, state } = createWorld();
    await using keys = open();
    const told: string[] = [];
    if (fault === "is lost") world.refuses = "add";
    else world.loses = "add";
    await keys.begin((text) => void told.push(text));
    deepEqual(told, []);
    world.isAway = false;
    keys.start();
    await pass(clock, LOOK_MS);
    equal(told.length, 1);
    equal(state.keys.size, 1);
    ok(typeof await keys.check(told[0]!) !== "string");
  });
}

Deno.test("what was read before a key was revoked does not bring it back", async () => {
  const { open, world, clock } = createWorld();
  await using keys = open();
  const { key, text } = await keys.create(WANTED, "root");
  await keys.check(text);
  keys.start();
  const held = Promise.withResolvers<void>();
  world.holds = held.promise;
  // Another key makes the next look read all of them.
  const other = keys.create(WANTED, "root");
  await pass(clock, LOOK_MS);
  world.goesAfter = "remove";
  const revoked = keys.revoke(key.id, "root");
  await settle();
  held.resolve();
  await Promise.all([other, revoked]);
  await rejects(async () => await keys.check(text), { code: "unavailable" });
});

Deno.test("the secret of the service is its own, or what AUTH_SECRET says", async () => {
  const { open, state } = createWorld();
  await using kept = open();
  await using given = open({ secret: SECRET });
  await using same = open({ secret: SECRET });
  const { text } = await kept.create(WANTED, "root");
  equal(await given.check(text), "unknown");
  const { text: hashed } = await given.create(WANTED, "root");
  equal(idIn(await same.check(hashed)).length, 12);
  equal(await kept.check(hashed), "unknown");
  ok(state.pepper!.length >= 32);
});

Deno.test("no secret is kept, listed or logged", async () => {
  const { open, state, lines } = createWorld();
  await using keys = open();
  const told: string[] = [];
  await keys.begin((text) => void told.push(text));
  const { key, text } = await keys.create(WANTED, "root");
  const { text: next } = await keys.rotate(key.id, 60, "root");
  await keys.revoke(key.id, "root");
  const kept = JSON.stringify([...state.keys.values(), await keys.list()]);
  for (const one of [...told, text, next]) {
    const secret = one.slice(16);
    ok(secret.length === 43);
    ok(!kept.includes(secret) && !lines.join("\n").includes(secret));
  }
  ok(!JSON.stringify(await keys.list()).includes("hash"));
  match(
    lines.join("\n"),
    /API key made \{"key_id":"\w{12}","actor":"root"\}[^]*rotated[^]*revoked/,
  );
});

Deno.test("uses are noted at most once a minute a key, in nobody's way", async () => {
  const { open, clock, asked, world } = createWorld();
  await using keys = open();
  keys.start();
  const { text } = await keys.create(WANTED, "root");
  const usedAt = clock.now();
  for (let i = 0; i < 5; i++) await keys.check(text);
  equal((await keys.list())[0]?.lastUsedAt, undefined);
  await pass(clock, LOOK_MS);
  equal((await keys.list())[0]?.lastUsedAt, usedAt);
  for (let i = 0; i < 58; i++) {
    await pass(clock, 1000);
    await keys.check(text);
  }
  await settle();
  equal(asked.filter((name) => name === "touch").length, 1);
  await pass(clock, 1000);
  await keys.check(text);
  const again = clock.now();
  await pass(clock, LOOK_MS);
  equal((await keys.list())[0]?.lastUsedAt, again);
  // A store that is away costs the caller nothing.
  world.isAway = true;
  await pass(clock, 60_000);
  ok(typeof keys.check(text) !== "string");
});

Deno.test("all keys of a user end together, and nobody else's", async () => {
  const { open } = createWorld();
  await using keys = open();
  const mine = [await keys.create(WANTED, "r"), await keys.create(WANTED, "r")];
  const bob = { ...WANTED, user: parseUserId("bob") };
  const { text: his } = await keys.create(bob, "r");
  equal(await keys.revokeAllOf(ANN, "root"), 2);
  for (const { text } of mine) equal(await keys.check(text), "unknown");
  ok(typeof await keys.check(his) !== "string");
  equal(await keys.revokeAllOf(ANN, "root"), 0);
});

Deno.test("keys that somebody changes by hand are taken over", async () => {
  const { open, state, clock } = createWorld();
  await using keys = open();
  keys.start();
  const { key, text } = await keys.create(WANTED, "root");
  const before = await keys.check(text);
  ok(typeof before !== "string");
  state.keys.set(key.id, {
    ...state.keys.get(key.id)!,
    scopes: ["admin"],
  });
  // Nothing says that it has changed: all are read now and then all the same.
  await pass(clock, 60_000 + LOOK_MS);
  equal(before.ended.aborted, true);
  const after = await keys.check(text);
  ok(typeof after !== "string" && after.scopes.includes("trade"));
});
