/**
 * What a schedule may not show, whatever happened in it.
 *
 * @module
 */
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import type { Operation as Call } from "../support/history.ts";
import { judge as judgeRegisters } from "../support/linearizable.ts";
import {
  type Committed,
  type History,
  type Operation,
  tell,
} from "./history.ts";

/**
 * Finds what breaks the promise of the settings; one sentence each.
 *
 * @param final What is stored in the end.
 */
export function judge(
  history: History,
  final: ReadonlyMap<SettingsKey, SettingsDocument>,
): string[] {
  const { operations } = history;
  const reads = operations.filter(isRead);
  const { faults, places } = judgeOrder(history);
  const held = new Map(
    [...final].map((
      [key, { json, version }],
    ) => [key, { value: json, version }]),
  );
  for (const one of history.committed.values()) {
    const isGone = one.json === undefined && one.next === Infinity;
    if (isGone && !held.has(one.key)) held.set(one.key, valueOf(one));
  }
  return [
    ...history.mistakes,
    ...judgeRegisters(callsOf(history, places), held)
      .map(({ rule, message }) => `Rule "${rule}" is broken: ${message}`),
    ...reads.flatMap((read) => judgeValues(read, history)),
    ...operations.filter(({ kind }) => kind === "write")
      .flatMap((write) => judgeWrite(write, history)),
    ...faults,
  ];
}

/** Where each operation stands. */
type Places = ReadonlyMap<Operation, number>;

/** What a register holds; removing a document writes that it is gone. */
function valueOf({ json, version }: Pick<Committed, "json" | "version">) {
  return { value: json ?? `removed as ${version}`, version };
}

function isRead(operation: Operation): boolean {
  return operation.kind === "read" && operation.outcome === "ok";
}

/** What was read has been committed, byte for byte. */
function judgeValues(read: Operation, history: History): string[] {
  return read.keys.flatMap((key, i) => {
    const document = read.answer!.documents[i];
    if (document === undefined) {
      const isSound = absences(key, history).length > 0;
      return isSound ? [] : [`A document was lost: ${tell(read)}`];
    }
    const real = history.committed.get(document.version);
    const isReal = document.key === key && real?.key === key &&
      real.json === document.json;
    return isReal ? [] : [`A value was never written: ${tell(read)}`];
  });
}

/** What was acknowledged is written; what was refused is not. */
function judgeWrite(write: Operation, history: History): string[] {
  // Removals are not told apart, so that no client makes any here.
  const versions = write.changes.map(({ json }) =>
    history.versionOf.get(json!)
  );
  if (write.outcome === "ok") {
    const isWritten = versions.every((v, i) => v === write.versions[i]);
    return isWritten ? [] : [`An acknowledged write is lost: ${tell(write)}`];
  }
  const isRefused = write.outcome === "failed";
  return isRefused && versions.some((version) => version !== undefined)
    ? [`A write that happened was called a failure: ${tell(write)}`]
    : [];
}

/**
 * Every verified answer shows the log up to one position, and these positions
 * do not go back: neither before a write that was acknowledged when the read
 * began, nor before what had been read by then. That is more than linearizable
 * documents: several of them are one.
 */
function judgeOrder(history: History): {
  readonly faults: readonly string[];
  readonly places: Places;
} {
  const { operations } = history;
  const ended = operations.filter(isOrdered).sort((a, b) => a.end - b.end);
  const places = new Map<Operation, number>();
  const faults: string[] = [];
  let floor = 0;
  let floorOf: Operation | undefined;
  let next = 0;
  for (const operation of operations) {
    if (!isOrdered(operation)) continue;
    while (next < ended.length && ended[next]!.end < operation.start) {
      const before = ended[next++]!;
      if (places.get(before)! <= floor) continue;
      floor = places.get(before)!;
      floorOf = before;
    }
    const stretches = stretchesOf(operation, history);
    const fit = stretches.find(({ high }) => high >= floor);
    if (fit) {
      places.set(operation, Math.max(fit.low, floor));
    } else if (stretches.length === 0) {
      faults.push(`Documents of two moments were read: ${tell(operation)}`);
      places.set(operation, 0);
    } else {
      faults.push(
        `Something older was read: ${tell(operation)}\n    after: ${
          tell(floorOf!)
        }`,
      );
      places.set(operation, stretches.at(-1)!.high);
    }
  }
  return { faults, places };
}

function isOrdered(operation: Operation): boolean {
  return operation.outcome === "ok" && (operation.answer?.verified ?? true);
}

/** Positions from `low` to `high`. */
interface Stretch {
  readonly low: number;
  readonly high: number;
}

/** Where an operation may stand, in order. */
function stretchesOf(
  { versions, answer, keys }: Operation,
  history: History,
): Stretch[] {
  if (!answer) return [{ low: Math.max(...versions), high: Infinity }];
  let stretches: Stretch[] = [{ low: 0, high: Infinity }];
  keys.forEach((key, i) => {
    const document = answer.documents[i];
    const shown = document
      ? [shownBy(document, history)]
      : absences(key, history);
    stretches = stretches.flatMap((one) => shown.map((of) => both(one, of)))
      .filter(({ low, high }) => low <= high);
  });
  return stretches;
}

const both = (one: Stretch, other: Stretch): Stretch => ({
  low: Math.max(one.low, other.low),
  high: Math.min(one.high, other.high),
});

/** Where `document` is the newest of its key, and its batch is there. */
function shownBy(
  { version }: SettingsDocument,
  { committed }: History,
): Stretch {
  const one = committed.get(version);
  const low = Math.max(...one?.batch ?? [version]);
  return { low, high: (one?.next ?? Infinity) - 1 };
}

/** Where there is no document under `key`, in order, since anybody looks. */
function absences(key: SettingsKey, history: History): Stretch[] {
  const ofKey = [...history.committed.values()].filter((c) => c.key === key);
  const first = Math.min(...ofKey.map(({ version }) => version));
  const removed = ofKey.filter(({ json }) => json === undefined)
    .map(({ version, next }) => ({ low: version, high: next - 1 }));
  return [{ low: 0, high: first - 1 }, ...removed]
    .map((one) => both(one, { low: beginning(history), high: Infinity }))
    .filter(({ low, high }) => low <= high);
}

/** The position at which the first operation began. */
function beginning({ committed, operations }: History): number {
  const before = [...committed.values()]
    .filter(({ start }) => start < (operations[0]?.start ?? 0));
  return Math.max(0, ...before.map(({ version }) => version));
}

/** Every operation as calls of single registers. */
function callsOf(history: History, places: Places): Call[] {
  const { operations, committed, versionOf } = history;
  const calls: Call[] = [];
  const written = new Set<string>();
  for (const operation of operations) {
    const { client, kind, start, end, outcome } = operation;
    operation.keys.forEach((key, i) => {
      const call = { client, key, start, end };
      const json = operation.changes[i]?.json;
      if (kind === "write" && json !== undefined) {
        written.add(json);
        const version = operation.versions[i];
        calls.push(
          outcome === "ok"
            ? { ...call, kind, outcome, value: json, version: version! }
            : { ...call, kind, outcome: lost(outcome), value: json },
        );
      } else if (outcome === "ok" && kind === "read") {
        const { documents, verified } = operation.answer!;
        const document = documents[i];
        const { value, version } = document
          ? valueOf(document)
          : absentAt(places.get(operation) ?? 0, key, history);
        calls.push({ ...call, kind, outcome, value, version, verified });
      }
    });
  }
  // What was there before anybody came.
  for (const [value, version] of versionOf) {
    if (written.has(value)) continue;
    const { key } = committed.get(version)!;
    const call = { client: "nobody", key, start: -2, end: -1, value, version };
    calls.push({ ...call, kind: "write", outcome: "ok" });
  }
  for (const one of committed.values()) {
    if (one.json !== undefined) continue;
    const { key, start } = one;
    // Nobody waits until others see that a document has been removed.
    const call = { client: "somebody", key, start, end: Infinity };
    calls.push({ ...call, ...valueOf(one), kind: "write", outcome: "ok" });
  }
  return calls;
}

/** What an absent document is at `place`: removed, or not there yet. */
function absentAt(place: number, key: SettingsKey, { committed }: History) {
  const removed = [...committed.values()].find((one) =>
    one.key === key && one.json === undefined && one.version <= place &&
    place < one.next
  );
  return removed ? valueOf(removed) : { value: undefined, version: 0 };
}

function lost(outcome: Operation["outcome"]): "unknown" | "failed" {
  return outcome === "failed" ? "failed" : "unknown";
}
