/**
 * What a memory fast server holds, and how it is lost.
 *
 * @module
 */
import type { Checkpoint } from "../../domain/checkpoint.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import type { FeatureKey } from "../../domain/feature.ts";
import type { SequenceName } from "../../domain/sequence.ts";
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import type { DocumentChange } from "../../ports/fast_layer.ts";

/** Names of changed documents that are remembered. */
const MAX_CHANGES = 1000;

/** Everything that a server holds and may lose. */
export interface FastServerData {
  /** What stands in place of the checkpoint. */
  mark: string | undefined;
  /** Documents as they are stored: `{"version":N,"gen":"x","value":…}`. */
  readonly documents: Map<SettingsKey, string>;
  /** Tokens, with the time at which each ends. */
  readonly tokens: Map<SettingsKey, { token: string; endsAt: number }>;
  /** Changed documents by position, complete above `floor`. */
  changes: { floor: number; readonly names: Map<string, number> } | undefined;
  /** The last entries of the log, without a gap. */
  stream: readonly LoggedEvent[] | undefined;
  /** Vectors held, by any name. */
  readonly vectors: Map<string, FeatureKey>;
  /** Series that have a block, by any name. */
  readonly blocks: Map<string, SequenceName>;
  /** The last number given out of each series. */
  readonly counters: Map<string, number>;
}

const PARTS = ["documents", "tokens", "vectors", "blocks", "counters"] as const;

/** Creates data of a server that holds nothing. */
export function createFastData(): FastServerData {
  return {
    mark: undefined,
    documents: new Map(),
    tokens: new Map(),
    changes: undefined,
    stream: undefined,
    vectors: new Map(),
    blocks: new Map(),
    counters: new Map(),
  };
}

/** A copy that shares nothing that changes. */
export function copyFastData(data: FastServerData): FastServerData {
  const { mark, changes, stream } = data;
  return {
    mark,
    documents: new Map(data.documents),
    tokens: new Map(data.tokens),
    changes: changes && { ...changes, names: new Map(changes.names) },
    stream,
    vectors: new Map(data.vectors),
    blocks: new Map(data.blocks),
    counters: new Map(data.counters),
  };
}

/** Notes that documents changed in a step that began at settings position `from`. */
export function noteChanges(
  data: FastServerData,
  changes: readonly DocumentChange[],
  from: number,
): void {
  const noted = data.changes ??= { floor: from, names: new Map() };
  for (const { key, position } of changes) {
    noted.names.delete(key);
    noted.names.set(key, position);
  }
  for (const [name, position] of noted.names) {
    if (noted.names.size <= MAX_CHANGES) break;
    noted.names.delete(name);
    noted.floor = position;
  }
}

/** The documents that changed after `position`; `undefined` when nobody can tell. */
export function changedSince(
  { changes }: FastServerData,
  position: number,
  at: Checkpoint | undefined,
): string[] | undefined {
  if (!at || position > at.settingsPosition) return undefined;
  if (position === at.settingsPosition) return [];
  if (!changes || position < changes.floor) return undefined;
  return [...changes.names].filter(([, changed]) => changed > position)
    .map(([name]) => name);
}

/** One way each to lose a single thing that `data` holds, with its name. */
export function evictions(
  data: FastServerData,
): readonly { readonly name: string; readonly evict: () => void }[] {
  const items: { name: string; evict: () => void }[] = [];
  for (const part of ["mark", "changes", "stream"] as const) {
    if (data[part] === undefined) continue;
    items.push({ name: part, evict: () => data[part] = undefined });
  }
  for (const part of PARTS) {
    const held: Map<string, unknown> = data[part];
    for (const name of held.keys()) {
      items.push({
        name: `${part} ${name}`,
        evict: () => void held.delete(name),
      });
    }
  }
  return items;
}

const HEAD = /^\{"version":(\d{1,15}),"gen":"([^"]*)","value":/;

/** Writes a document as it is stored. */
export function storedText(
  { version, json }: SettingsDocument,
  generation: string,
): string {
  return `{"version":${version},"gen":"${generation}","value":${json}}`;
}

/** The version and generation of a stored text; `undefined` when it has none. */
export function headOf(
  text: string,
): { readonly version: number; readonly generation: string } | undefined {
  const head = HEAD.exec(text);
  return head ? { version: Number(head[1]), generation: head[2]! } : undefined;
}

/** The value of a stored text. */
export function valueOf(text: string): string {
  return text.replace(HEAD, "").slice(0, -1);
}
