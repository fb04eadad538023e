/**
 * The judge of events lets right histories pass, and finds each kind of wrong.
 *
 * @module
 */
import { deepEqual } from "../support/assert.ts";
import {
  type Delivery,
  type Handling,
  judgeGroup,
  judgeLog,
  judgeStream,
  judgeSubscription,
  type Publication,
  type Row,
} from "./model.ts";

const CHANNEL = "setup.received";
const OTHER = "signal.triggered";

const published: readonly Publication[] = [
  acknowledged("a", CHANNEL, 1),
  acknowledged("b", OTHER, 2),
  acknowledged("c", CHANNEL, 3),
  { id: "d", channel: CHANNEL, key: "l", sentAt: 0, outcome: "unknown" },
  { id: "e", channel: CHANNEL, key: "l", sentAt: 0, outcome: "refused" },
];

function acknowledged(
  id: string,
  channel: string,
  position: number,
): Publication {
  const outcome = "acknowledged";
  return { id, channel, key: "k", sentAt: 0, outcome, position };
}

const rowOf = (id: string, position: number, more: Partial<Row> = {}): Row => ({
  id,
  position,
  channel: CHANNEL,
  key: "k",
  cause: undefined,
  ...more,
});

function deliveriesOf(text: string, life = 0): Delivery[] {
  return text.split(" ").filter(Boolean).map((one) => {
    const [id, position] = one.split("@") as [string, string];
    const [channel, instance] = [CHANNEL, "ann"];
    return { id, position: Number(position), channel, life, at: 0, instance };
  });
}

function rulesOf(text: string, after = "", channels?: string[]): string[] {
  const deliveries = [...deliveriesOf(text), ...deliveriesOf(after, 1)];
  const name = "sub";
  const subscription = channels
    ? { name, after: 0, channels, deliveries }
    : { name, after: 0, deliveries };
  return judgeSubscription(subscription, published).map(({ rule }) => rule);
}

Deno.test("event judge: a subscription has everything once, in order, at its place", () => {
  deepEqual(rulesOf("a@1 b@2 c@3"), []);
  deepEqual(rulesOf("a@1 b@2 c@3 d@4"), []);
  deepEqual(rulesOf("a@1 c@3", "", [CHANNEL]), []);
  deepEqual(rulesOf("a@1 b@2", "a@1 b@2 c@3"), []);
  deepEqual(rulesOf("a@1 b@2"), ["lost"]);
  deepEqual(rulesOf("a@1 c@3"), ["lost", "lost"]);
  deepEqual(rulesOf("b@2 a@1 c@3", "", [CHANNEL]), ["out of order"]);
  deepEqual(rulesOf("a@1 b@2 b@2 c@3"), ["repeated"]);
  deepEqual(rulesOf("a@1 c@3 x@2", "", [CHANNEL]), ["out of order"]);
  deepEqual(rulesOf("a@1 b@2 x@3 c@4"), ["misplaced"]);
  deepEqual(rulesOf("a@1 b@2 c@3 e@4"), ["refused and kept"]);
});

Deno.test("event judge: what a fault has taken from the database may be missing", () => {
  const subscription = {
    name: "sub",
    after: 0,
    deliveries: deliveriesOf("a@1"),
  };
  const forgotten = new Set(["b", "c"]);
  deepEqual(judgeSubscription(subscription, published, forgotten), []);
});

Deno.test("event judge: the log is dense and holds what was told", () => {
  const judged = (...rows: Row[]) =>
    judgeLog(rows, published).map(({ rule }) => rule);
  const whole = [rowOf("a", 1), rowOf("b", 2), rowOf("c", 3)];
  deepEqual(judged(...whole), []);
  deepEqual(judged(...whole, rowOf("d", 4)), []);
  deepEqual(judged(...whole, rowOf("d", 5)), ["lost"]);
  deepEqual(judged(...whole, rowOf("e", 4)), ["refused and kept"]);
  deepEqual(judged(whole[0]!, whole[1]!, rowOf("x", 3)), ["lost"]);
  deepEqual(judged(...whole.slice(0, 2), rowOf("x", 3), rowOf("c", 4)), [
    "misplaced",
  ]);
});

Deno.test("event judge: a group handles all, in the order of a key, with one effect", () => {
  const rows = [rowOf("a", 1), rowOf("c", 2), rowOf("f", 3, { key: "l" })];
  const effect = (cause: string, position: number) =>
    rowOf(`of ${cause}`, position, { channel: "effects", cause });
  const effects = [effect("a", 4), effect("c", 5), effect("f", 6)];
  const handled = (
    id: string,
    takenAt: number,
    ackedAt?: number,
    outcome: Handling["outcome"] = "acknowledged",
  ): Handling => ({
    id,
    position: 0,
    key: "k",
    takenAt,
    ...ackedAt !== undefined && { ackedAt, outcome },
  });
  const judged = (handlings: Handling[], more = effects) =>
    judgeGroup(
      { name: "g", channels: [CHANNEL], effects: "effects", handlings },
      [...rows, ...more],
    ).map(({ rule }) => rule);
  const right = [handled("a", 1, 2), handled("c", 3, 4), handled("f", 1, 2)];
  deepEqual(judged(right), []);
  deepEqual(judged([handled("a", 0), ...right]), [], "one member died");
  deepEqual(judged([handled("a", 1, 2, "unknown"), ...right.slice(1)]), []);
  deepEqual(judged(right.slice(0, 2)), ["lost"]);
  deepEqual(judged([handled("a", 1, 2, "refused"), ...right.slice(1)]), [
    "lost",
  ]);
  deepEqual(judged([...right, handled("f", 5, 6)]), ["settled twice"]);
  deepEqual(judged([right[0]!, handled("c", 1, 4), right[2]!]), [
    "out of order",
  ]);
  deepEqual(judged(right, effects.slice(1)), ["effects"]);
  deepEqual(judged(right, [...effects, effect("a", 7)]), ["effects"]);
});

Deno.test("event judge: the stream is the end of the log", () => {
  const rows = [1, 2, 3, 4].map((position) => rowOf(`e${position}`, position));
  const log = { epoch: "e", rows };
  const judged = (
    position: number,
    positions: number[],
    torn: number[] = [],
    epoch = "e",
  ) => {
    const checkpoint = { epoch, position };
    const entries = positions.map((position) => ({
      position,
      id: `e${position}`,
    }));
    return judgeStream({ checkpoint, entries }, log, new Set(torn)).length;
  };
  deepEqual(judged(4, [2, 3, 4]), 0);
  deepEqual(judged(4, []), 0);
  deepEqual(judged(4, [2, 4]), 1);
  deepEqual(judged(4, [2, 4], [3]), 0);
  deepEqual(judged(4, [2, 3]), 1);
  deepEqual(judged(3, [2, 3, 4]), 1);
  deepEqual(judged(4, [2, 3, 4], [], "f"), 1);
  const checkpoint = { epoch: "e", position: 4 };
  const other = { checkpoint, entries: [{ position: 4, id: "x" }] };
  deepEqual(judgeStream(other, log).length, 1);
  deepEqual(judgeStream({ ...other, checkpoint: undefined }, log), []);
});
