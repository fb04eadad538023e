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
  const held = new Map(
    [...final].map((
      [key, { json, version }],
    ) => [key, { value: json, version }]),
  );
  return [
    ...history.mistakes,
    ...judgeRegisters(callsOf(history), held)
      .map(({ rule, message }) => `Rule "${rule}" is broken: ${message}`),
    ...reads.flatMap((read) => judgeValues(read, history)),
    ...operations.filter(({ kind }) => kind === "write")
      .flatMap((write) => judgeWrite(write, history)),
    ...judgeOrder(history),
  ];
}

function isRead(operation: Operation): boolean {
  return operation.kind === "read" && operation.outcome === "ok";
}

/** What was read has been committed, byte for byte. */
function judgeValues(read: Operation, history: History): string[] {
  return read.keys.flatMap((key, i) => {
    const document = read.answer!.documents[i];
    if (document === undefined) return [`A document was lost: ${tell(read)}`];
    const real = history.committed.get(document.version);
    const isReal = document.key === key && real?.key === key &&
      real.json === document.json;
    return isReal ? [] : [`A value was never written: ${tell(read)}`];
  });
}

/** What was acknowledged is written; what was refused is not. */
function judgeWrite(write: Operation, history: History): string[] {
  const versions = write.changes.map(({ json }) => history.versionOf.get(json));
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
function judgeOrder({ operations, committed }: History): string[] {
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
    const { low, high } = bounds(operation, committed);
    if (low > high) {
      faults.push(`Documents of two moments were read: ${tell(operation)}`);
    } else if (floor > high) {
      faults.push(
        `Something older was read: ${tell(operation)}\n    after: ${
          tell(floorOf!)
        }`,
      );
    }
    places.set(operation, Math.max(low, Math.min(floor, high)));
  }
  return faults;
}

function isOrdered(operation: Operation): boolean {
  return operation.outcome === "ok" && (operation.answer?.verified ?? true);
}

/** Between which positions an operation stands. */
function bounds(
  { versions, answer }: Operation,
  committed: ReadonlyMap<number, Committed>,
): { low: number; high: number } {
  if (!answer) return { low: Math.max(...versions), high: Infinity };
  const documents = answer.documents.filter((d): d is SettingsDocument =>
    d !== undefined
  );
  let low = 0;
  let high = Infinity;
  for (const { version } of documents) {
    const one = committed.get(version);
    low = Math.max(low, ...(one?.batch ?? [version]));
    high = Math.min(high, (one?.next ?? Infinity) - 1);
  }
  return { low, high };
}

/** Every operation as calls of single registers. */
function callsOf({ operations, committed, versionOf }: History): Call[] {
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
        const { json: value, version = 0 } = documents[i] ?? {};
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
  return calls;
}

function lost(outcome: Operation["outcome"]): "unknown" | "failed" {
  return outcome === "failed" ? "failed" : "unknown";
}
