/**
 * What publishers and members were told, and what became of it: a plain array,
 * and the judge that holds everybody's history to it.
 *
 * @module
 */

/** An event that somebody has tried to publish. */
export interface Publication {
  readonly id: string;
  readonly channel: string;
  readonly key: string;
  /**
   * `acknowledged`: it is in the log. `unknown`: it may be, once. `refused`: it
   * is not, as every attempt was answered by a failure that says so.
   */
  readonly outcome: "acknowledged" | "unknown" | "refused";
  /** When it was sent first, in monotonic milliseconds. */
  readonly sentAt: number;
  /** Where it is, once that was acknowledged. */
  readonly position?: number;
  /** When that was, in monotonic milliseconds. */
  readonly at?: number;
}

/** An event that a subscription got. */
export interface Delivery {
  readonly position: number;
  readonly id: string;
  readonly channel: string;
  /** Rises with every gap that the subscription was told of. */
  readonly life: number;
  readonly at: number;
  /** Who delivered it. */
  readonly instance: string;
}

/** What a subscription asked for, and all that it got, in the order of arrival. */
export interface Subscription {
  readonly name: string;
  /** It asked for events above this position. */
  readonly after: number;
  /** The channels it gets; all when absent, so that its positions are dense. */
  readonly channels?: readonly string[];
  readonly deliveries: readonly Delivery[];
}

/** A row of the log, as the database of record holds it in the end. */
export interface Row {
  readonly position: number;
  readonly id: string;
  readonly channel: string;
  readonly key: string | undefined;
  /** The id that its data name, of an effect. */
  readonly cause: string | undefined;
}

/** A delivery to a member, and what the member did. */
export interface Handling {
  readonly position: number;
  readonly id: string;
  readonly key: string | undefined;
  /** When the member had it. */
  readonly takenAt: number;
  /** When the member first said that it was done; absent where it never did. */
  readonly ackedAt?: number;
  /** What it was told about that. */
  readonly outcome?: "acknowledged" | "unknown" | "refused";
}

/** What a group was to read, and all that its members did. */
export interface GroupHistory {
  readonly name: string;
  readonly channels: readonly string[];
  /** The channel of its effects, one for every event; none when absent. */
  readonly effects?: string;
  readonly handlings: readonly Handling[];
}

/** A broken promise. */
export interface Violation {
  readonly rule:
    | "lost"
    | "repeated"
    | "out of order"
    | "misplaced"
    | "refused and kept"
    | "settled twice"
    | "effects"
    | "stream";
  readonly who: string;
  readonly message: string;
}

/**
 * Judges a subscription by what was acknowledged: all of it, each once, in the
 * order of the positions. After a gap that it was told of it may get again what
 * it had.
 *
 * @param forgotten Ids that the database has lost by a fault meant to lose them.
 */
export function judgeSubscription(
  { name, after, channels, deliveries }: Subscription,
  publications: readonly Publication[],
  forgotten: ReadonlySet<string> = new Set(),
): Violation[] {
  const found: Violation[] = [];
  const say = (rule: Violation["rule"], message: string) =>
    found.push({ rule, who: name, message });
  const known = new Map(publications.map((one) => [one.id, one]));
  const everSeen = new Set<string>();
  let seen = new Set<string>();
  let life = 0;
  let last = after;
  for (const { position, id, life: now, at } of deliveries) {
    const isFirst = now !== life;
    if (isFirst) [seen, life] = [new Set(), now];
    const where = `${id} at position ${position}, ${at.toFixed(1)} ms`;
    if (seen.has(id)) say("repeated", `got ${where} again`);
    else if (!isFirst && position <= last) {
      say("out of order", `got ${where} after position ${last}`);
    } else if (!isFirst && !channels && position !== last + 1) {
      say("lost", `got ${where} just after position ${last}`);
    }
    const one = known.get(id);
    if (one?.outcome === "refused") {
      say("refused and kept", `got ${where}, which was refused`);
    }
    if (one?.position !== undefined && one.position !== position) {
      say("misplaced", `got ${where}, which was put at ${one.position}`);
    }
    last = position;
    seen.add(id);
    everSeen.add(id);
  }
  for (const { id, channel, outcome, position } of publications) {
    if (outcome !== "acknowledged" || forgotten.has(id)) continue;
    if (channels && !channels.includes(channel)) continue;
    if (!everSeen.has(id)) say("lost", `never got ${id} of ${position}`);
  }
  return found;
}

/** Judges the log of the database itself: dense, and nothing but what was told. */
export function judgeLog(
  rows: readonly Row[],
  publications: readonly Publication[],
): Violation[] {
  const found: Violation[] = [];
  const who = "the log";
  const byId = new Map(rows.map((row) => [row.id, row]));
  rows.forEach(({ position }, i) => {
    if (i > 0 && position !== rows[i - 1]!.position + 1) {
      const message = `has ${position} after ${rows[i - 1]!.position}`;
      found.push({ rule: "lost", who, message });
    }
  });
  for (const { id, outcome, position } of publications) {
    const row = byId.get(id);
    if (outcome === "refused" && row) {
      const message = `has ${id} at ${row.position}, which was refused`;
      found.push({ rule: "refused and kept", who, message });
    }
    if (outcome !== "acknowledged" || row?.position === position) continue;
    const rule = row ? "misplaced" : "lost";
    const message = `has ${id} at ${row?.position}, put at ${position}`;
    found.push({ rule, who, message });
  }
  return found;
}

/**
 * Judges a group: every event of its channels is handled; of a key in the order
 * of the log, each after the one before was said to be done; and each leaves
 * one effect.
 */
export function judgeGroup(
  { name, channels, effects, handlings }: GroupHistory,
  rows: readonly Row[],
): Violation[] {
  const found: Violation[] = [];
  const say = (rule: Violation["rule"], message: string) =>
    found.push({ rule, who: name, message });
  const of = Map.groupBy(handlings, ({ id }) => id);
  const causes = Map.groupBy(
    rows.filter(({ channel }) => channel === effects),
    ({ cause }) => cause,
  );
  const lastOfKey = new Map<string, Row>();
  for (const row of rows.filter(({ channel }) => channels.includes(channel))) {
    const { id, key, position } = row;
    const own = of.get(id) ?? [];
    const done = own.filter((one) => one.outcome === "acknowledged");
    if (!own.some(({ outcome }) => outcome && outcome !== "refused")) {
      say("lost", `${id} at ${position} was never settled`);
    }
    if (done.length > 1) say("settled twice", `${id} at ${position}`);
    const count = causes.get(id)?.length ?? 0;
    if (effects !== undefined && count !== 1) {
      say("effects", `${id} at ${position} has ${count}`);
    }
    if (key === undefined) continue;
    const before = lastOfKey.get(key);
    lastOfKey.set(key, row);
    if (!before || own.length === 0) continue;
    const sentAt = Math.min(
      ...(of.get(before.id) ?? []).map(({ ackedAt }) => ackedAt ?? Infinity),
    );
    const early = own.find(({ takenAt }) => takenAt < sentAt);
    if (early) {
      say(
        "out of order",
        `${id} of ${key} was out before ${before.id} was done`,
      );
    }
  }
  return found;
}

/** What Redis holds of the log at one moment. */
export interface HeldStream {
  /** Up to where it shows which log; `undefined` without a checkpoint. */
  readonly checkpoint:
    | { readonly epoch: string; readonly position: number }
    | undefined;
  readonly entries: readonly {
    readonly position: number;
    readonly id: string;
  }[];
}

/** The log of the database of record, or a part of it. */
export interface Log {
  readonly epoch: string;
  readonly rows: readonly Row[];
}

/**
 * Judges the stream: the end of the log up to the checkpoint, without a hole,
 * entry by entry the same. Without a checkpoint nobody believes it.
 *
 * @param log What it has to be the end of, where nothing is written meanwhile.
 * @param torn Positions that a fault has taken out of it by hand.
 */
export function judgeStream(
  { checkpoint, entries }: HeldStream,
  log: Log | undefined,
  torn: ReadonlySet<number> = new Set(),
): Violation[] {
  const found: Violation[] = [];
  const say = (message: string) =>
    found.push({ rule: "stream", who: "redis", message });
  if (!checkpoint) return found;
  if (log && checkpoint.epoch !== log.epoch) {
    say(`follows the epoch ${checkpoint.epoch}, the log has ${log.epoch}`);
    return found;
  }
  const ids = new Map(log?.rows.map(({ position, id }) => [position, id]));
  const held = new Set(entries.map(({ position }) => position));
  for (const { position, id } of log ? entries : []) {
    if (ids.get(position) !== id) {
      say(`holds ${id} at ${position}, where the log has ${ids.get(position)}`);
    }
  }
  const last = checkpoint.position;
  for (let at = entries[0]?.position ?? last + 1; at <= last; at++) {
    if (held.has(at) || torn.has(at)) continue;
    say(`has no ${at} below its checkpoint ${last}`);
  }
  const end = entries.at(-1)?.position ?? last;
  if (end > last) say(`reaches to ${end} beyond its checkpoint ${last}`);
  return found;
}
