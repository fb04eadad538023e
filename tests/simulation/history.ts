/**
 * What clients did in a schedule, and what the database committed.
 *
 * @module
 */
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import type {
  SettingsChange,
  SettingsSnapshot,
} from "../../ports/settings_store.ts";
import { PortError } from "../../ports/port_error.ts";

/** How an operation ended: `unknown` leaves open whether it happened. */
export type Outcome = "pending" | "ok" | "failed" | "unknown";

/** One call of a client. */
export interface Operation {
  readonly kind: "read" | "write";
  /** Whose call, such as `b1/reader2`. */
  readonly client: string;
  readonly keys: readonly SettingsKey[];
  /** What was to be written. */
  readonly changes: readonly SettingsChange[];
  /** Virtual time, for people. */
  readonly startMs: number;
  endMs: number | undefined;
  /** Place in the order of all beginnings and ends. */
  readonly start: number;
  end: number;
  outcome: Outcome;
  /** Why it failed. */
  error: string | undefined;
  /** What was read. */
  answer: SettingsSnapshot | undefined;
  /** What was acknowledged. */
  versions: readonly number[];
}

/** One version of a document; a removed one has no value. */
export interface Committed extends Omit<SettingsDocument, "json"> {
  readonly json: string | undefined;
  /** When it was committed, in the order of all beginnings and ends. */
  readonly start: number;
  /** Version of the next one of the same document. */
  next: number;
  /** Versions committed together with it. */
  readonly batch: readonly number[];
}

/** Everything that happened. */
export interface History {
  /** Errors that no port throws: somebody has programmed them. */
  readonly mistakes: readonly string[];
  readonly operations: readonly Operation[];
  /** By version. */
  readonly committed: ReadonlyMap<number, Committed>;
  /** By value; values are written once. */
  readonly versionOf: ReadonlyMap<string, number>;
  /** Takes note of a commit. */
  commit(changes: readonly SettingsChange[], versions: readonly number[]): void;
  /** Takes note that somebody has removed a document, of whom nobody knows. */
  remove(key: SettingsKey, version: number): void;
  /** Takes note of a read while it is under way. */
  read(
    client: string,
    keys: readonly SettingsKey[],
    call: () => Promise<SettingsSnapshot>,
  ): Promise<Operation>;
  /** Takes note of a write while it is under way. */
  write(
    client: string,
    changes: readonly SettingsChange[],
    call: () => Promise<readonly number[]>,
  ): Promise<Operation>;
}

/** Creates an empty history. */
export function createHistory(now: () => number): History {
  const operations: Operation[] = [];
  const committed = new Map<number, Committed>();
  const versionOf = new Map<string, number>();
  const mistakes: string[] = [];
  const newest = new Map<SettingsKey, Committed>();
  let order = 0;

  function begin(
    kind: Operation["kind"],
    client: string,
    keys: readonly SettingsKey[],
    changes: readonly SettingsChange[],
  ): Operation {
    const operation: Operation = {
      kind,
      client,
      keys,
      changes,
      startMs: now(),
      endMs: undefined,
      start: order++,
      end: Infinity,
      outcome: "pending",
      error: undefined,
      answer: undefined,
      versions: [],
    };
    operations.push(operation);
    return operation;
  }

  function finish(operation: Operation, outcome: Outcome): Operation {
    operation.outcome = outcome;
    operation.endMs = now();
    operation.end = order++;
    return operation;
  }

  function fail(operation: Operation, error: unknown): Operation {
    operation.error = error instanceof PortError
      ? `${error.code}: ${error.message}`
      : `${error}`;
    if (error instanceof ReferenceError || error instanceof TypeError) {
      mistakes.push(`A mistake in the program: ${error.stack}`);
    }
    const isKnown = error instanceof PortError && error.code !== "timeout";
    return finish(operation, isKnown ? "failed" : "unknown");
  }

  function note(
    key: SettingsKey,
    json: string | undefined,
    version: number,
    batch: readonly number[],
  ): void {
    const start = order++;
    const one = { key, json, version, start, next: Infinity, batch };
    committed.set(version, one);
    const last = newest.get(key);
    if (!last || last.version < version) {
      if (last) last.next = version;
      newest.set(key, one);
      return;
    }
    // It is heard of late, after what came next.
    const ofKey = [...committed.values()].filter((other) => other.key === key)
      .sort((a, b) => a.version - b.version);
    ofKey.forEach((other, i) => other.next = ofKey[i + 1]?.version ?? Infinity);
  }

  return {
    operations,
    mistakes,
    committed,
    versionOf,
    commit(changes, versions) {
      changes.forEach(({ key, json }, i) => {
        note(key, json, versions[i]!, versions);
        if (json !== undefined) versionOf.set(json, versions[i]!);
      });
    },
    remove: (key, version) => note(key, undefined, version, [version]),
    async read(client, keys, call) {
      const operation = begin("read", client, keys, []);
      try {
        operation.answer = await call();
        return finish(operation, "ok");
      } catch (error) {
        return fail(operation, error);
      }
    },
    async write(client, changes, call) {
      const keys = changes.map(({ key }) => key);
      const operation = begin("write", client, keys, changes);
      try {
        operation.versions = await call();
        return finish(operation, "ok");
      } catch (error) {
        return fail(operation, error);
      }
    },
  };
}

/** Writes an operation for people. */
export function tell(operation: Operation): string {
  const { client, kind, startMs, endMs, outcome, answer } = operation;
  const times = `${startMs.toFixed(1)}..${endMs?.toFixed(1) ?? ""}`;
  const what = kind === "write"
    ? operation.changes.map(({ key, json }) => `${short(key)}=${json}`)
    : operation.keys.map((key, i) => {
      const document = answer?.documents[i];
      return document
        ? `${short(key)}=${document.json}@${document.version}`
        : `${short(key)}`;
    });
  const how = outcome !== "ok"
    ? ` ${outcome} ${operation.error ?? ""}`
    : answer
    ? ` from ${answer.source}${answer.verified ? "" : ", unverified"}`
    : ` as ${operation.versions}`;
  return `${times} ${client} ${kind} ${what.join(" ")}${how}`;
}

function short(key: SettingsKey): string {
  return key.split(":").at(-1)!;
}
