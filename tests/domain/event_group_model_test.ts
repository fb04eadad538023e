/**
 * Groups under every interleaving of members, crashes and expiries, held
 * against a plain model of what was delivered and settled.
 *
 * @module
 */
import fc from "fast-check";
import { pause, resume, seek } from "../../domain/event_group/control.ts";
import {
  createGroup,
  type GroupState,
  type LetterFacts,
  type PoisonPolicy,
  type Step,
} from "../../domain/event_group/group.ts";
import { discard, redrive } from "../../domain/event_group/redrive.ts";
import { extend, settle } from "../../domain/event_group/settle.ts";
import { expire, take } from "../../domain/event_group/take.ts";
import { DEFAULT_POLICY } from "../../domain/event_group/policy.ts";
import { equal, ok } from "../support/assert.ts";

const LEASE_MS = 1000;
const MAX_IN_FLIGHT = 6;
const KEYS = ["a", "b", "c", undefined];

interface Held {
  readonly position: number;
  readonly key: string | undefined;
  readonly token: string;
  /** From the log, or from the dead letters. */
  readonly round: number;
}

/** A group, all that has become of its events, and its members' deliveries. */
function openModel(
  onPoison: PoisonPolicy,
  maxAttempts: number,
  keys: readonly (string | undefined)[],
) {
  let state: GroupState = createGroup({
    name: "g",
    incarnation: "i",
    policy: {
      ...DEFAULT_POLICY,
      onPoison,
      maxAttempts,
      leaseMs: LEASE_MS,
      maxInFlight: MAX_IN_FLIGHT,
      backoff: { firstMs: 100, factor: 2, maxMs: 500 },
    },
    epoch: "e",
    position: 0,
  });
  let now = 0;
  let checkpoint = 0;
  const log = keys.map((key, i) => ({ position: i + 1, key }));
  const letters = new Map<number, LetterFacts>();
  /** Deliveries that members believe to have, valid or not. */
  const held: Held[] = [];
  /** The newest token of each event that is out. */
  const valid = new Map<number, string>();
  const settledBy = new Map<number, number>();
  /** Dead letters on their way again need not come in the order of a second pass. */
  let hasSought = false;
  /** Dead letters that were on their way again when they were settled. */
  let redeemed = 0;

  function apply(step: Step): void {
    state = { ...step.state, version: step.state.version + 1 };
    for (const position of step.gone) {
      if (letters.get(position)?.status === "redriven") redeemed++;
      letters.delete(position);
    }
    for (const one of step.letters) letters.set(one.position, one);
    ok(state.checkpoint >= checkpoint, "the checkpoint went back");
    checkpoint = state.checkpoint;
    check();
  }

  function check(): void {
    const taken = state.entries.filter((one) => one.state === "taken");
    ok(taken.length <= MAX_IN_FLIGHT, "too many are out");
    const keysOut = taken.flatMap(({ key }) => key ?? []);
    equal(new Set(keysOut).size, keysOut.length, "two of a key are out");
    const places = state.entries.map(({ position }) => position);
    ok(places.every((at, i) => i === 0 || places[i - 1]! < at), "not sorted");
    for (let at = 1; at <= state.cursor; at++) {
      const isOut = state.entries.some((one) =>
        one.position === at && one.state !== "parked"
      );
      const known = [settledBy.has(at), letters.has(at), isOut];
      ok(known.some(Boolean), `position ${at} is lost`);
      const isRedriven = letters.get(at)?.status === "redriven";
      ok(isRedriven || !(letters.has(at) && isOut), "both dead and out");
      if (at <= state.checkpoint) {
        ok(settledBy.has(at) || letters.has(at), `${at} is not settled`);
      }
    }
  }

  /** In the log's order of a key, everything before `position` is done. */
  function checkOrder(
    position: number,
    key: string | undefined,
    looked: number,
  ): void {
    if (key === undefined) return;
    for (const one of log) {
      if (one.key !== key || one.position >= position) continue;
      const isYetToCome = hasSought && letters.has(position) &&
        one.position > looked;
      if (isYetToCome) continue;
      const letter = letters.get(one.position);
      const isDone = settledBy.has(one.position) ||
        (onPoison === "park" && letter !== undefined);
      ok(isDone, `${position} came before ${one.position} of its key`);
    }
  }

  return {
    letters,
    held,
    settledBy,
    state: () => state,
    redeemed: () => redeemed,
    elapse: (ms: number) => void (now += ms),
    take(member: string, limit: number, page: number) {
      const { cursor } = state;
      const events = log.filter(({ position }) => position > cursor)
        .slice(0, page);
      const scannedTo = events.at(-1)?.position ?? state.cursor;
      const { deliveries, ...step } = take(state, {
        member,
        limit,
        now,
        stretch: { events, scannedTo },
      });
      ok(deliveries.length <= limit);
      apply(step);
      for (const { position, key, token, attempts } of deliveries) {
        ok(!settledBy.has(position), `${position} came again`);
        // A group that has halted and is resumed tries once more.
        ok(onPoison === "halt" || attempts <= maxAttempts, "too many attempts");
        checkOrder(position, key, cursor);
        const round = letters.has(position) ? 1 : 0;
        held.push({ position, key, token: token!, round });
        valid.set(position, token!);
      }
      return deliveries.length;
    },
    /** Settles one of the deliveries that a member believes to have. */
    settle(which: number, isGood: boolean) {
      // Those of late are valid for the most part, those of old are not.
      const one = held.at(-1 - which % Math.max(1, held.length));
      if (!one) return;
      const done = settle(
        state,
        {
          acks: isGood ? [one] : [],
          nacks: isGood ? [] : [{ ...one, error: "no" }],
        },
        now,
        () => 0.5,
      );
      const isValid = state.entries.some((entry) =>
        entry.position === one.position && entry.state === "taken" &&
        valid.get(one.position) === one.token
      );
      equal(
        "step" in done,
        isValid,
        "an old token was taken, or a good one not",
      );
      if (!("step" in done)) return;
      valid.delete(one.position);
      if (isGood) {
        const times = (settledBy.get(one.position) ?? 0) + 1;
        equal(times, 1, `${one.position} was settled twice`);
        // What is to be read again is to be settled again.
        if (one.position <= state.cursor) settledBy.set(one.position, times);
      }
      apply(done.step);
    },
    extend(which: number) {
      const one = held.at(-1 - which % Math.max(1, held.length));
      if (!one) return;
      const done = extend(state, [one], now);
      if ("step" in done) apply(done.step);
    },
    expire() {
      apply(expire(state, now));
    },
    redriveAll() {
      const all = [...letters.values()].sort((a, b) => a.position - b.position);
      apply(redrive(state, all, now));
    },
    discardFirst() {
      const [first] = [...letters.values()]
        .sort((a, b) => a.position - b.position);
      if (!first) return;
      const behind = [...letters.values()].filter((one) =>
        one.key === first.key && first.key !== undefined &&
        one.position > first.position && one.status === "behind"
      ).sort((a, b) => a.position - b.position);
      const step = discard(state, [first.position], [first, ...behind], now);
      if (!step) return;
      if (first.position <= state.cursor) settledBy.set(first.position, 1);
      valid.delete(first.position);
      apply(step);
    },
    seek(position: number) {
      hasSought = true;
      const to = Math.min(position, state.checkpoint);
      for (const at of settledBy.keys()) if (at > to) settledBy.delete(at);
      checkpoint = 0;
      apply(seek(state, to, "e", [...letters.values()]));
      for (const entry of state.entries) {
        if (entry.state !== "parked") continue;
        ok(entry.behindTo <= Math.max(state.cursor, entry.position));
      }
    },
    resume() {
      apply(resume(pause(state).state)!);
    },
  };
}

type Model = ReturnType<typeof openModel>;

const command = fc.oneof(
  fc.record({ take: fc.nat(5), limit: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ take: fc.nat(5), limit: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ settle: fc.nat(4), good: fc.constant(false) }),
  fc.record({ settle: fc.nat(20), good: fc.boolean() }),
  fc.record({ settle: fc.nat(6), good: fc.constant(true) }),
  fc.record({ elapse: fc.constantFrom(50, 300, LEASE_MS) }),
  fc.record({
    other: fc.constantFrom("expire", "redrive", "discard", "resume"),
  }),
  fc.record({ extend: fc.nat(10) }),
);

function follow(
  model: Model,
  one: typeof command extends fc.Arbitrary<infer C> ? C : never,
) {
  if ("take" in one) model.take(`m${one.take}`, one.limit, one.take + 1);
  else if ("settle" in one) model.settle(one.settle, one.good);
  else if ("elapse" in one) model.elapse(one.elapse);
  else if ("extend" in one) model.extend(one.extend);
  else if (one.other === "expire") model.expire();
  else if (one.other === "redrive") model.redriveAll();
  else if (one.other === "discard") model.discardFirst();
  else model.resume();
}

/** Has good members handle all that is left. */
function finish(model: Model, count: number): void {
  for (let i = 0; i < 60 * (count + 1); i++) {
    if (model.settledBy.size === count) return;
    model.resume();
    model.elapse(LEASE_MS);
    model.redriveAll();
    model.take("good", 4, 10);
    for (let j = model.held.length; j-- > 0;) model.settle(j, true);
  }
}

for (const onPoison of ["park", "park-key", "halt"] as const) {
  Deno.test(`event group: whatever happens, every event is settled once in the order of its key (${onPoison})`, () => {
    let redeemed = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 14 }),
        fc.array(command, { minLength: 40, maxLength: 160 }),
        (maxAttempts, keys, commands) => {
          const model = openModel(onPoison, maxAttempts, keys);
          for (const one of commands) follow(model, one);
          finish(model, keys.length);
          equal(model.settledBy.size, keys.length, "some are never settled");
          equal(model.letters.size, 0);
          equal(model.state().checkpoint, keys.length);
          equal(model.state().entries.length, 0);
          redeemed += model.redeemed();
        },
      ),
      { numRuns: 400, seed: 11 },
    );
    ok(onPoison === "halt" || redeemed > 400, `only ${redeemed} were redriven`);
  });
}

Deno.test("event group: a seek passes over nothing, whatever waits or was given up", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 }),
      fc.array(fc.constantFrom("a", "b"), { minLength: 2, maxLength: 12 }),
      fc.array(
        fc.oneof(
          { arbitrary: command, weight: 8 },
          { arbitrary: fc.record({ seek: fc.nat(12) }), weight: 1 },
        ),
        { minLength: 40, maxLength: 120 },
      ),
      (maxAttempts, keys, commands) => {
        const model = openModel("park-key", maxAttempts, keys);
        for (const one of commands) {
          if ("seek" in one) model.seek(one.seek);
          else follow(model, one);
        }
        finish(model, keys.length);
        equal(model.settledBy.size, keys.length, "some are never settled");
        equal(model.letters.size, 0);
        equal(model.state().entries.length, 0);
      },
    ),
    { numRuns: 400, seed: 11 },
  );
});

Deno.test("event group: a seek fences what is out and begins where it says", () => {
  const model = openModel("park-key", 3, ["a", "a", "b"]);
  model.take("m", 4, 3);
  equal(model.held.length, 2);
  const after = seek(model.state(), 1, "e2").state;
  equal(after.entries.length, 0);
  equal([after.cursor, after.checkpoint].join(), "1,1");
  ok("fenced" in settle(after, { acks: model.held, nacks: [] }, 0, () => 0));
});
