/**
 * What the laws of the fast layer are held against, and the words that they
 * are written in.
 *
 * @module
 */
import type { Checkpoint } from "../../domain/checkpoint.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import type { FeatureKey } from "../../domain/feature.ts";
import type { SequenceName } from "../../domain/sequence.ts";
import {
  parseSettingsKey,
  type SettingsDocument,
  type SettingsKey,
} from "../../domain/settings.ts";
import type {
  DocumentChange,
  DrainStep,
  FastAnswer,
  FastLayer,
} from "../../ports/fast_layer.ts";
import { equal, notEqual } from "../support/assert.ts";

/** One thing that a server may lose. */
export type Evictable = "checkpoint" | "changes" | "stream" | {
  readonly document: SettingsKey;
} | { readonly token: SettingsKey };

/** What may have become of a stored document. */
export type Damage = "cut short" | "garbage" | "another type";

/** A message that plain subscribers heard. */
export interface Heard {
  readonly channel: string;
  readonly text: string;
}

/** What a test may do to a server behind the layer's back. */
export interface FastServerHooks {
  /** Stores a document as if it had been kept, whatever its version. */
  plant(document: SettingsDocument, generation: string): Promise<void>;
  /** Damages the document that is held under `key`. */
  damage(key: SettingsKey, how: Damage): Promise<void>;
  /** Puts something in place of the checkpoint. */
  mark(text: string): Promise<void>;
  evict(what: Evictable): Promise<void>;
  /** Gives the data as they are another history. The layer is up after it. */
  newHistory(): Promise<void>;
  /** Makes it a replica; a layer may notice that at its next call only. */
  demote(): Promise<void>;
  /** Makes it a master again. */
  promote(): Promise<void>;
  /** Takes its memory away, or gives it back. */
  starve(isFull: boolean): Promise<void>;
  /** Lets tokens get older. */
  elapse(ms: number): Promise<void>;
  /** What has been told since the beginning. */
  heard(): Promise<readonly Heard[]>;
  /** Holds a vector as a feature store would. */
  plantVector(key: FeatureKey): Promise<void>;
  /** Whether a feature store would believe it still. */
  holdsVector(key: FeatureKey): Promise<boolean>;
  plantBlock(name: SequenceName): Promise<void>;
  holdsBlock(name: SequenceName): Promise<boolean>;
}

/** A layer that is up, over an empty server. */
export interface FastLayerSubject extends AsyncDisposable {
  readonly layer: FastLayer;
  readonly server: FastServerHooks;
}

/** Laws by name. */
export type FastLaws = Record<
  string,
  (subject: FastLayerSubject) => Promise<void>
>;

export const ALL = parseSettingsKey("user:1:settings:all");
export const SCALP = parseSettingsKey("user:1:mode:scalp");
export const SWING = parseSettingsKey("user:2:mode:swing");

/** Where the laws begin. */
export const START: Checkpoint = {
  epoch: "e1",
  generation: "a1",
  position: 10,
  settingsPosition: 8,
};

export const ELSEWHERE = "0123456789abcdef0123456789abcdef01234567";

/** A document. */
export function document(
  key: SettingsKey,
  version: number,
  json = `{"at":${version}}`,
): SettingsDocument {
  return { key, version, json };
}

/** A change of a document to what `document` gives, unless another is given. */
export function change(
  key: SettingsKey,
  position: number,
  now: SettingsDocument | undefined = document(key, position),
): DocumentChange {
  return { key, position, document: now };
}

/** An entry of the log. */
export function entry(
  position: number,
  more: Partial<LoggedEvent> = {},
): LoggedEvent {
  const digits = String(position).padStart(12, "0");
  return {
    id: `00000000-0000-4000-8000-${digits}`,
    channel: "signals.generated",
    json: `{"n":${position},"text":"ä\u2028😀"}`,
    meta: { timestamp: "2026-01-02T03:04:05Z", source: "test" },
    position,
    batchEnd: position,
    committedAt: 1_700_000_000_000 + position,
    ...more,
  };
}

/** A step from `from` to `position`, with an entry each and `changes`. */
export function step(
  history: string,
  from: Checkpoint,
  position: number,
  changes: readonly DocumentChange[] = [],
  more: Partial<DrainStep> = {},
): DrainStep {
  const settingsPosition = Math.max(
    from.settingsPosition,
    ...changes.map((one) => one.position),
  );
  return {
    history,
    from,
    to: { position, settingsPosition },
    entries: Array.from(
      { length: position - from.position },
      (_, i) => entry(from.position + 1 + i),
    ),
    changes,
    voided: [],
    fenced: [],
    ...more,
  };
}

/** Takes a step that must be taken; the checkpoint after it. */
export async function advance(
  layer: FastLayer,
  taken: DrainStep,
): Promise<Checkpoint> {
  const result = await layer.drain(taken);
  equal(result !== "fenced" && result.applied, true);
  return { ...taken.from, ...taken.to };
}

/** Begins at `at`; the history. */
export async function begin(
  { layer }: FastLayerSubject,
  at: Checkpoint = START,
): Promise<string> {
  const { history, mark } = await layer.inspect();
  const result = await layer.reset(history, mark, at);
  equal(result !== "fenced" && result.applied, true);
  return history;
}

/** Takes tokens for documents and keeps them; how many were kept. */
export async function keep(
  { layer }: FastLayerSubject,
  history: string,
  ...documents: readonly SettingsDocument[]
): Promise<number> {
  const tokens = documents.map(({ key }) => ({ key, token: `of ${key}` }));
  await layer.takeTokens(history, tokens);
  const kept = await layer.fill(
    history,
    START.generation,
    documents.map((one, i) => ({ ...tokens[i]!, document: one })),
  );
  return kept as number;
}

/** Reads what must not be fenced. */
export async function look(
  { layer }: FastLayerSubject,
  keys: readonly SettingsKey[],
  changedSince?: number,
): Promise<FastAnswer> {
  const { history } = await layer.inspect();
  const answer = await layer.read({
    history,
    keys,
    ...changedSince !== undefined && { changedSince },
  });
  notEqual(answer, "fenced");
  return answer as FastAnswer;
}

/** The versions that are read. */
export async function versions(
  subject: FastLayerSubject,
  ...keys: readonly SettingsKey[]
): Promise<(number | undefined)[]> {
  const { documents } = await look(subject, keys);
  return documents.map((found) => found?.version);
}

/** The names changed after `since`, in order of name. */
export async function changedSince(
  subject: FastLayerSubject,
  since: number,
): Promise<readonly string[] | undefined> {
  const { changed } = await look(subject, [], since);
  return changed && [...changed].sort();
}

/** The positions of the entries after `after`. */
export async function positions(
  { layer }: FastLayerSubject,
  after: number,
  limit = 100,
): Promise<number[]> {
  const { history } = await layer.inspect();
  const found = await layer.events(history, after, limit);
  notEqual(found, "fenced");
  return found === "fenced" ? [] : found.events.map((one) => one.position);
}
