/**
 * The server behind the memory fast layer: the reference model of what a call
 * of the port does, each at once and as a whole.
 *
 * @module
 */
import {
  type Checkpoint,
  formatCheckpoint,
  parseCheckpoint,
} from "../../domain/checkpoint.ts";
import { formatEvent } from "../../domain/event/envelope.ts";
import { isInScope } from "../../domain/feature.ts";
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type {
  DocumentChange,
  DrainResult,
  FastAnswer,
  FastEvents,
  FastLayer,
  FastLayerState,
  Fenced,
} from "../../ports/fast_layer.ts";
import { PortError } from "../../ports/port_error.ts";
import {
  changedSince,
  copyFastData,
  createFastData,
  type FastServerData,
  headOf,
  noteChanges,
  storedText,
  valueOf,
} from "./fast_data.ts";

/** How long a token is good. */
const TOKEN_MS = 10_000;

/** Entries that the stream holds when nothing else is said. */
const DEFAULT_STREAM_ENTRIES = 10_000;

/** What a server is to its clients. */
export type FastServerRole = "master" | "replica" | "loading";

/** One server. Its calls are those of the port, each done at once. */
export interface MemoryFastServer {
  /** What it holds; tests may change it. */
  readonly data: FastServerData;
  /** Names the data and their past. */
  readonly history: string;
  /** What it is to its clients. */
  readonly role: FastServerRole;
  /** Changes its role. */
  become(role: FastServerRole): void;
  /** Calls `listener` after its role has changed, until the result is called. */
  onRole(listener: () => void): () => void;
  /** Whether there is no memory for what is to be kept. */
  isFull: boolean;
  /** A copy of everything that it holds. */
  snapshot(): FastServerData;
  /** Begins a new history with a copy of `data`, as after a restart or a failover. */
  restore(data: FastServerData): void;
  /** Loses everything; the history goes on. */
  flush(): void;
  /** Hears what plain subscribers are told, until the result is called. */
  subscribe(listener: (channel: string, text: string) => void): () => void;
  /** Takes a call of the port. */
  readonly call: FastServerCalls;
}

/** The calls of the port, each done at once. */
export type FastServerCalls = {
  readonly [
    Call in Exclude<
      keyof FastLayer,
      "isUp" | "fault" | "listen" | typeof Symbol.asyncDispose
    >
  ]: (
    ...args: Parameters<FastLayer[Call]>
  ) => Awaited<ReturnType<FastLayer[Call]>>;
};

/** Creates an empty server, a master. */
export function createMemoryFastServer(options: {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly streamEntries?: number;
}): MemoryFastServer {
  const { clock, entropy, streamEntries = DEFAULT_STREAM_ENTRIES } = options;
  const newHistory = () => uuidV7(clock.now(), entropy.bytes(10));
  const subscribers = new Set<(channel: string, text: string) => void>();
  const listeners = new Set<() => void>();
  let role: FastServerRole = "master";
  let data = createFastData();
  let history = newHistory();

  const server: MemoryFastServer = {
    get data() {
      return data;
    },
    get history() {
      return history;
    },
    get role() {
      return role;
    },
    become(next) {
      role = next;
      for (const listener of listeners) listener();
    },
    onRole(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isFull: false,
    snapshot: () => copyFastData(data),
    restore(from) {
      data = copyFastData(from);
      history = newHistory();
    },
    flush() {
      data = createFastData();
    },
    subscribe(listener) {
      subscribers.add(listener);
      return () => subscribers.delete(listener);
    },
    call: { inspect, read, takeTokens, fill, drain, reset, events },
  };
  return server;

  /** Whether the server is the one that the caller means. */
  function isMeant(expected: string | undefined): boolean {
    if (role === "loading") throw unavailable("is loading");
    return role === "master" && (expected ?? history) === history;
  }

  function makeRoom(): void {
    if (!server.isFull) return;
    throw new PortError("full", "Cannot keep it as the server has no memory");
  }

  function checkpoint(): Checkpoint | undefined {
    const parsed = data.mark === undefined
      ? undefined
      : parseCheckpoint(data.mark);
    return parsed === "newer" ? undefined : parsed;
  }

  function inspect(): FastLayerState {
    if (!isMeant(undefined)) throw unavailable("is a replica");
    return { history, mark: data.mark };
  }

  function read(query: Parameters<FastLayer["read"]>[0]): FastAnswer | Fenced {
    if (!isMeant(query.history)) return "fenced";
    const at = checkpoint();
    return {
      checkpoint: at,
      documents: query.keys.map((key) => believed(key, at)),
      changed: query.changedSince === undefined
        ? undefined
        : changedSince(data, query.changedSince, at),
    };
  }

  function believed(
    key: SettingsKey,
    at: Checkpoint | undefined,
  ): SettingsDocument | undefined {
    const version = believedVersion(key, at);
    if (version === undefined) return undefined;
    return { key, version, json: valueOf(data.documents.get(key)!) };
  }

  /** The version of what is held under `key`, if that is to be believed. */
  function believedVersion(
    key: SettingsKey,
    at: Checkpoint | undefined,
  ): number | undefined {
    const head = headOf(data.documents.get(key) ?? "");
    if (!head || head.generation !== at?.generation) return undefined;
    if (head.version > at.position) return undefined;
    return head.version;
  }

  function takeTokens(
    ...[expected, tokens]: Parameters<FastLayer["takeTokens"]>
  ): SettingsKey[] | Fenced {
    if (!isMeant(expected)) return "fenced";
    makeRoom();
    const now = clock.now();
    const taken: SettingsKey[] = [];
    for (const { key, token } of tokens) {
      const held = data.tokens.get(key);
      if (held && held.endsAt > now) continue;
      data.tokens.set(key, { token, endsAt: now + TOKEN_MS });
      taken.push(key);
    }
    return taken;
  }

  function fill(
    ...[expected, generation, fills]: Parameters<FastLayer["fill"]>
  ): number | Fenced {
    if (!isMeant(expected)) return "fenced";
    makeRoom();
    const at = checkpoint();
    const now = clock.now();
    let kept = 0;
    for (const { key, token, document } of fills) {
      const held = data.tokens.get(key);
      if (held?.token !== token || held.endsAt <= now) continue;
      data.tokens.delete(key);
      if (at?.generation !== generation) continue;
      if (document.version > at.position) continue;
      if ((believedVersion(key, at) ?? -1) > document.version) continue;
      data.documents.set(key, storedText(document, generation));
      kept++;
    }
    return kept;
  }

  function drain(
    ...[step]: Parameters<FastLayer["drain"]>
  ): DrainResult | Fenced {
    if (!isMeant(step.history)) return "fenced";
    if (data.mark !== formatCheckpoint(step.from)) return refused();
    const { epoch, generation, settingsPosition: floor } = step.from;
    for (const change of step.changes) {
      data.tokens.delete(change.key);
      const document = replacement(change, step.to.position);
      if (!document) data.documents.delete(change.key);
      else data.documents.set(change.key, storedText(document, generation));
    }
    noteChanges(data, step.changes, floor);
    forget(data.vectors, (key) => step.voided.some((s) => isInScope(key, s)));
    forget(
      data.blocks,
      (key) =>
        step.fenced.some((s) => s.user === key.user && s.day === key.day),
    );
    data.stream = [...data.stream ?? [], ...step.entries].slice(-streamEntries);
    for (const entry of subscribers.size > 0 ? step.entries : []) {
      const text = formatEvent(entry, epoch, "flat");
      for (const tell of subscribers) tell(entry.channel, text);
    }
    data.mark = formatCheckpoint({ epoch, generation, ...step.to });
    return { applied: true, mark: data.mark };
  }

  /** What takes the place of a document that is held; nothing for one that is not. */
  function replacement(
    { key, document }: DocumentChange,
    position: number,
  ): SettingsDocument | undefined {
    if (!data.documents.has(key)) return undefined;
    if (document && document.version > position) return undefined;
    return document;
  }

  function reset(
    ...[expected, from, to]: Parameters<FastLayer["reset"]>
  ): DrainResult | Fenced {
    if (!isMeant(expected)) return "fenced";
    if (data.mark !== from) return refused();
    data.mark = formatCheckpoint(to);
    data.stream = undefined;
    data.vectors.clear();
    data.blocks.clear();
    data.changes = { floor: to.settingsPosition, names: new Map() };
    return { applied: true, mark: data.mark };
  }

  function refused(): DrainResult {
    return { applied: false, mark: data.mark };
  }

  function events(
    ...[expected, after, limit]: Parameters<FastLayer["events"]>
  ): FastEvents | Fenced {
    if (!isMeant(expected)) return "fenced";
    const stream = data.stream ?? [];
    const from = stream.findIndex(({ position }) => position === after + 1);
    const found = from < 0 ? [] : stream.slice(from, from + limit);
    return { checkpoint: checkpoint(), events: found };
  }
}

function forget<T>(held: Map<string, T>, isGone: (held: T) => boolean): void {
  for (const [name, value] of held) if (isGone(value)) held.delete(name);
}

function unavailable(why: string): PortError {
  return new PortError("unavailable", `Cannot use the server as it ${why}`);
}
