/**
 * The judge: whether registers kept their promise in a history.
 *
 * Versions are positions in one commit order, so that no search is needed: what
 * is accepted here is linearizable in the order of its versions. See
 * `linearization_search.ts` for the search that holds this judge to it.
 *
 * @module
 */
import type {
  AcknowledgedWrite,
  Operation,
  Read,
  UnacknowledgedWrite,
  Versioned,
} from "./history.ts";

/** What a history may break. */
export type Rule =
  /** A version belongs to one value of one key. */
  | "one value"
  /** What is seen was written, by a write that had begun. */
  | "written"
  /** What follows in real time is not older; a write is newer. */
  | "order"
  /** What was acknowledged or seen stays, until the final state. */
  | "kept"
  /** What has failed never appears. */
  | "failed"
  /** No two acknowledged writes share a version. */
  | "own version";

/** One way in which a history broke a rule, in one sentence. */
export interface Violation {
  readonly rule: Rule;
  readonly key: string;
  readonly message: string;
}

/** An operation that tells which version the register had. */
type Sighting = Read | AcknowledgedWrite;

type Report = (rule: Rule, key: string, message: string) => void;

/**
 * What `operations` broke, in any order given; nothing if all was kept.
 *
 * Reads that are not verified may be old, but have to be of something written,
 * and nothing verified may be older than they are. An unknown write may appear
 * once, at any time after it began, or never.
 *
 * @param final What the registers hold in the end, if that is known; a key that
 * is not named holds nothing.
 */
export function judge(
  operations: readonly Operation[],
  final?: ReadonlyMap<string, Versioned>,
): Violation[] {
  const violations: Violation[] = [];
  const report: Report = (rule, key, message) => {
    violations.push({ rule, key, message });
  };
  const keys = Map.groupBy(operations, ({ key }) => key);
  const all = [...operations];
  for (const key of final ? new Set([...keys.keys(), ...final.keys()]) : []) {
    all.push(finalRead(key, final!.get(key)));
  }
  const sightings = all.filter(isSighting);
  judgeVersions(sightings, report);
  for (const ofKey of Map.groupBy(all, ({ key }) => key).values()) {
    judgeOrigins(ofKey, report);
  }
  judgeOrder(sightings, report);
  return violations;
}

function isSighting(operation: Operation): operation is Sighting {
  return operation.outcome === "ok";
}

/** The final state is what is read after everything. */
function finalRead(key: string, held: Versioned | undefined): Read {
  const [start, end] = [Infinity, Infinity];
  const { value, version } = held ?? { value: undefined, version: 0 };
  const call = { client: "the end", key, start, end, value, version };
  return { ...call, kind: "read", outcome: "ok", verified: true };
}

/** Holds versions to one value each, and to one acknowledged write at most. */
function judgeVersions(sightings: readonly Sighting[], report: Report): void {
  const first = new Map<number, Sighting>();
  const writes = new Map<number, AcknowledgedWrite>();
  for (const sighting of sightings) {
    const { kind, version, key, value } = sighting;
    if (!(version > 0)) {
      if (kind === "read" && version === 0) continue;
      report("one value", key, `${tell(sighting)}, which is no version`);
      continue;
    }
    const other = first.getOrInsert(version, sighting);
    if (other.key !== key || other.value !== value) {
      report("one value", key, `${tell(sighting)}, but ${tell(other)}`);
    }
    if (kind === "read") continue;
    const twin = writes.getOrInsert(version, sighting);
    if (twin !== sighting) {
      report("own version", key, `${tell(sighting)}, as ${tell(twin)}`);
    }
  }
}

/** Holds what was seen of one key to have been written by then. */
function judgeOrigins(operations: readonly Operation[], report: Report): void {
  const writes = operations.filter(({ kind }) => kind === "write") as (
    | AcknowledgedWrite
    | UnacknowledgedWrite
  )[];
  const acknowledged = new Map(
    writes.flatMap((write) =>
      write.outcome === "ok" ? [[write.version, write] as const] : []
    ),
  );
  const sightings = operations.filter(isSighting);
  /** The first read of each version of an unacknowledged write. */
  const unexplained = new Map<number, Read>();
  for (const sighting of sightings) {
    if (sighting.kind === "write") continue;
    const { version, value, key, end } = sighting;
    const write = acknowledged.get(version);
    if (write && end < write.start) {
      report("written", key, `${tell(sighting)} before ${tell(write)}`);
    } else if ((version === 0) !== (value === undefined)) {
      report("written", key, `${tell(sighting)}, which cannot be`);
    } else if (!write && version !== 0) {
      unexplained.getOrInsert(version, sighting);
    }
  }
  const knownBy = firstKnown(sightings);
  const groups = Map.groupBy(unexplained.values(), ({ value }) => value);
  for (const [value, reads] of groups) {
    const same = writes.filter((write) => write.value === value);
    explain(reads, same, knownBy, report);
  }
}

/** When it was known of each version that it, or a newer one, was there. */
function firstKnown(sightings: readonly Sighting[]): Map<number, number> {
  const newestFirst = sightings.toSorted((a, b) => b.version - a.version);
  const known = new Map<number, number>();
  let earliest = Infinity;
  for (const { version, end } of newestFirst) {
    earliest = Math.min(earliest, end);
    known.set(version, earliest);
  }
  return known;
}

/**
 * Gives each of `reads`, which are of one value and of versions that nobody was
 * told, an unknown write of that value: the write that began first to the
 * oldest version, which leaves most to the others.
 */
function explain(
  reads: readonly Read[],
  writes: readonly (AcknowledgedWrite | UnacknowledgedWrite)[],
  knownBy: ReadonlyMap<number, number>,
  report: Report,
): void {
  const unknown = writes.filter(({ outcome }) => outcome === "unknown")
    .toSorted((a, b) => a.start - b.start);
  const failed = writes.find(({ outcome }) => outcome === "failed");
  const oldestFirst = reads.toSorted((a, b) => a.version - b.version);
  for (const [i, read] of oldestFirst.entries()) {
    const write = unknown[i];
    if (write && write.start <= knownBy.get(read.version)!) continue;
    if (write) {
      report("written", read.key, `${tell(read)} before ${tell(write)}`);
    } else if (failed) {
      report("failed", read.key, `${tell(read)}, but ${tell(failed)}`);
    } else {
      report("written", read.key, `${tell(read)}, which nobody wrote`);
    }
  }
}

/** Holds versions to the order of real time. */
function judgeOrder(sightings: readonly Sighting[], report: Report): void {
  const starts = sightings.toSorted((a, b) => compare(a.start, b.start));
  const ends = sightings.toSorted((a, b) => compare(a.end, b.end));
  const newest = new Map<string, Sighting>();
  let newestOfAll: Sighting | undefined;
  let ended = 0;
  for (const sighting of starts) {
    for (let old; (old = ends[ended]) && old.end < sighting.start; ended++) {
      if (old.version > (newest.get(old.key)?.version ?? 0)) {
        newest.set(old.key, old);
      }
      if (old.version > (newestOfAll?.version ?? 0)) newestOfAll = old;
    }
    const { kind, key, version, start } = sighting;
    const old = kind === "write" ? newestOfAll : newest.get(key);
    if (!old || version > old.version) continue;
    if (kind === "read" && (!sighting.verified || version === old.version)) {
      continue;
    }
    const rule = start === Infinity ? "kept" : "order";
    report(rule, key, `${tell(sighting)} after ${tell(old)}`);
  }
}

/** As subtraction cannot, of infinite times. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function tell(operation: Read | AcknowledgedWrite | UnacknowledgedWrite) {
  const { client, key, kind, outcome, value, start, end } = operation;
  const when = start === Infinity ? "" : ` at ${start} to ${end} ms`;
  const did = kind === "read"
    ? operation.verified ? "read" : "read unverified"
    : outcome === "ok"
    ? "wrote"
    : outcome === "failed"
    ? "failed to write"
    : "perhaps wrote";
  const version = outcome === "ok" ? ` at version ${operation.version}` : "";
  return `${client} ${did} ${key} = ${value ?? "nothing"}${version}${when}`;
}
