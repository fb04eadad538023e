/**
 * The bounds of groups, and what stands at their edges.
 *
 * @module
 */
import { changeOf, isWorthWriting } from "../../domain/event_group/change.ts";
import {
  hasLostPlace,
  resume,
  seek,
} from "../../domain/event_group/control.ts";
import {
  createGroup,
  type GroupPolicy,
  type GroupState,
  type LetterFacts,
  MAX_BEHIND,
  MAX_REDRIVEN,
  MAX_WAITING,
  type Step,
} from "../../domain/event_group/group.ts";
import {
  backoffMs,
  checkPolicy,
  DEFAULT_POLICY,
} from "../../domain/event_group/policy.ts";
import { bury } from "../../domain/event_group/poison.ts";
import { discard, redrive } from "../../domain/event_group/redrive.ts";
import { settle } from "../../domain/event_group/settle.ts";
import { mayScan, nextDue, take } from "../../domain/event_group/take.ts";
import { deepEqual, equal, ok, throws } from "../support/assert.ts";

function begin(policy: Partial<GroupPolicy> = {}): GroupState {
  return createGroup({
    name: "g",
    incarnation: "i",
    policy: { ...DEFAULT_POLICY, ...policy },
    epoch: "e",
    position: 0,
  });
}

/** Events of `key` at `count` positions above `after`. */
function stretch(after: number, count: number, key?: string) {
  const events = Array.from(
    { length: count },
    (_, i) => ({ position: after + i + 1, key }),
  );
  return { events, scannedTo: after + count };
}

const asked = { member: "m", limit: 1000, now: 0 };

/** What follows when the only delivery that is out fails. */
function failOne(state: GroupState): Step {
  const { position, token } = state.entries.find((one) => one.token)!;
  const nacks = [{ position, token: token!, error: "no" }];
  const done = settle(state, { acks: [], nacks }, 0, () => 0);
  ok("step" in done);
  return done.step;
}

/** A group whose key `k` is parked at position 1, and its dead letters. */
function parked(behind: number) {
  const first = take(begin({ maxAttempts: 1, onPoison: "park-key" }), {
    ...asked,
    stretch: stretch(0, 1, "k"),
  });
  const dead = failOne(first.state);
  const next = take(dead.state, { ...asked, stretch: stretch(1, behind, "k") });
  return { state: next.state, letters: [...dead.letters, ...next.letters] };
}

Deno.test("event group: what waits behind a dead letter is bounded: then the group halts", () => {
  const { state, letters } = parked(MAX_BEHIND + 1);
  equal(letters.length, 1 + MAX_BEHIND);
  deepEqual([state.halted?.code, state.halted?.position], ["parked_full", 1]);
  equal(state.cursor, MAX_BEHIND + 1);
  deepEqual(take(state, asked).deliveries, []);
  const sent = redrive(state, letters, 0);
  equal(sent.moved.length, 1 + MAX_BEHIND);
  const { deliveries } = take(resume(sent.state)!.state, asked);
  deepEqual(deliveries.map(({ position }) => position), [1]);
});

Deno.test("event group: the letters of a parked key go together or not at all", () => {
  const { state, letters } = parked(10);
  const others: LetterFacts[] = Array.from(
    { length: MAX_REDRIVEN - 5 },
    (_, i) => ({ ...letters[0]!, position: 1000 + i, key: undefined }),
  );
  const busy = redrive(state, others, 0);
  deepEqual(busy.left, []);
  const { moved, left, state: after } = redrive(busy.state, letters, 0);
  deepEqual([moved, left], [[], letters.map(({ position }) => position)]);
  ok(after.entries.some((one) => one.state === "parked"));
  equal(discard(busy.state, [1], letters, 0), undefined);
});

Deno.test("event group: a seek back does not count again what waits behind a dead letter", () => {
  const { state, letters } = parked(3);
  for (const to of [0, 1, 2, 4]) {
    const back = seek(state, to, "e", letters).state;
    const again = take(back, { ...asked, stretch: stretch(to, 6 - to, "k") });
    deepEqual(again.deliveries, []);
    const read = [2, 3, 4, 5, 6].filter((position) => position > to);
    deepEqual(again.letters.map(({ position }) => position), read);
    deepEqual(again.state.entries.map(({ behind }) => behind), [5]);
    equal(again.state.checkpoint, 6);
  }
});

Deno.test("event group: a seek back passes over nothing that was given up behind a dead letter", () => {
  const { state, letters } = parked(3);
  const left = discard(state, [3], [letters[2]!], 0)!.state;
  const others = letters.filter(({ position }) => position !== 3);
  const back = seek(left, 0, "e", others).state;
  const early = discard(back, [4], [letters[3]!], 0)!.state;
  deepEqual(early.entries.map(({ behind }) => behind), [0]);
  const again = take(early, { ...asked, stretch: stretch(0, 4, "k") });
  deepEqual(again.letters.map(({ position }) => position), [2, 3, 4]);
  deepEqual(again.state.entries.map(({ behind }) => behind), [3]);
});

Deno.test("event group: a dead letter that is set aside again hides nothing that is read again", () => {
  const { state, letters } = parked(3);
  const sent = redrive(state, letters, 0).state;
  const back = seek(sent, 0, "e").state;
  const { deliveries, ...out } = take(back, asked);
  deepEqual(deliveries.map(({ position }) => position), [1]);
  const dead = failOne(out.state);
  equal(dead.letters.length, 4);
  const again = take(dead.state, { ...asked, stretch: stretch(0, 6, "k") });
  deepEqual(again.letters.map(({ position }) => position), [2, 3, 4, 5, 6]);
  deepEqual(again.state.entries.map(({ behind }) => behind), [5]);
});

Deno.test("event group: giving up the redriven dead letter that stopped a group leaves no letter behind", () => {
  const { state, letters } = parked(0);
  const policy = { ...state.policy, onPoison: "halt" } as const;
  const sent = redrive({ ...state, policy }, letters, 0).state;
  const halted = failOne(take(sent, asked).state);
  equal(halted.state.halted?.position, 1);
  const done = discard(halted.state, [1], [], 0)!;
  deepEqual([done.gone, done.state.entries], [[1], []]);
  equal(done.state.halted, undefined);
});

Deno.test("event group: giving up one that waits leaves the others waiting", () => {
  const { state, letters } = parked(3);
  const step = discard(state, [3], [letters[2]!], 0)!;
  deepEqual(step.gone, [3]);
  deepEqual(step.letters, []);
  deepEqual(step.state.entries.map(({ behind }) => behind), [2]);
  deepEqual(take(step.state, asked).deliveries, []);
});

Deno.test("event group: one key holds a bounded number, also on their way again", () => {
  const { state, letters } = parked(MAX_BEHIND - 1);
  const sent = redrive(state, letters, 0).state;
  const page = stretch(MAX_BEHIND, 10, "k");
  const next = take(sent, { ...asked, stretch: page }).state;
  equal(next.cursor, MAX_BEHIND);
  ok(next.entries.length <= MAX_BEHIND);
});

Deno.test("event group: when the window is full nothing more is looked at", () => {
  const first = take(begin(), { ...asked, stretch: stretch(0, 5000, "k") });
  equal(first.deliveries.length, 1);
  ok(first.state.entries.length <= MAX_WAITING + 1);
  const keys = Array.from({ length: 2 * MAX_WAITING }, (_, i) => ({
    position: i + 1,
    key: `k${i % 10}`,
  }));
  const many = take(begin(), {
    ...asked,
    stretch: { events: keys, scannedTo: keys.length },
  });
  equal(many.deliveries.length, 10);
  equal(many.state.cursor, MAX_WAITING + 10);
  equal(mayScan(many.state), false);
});

Deno.test("event group: two events of a key are never out, also when one was dead", () => {
  const one = take(begin({ maxAttempts: 1 }), {
    ...asked,
    stretch: stretch(0, 1, "k"),
  });
  const dead = failOne(one.state);
  const next = take(dead.state, { ...asked, stretch: stretch(1, 1, "k") });
  equal(next.deliveries.length, 1);
  const sent = redrive(next.state, dead.letters, 0).state;
  deepEqual(take(sent, asked).deliveries, []);
});

Deno.test("event group: waits grow, less a random part of up to one half", () => {
  const backoff = { firstMs: 100, factor: 3, maxMs: 1000 };
  deepEqual(
    [1, 2, 3, 4, 400].map((n) => backoffMs(backoff, n, 0)),
    [100, 300, 900, 1000, 1000],
  );
  equal(backoffMs(backoff, 2, 0.999), 150);
});

Deno.test("event group: what is due next is told, and only what matters is written", () => {
  const state = begin({ leaseMs: 500 });
  equal(nextDue(state), Infinity);
  const one = take(state, { ...asked, now: 7, stretch: stretch(0, 1) });
  equal(nextDue(one.state), 507);
  const quiet = take(state, {
    ...asked,
    stretch: { events: [], scannedTo: 9 },
  });
  equal(isWorthWriting(state, changeOf(state, quiet)), false);
  equal(isWorthWriting(state, changeOf(state, one)), true);
  equal(quiet.state.checkpoint, 9);
});

Deno.test("event group: a group that has lost its place only goes on by a seek", () => {
  for (const code of ["epoch_changed", "expired"] as const) {
    const halted = { code, reason: "r", position: 1, epoch: undefined };
    ok(hasLostPlace(halted));
    equal(resume({ ...begin(), halted }), undefined);
    equal(seek({ ...begin(), halted }, 4, "f").state.halted, undefined);
  }
});

Deno.test("event group: every fault of a policy is told", () => {
  const policy = { ...DEFAULT_POLICY, maxAttempts: 0, leaseMs: NaN };
  throws(() => checkPolicy(policy), {
    name: "InvalidInput",
    message: /maxAttempts must be from 1 to 1000.*; leaseMs/,
  });
});

Deno.test("what is buried counts as no delivery, and what is not out is passed over", () => {
  const events = [{ position: 1 }, { position: 2 }];
  const stretch = { events, scannedTo: 2 };
  const { state } = take(begin(), { member: "m", limit: 1, now: 5, stretch });
  const error = "it is unreadable";
  const faults = [1, 2, 3].map((position) => ({ position, error }));
  const buried = bury(state, faults, 6);
  deepEqual(buried.letters, [
    { position: 1, key: undefined, status: "dead", attempts: 0, error, at: 6 },
  ]);
  deepEqual([buried.state.entries, buried.state.checkpoint], [[], 1]);
});
