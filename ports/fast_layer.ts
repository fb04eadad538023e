/**
 * The fast layer port: a server that follows the log and may be lost.
 *
 * `tests/contracts/fast_layer.ts` is the definition of this port. Every call
 * is one atomic step on the server, is safe to run twice and late, and fails
 * within its deadline: `timeout` (it may still run), `unavailable` (there is
 * no server to ask, or it is loading, a replica or read-only), `full` (no
 * memory for what is to be kept), `unsupported` (it must be set up otherwise).
 *
 * @module
 */
import type { Checkpoint } from "../domain/checkpoint.ts";
import type { LoggedEvent } from "../domain/event/event.ts";
import type { FeatureScope } from "../domain/feature.ts";
import type { SequenceName } from "../domain/sequence.ts";
import type { SettingsDocument, SettingsKey } from "../domain/settings.ts";

/** The server is no master, or not the one that the caller means. */
export type Fenced = "fenced";

/** A server as it is. */
export interface FastLayerState {
  /** Names the server's data and their past; another one after each restart and failover. */
  readonly history: string;
  /** What stands in place of the checkpoint, if anything; see `parseCheckpoint`. */
  readonly mark: string | undefined;
}

/** What to read. */
export interface FastRead {
  /** Answer only if this is the server's history; whatever it is when absent. */
  readonly history: string | undefined;
  /** Documents to look up. */
  readonly keys: readonly SettingsKey[];
  /** Also name the documents that changed after this settings position. */
  readonly changedSince?: number;
}

/** What was found at one moment. */
export interface FastAnswer {
  /** How far the server has followed the log; `undefined` when that is not known. */
  readonly checkpoint: Checkpoint | undefined;
  /**
   * One entry a key, in the order asked for. Only what is to be believed: of
   * the checkpoint's generation, and of a version at or below its position.
   */
  readonly documents: readonly (SettingsDocument | undefined)[];
  /** Documents that changed after `changedSince`; `undefined` when it cannot tell. */
  readonly changed: readonly string[] | undefined;
}

/** A permission to keep a document, taken before it is read from the database. */
export interface DocumentToken {
  /** The document. */
  readonly key: SettingsKey;
  /** Random. */
  readonly token: string;
}

/** A document to be kept. */
export interface DocumentFill extends DocumentToken {
  /** The document as it was read after the token was taken. */
  readonly document: SettingsDocument;
}

/** A step along the log. */
export interface DrainStep {
  /** The history that the caller believes. */
  readonly history: string;
  /** The checkpoint from which to go. */
  readonly from: Checkpoint;
  /** Where the step ends. */
  readonly to: Pick<Checkpoint, "position" | "settingsPosition">;
  /** The entries of the step, in order. */
  readonly entries: readonly LoggedEvent[];
  /** Every document changed in the step, once, with the position of its last change in it. */
  readonly changes: readonly DocumentChange[];
  /** Vectors to forget. */
  readonly voided: readonly FeatureScope[];
  /** Series whose blocks are void. */
  readonly fenced: readonly SequenceName[];
}

/** A changed document. */
export interface DocumentChange {
  /** Which one. */
  readonly key: SettingsKey;
  /** Position of its last change in the step. */
  readonly position: number;
  /** What stands in the database, perhaps newer than that; `undefined` when it is gone. */
  readonly document: SettingsDocument | undefined;
}

/** What became of a step. */
export interface DrainResult {
  /** Whether it was taken. */
  readonly applied: boolean;
  /** What stands in place of the checkpoint now. */
  readonly mark: string | undefined;
}

/** A stretch of the log as the server holds it. */
export interface FastEvents {
  /** How far the server has followed the log. */
  readonly checkpoint: Checkpoint | undefined;
  /** The entries after the position asked for, without a gap; may be none. */
  readonly events: readonly LoggedEvent[];
}

/** Follows the log and is read in its place. */
export interface FastLayer extends AsyncDisposable {
  /** Whether there is a server to ask; while there is none, calls fail at once. */
  readonly isUp: boolean;

  /** Why there is none, one sentence; `undefined` while there is one. */
  readonly fault: string | undefined;

  /**
   * Calls `listener` whenever `isUp` or `fault` has changed, and whenever the
   * connection has been made anew, until the result is called.
   */
  listen(listener: () => void): () => void;

  /** Looks at the server. */
  inspect(): Promise<FastLayerState>;

  /** Reads documents; writes nothing. */
  read(query: FastRead): Promise<FastAnswer | Fenced>;

  /**
   * Takes tokens, for ten seconds each, where nobody holds one.
   *
   * @returns The documents whose token was taken.
   */
  takeTokens(
    history: string,
    tokens: readonly DocumentToken[],
  ): Promise<readonly SettingsKey[] | Fenced>;

  /**
   * Keeps documents, each only if its token is still there, the checkpoint is
   * of `generation` and at or above its version, and nothing newer is held. A
   * token is used up by it.
   *
   * @returns How many were kept.
   */
  fill(
    history: string,
    generation: string,
    fills: readonly DocumentFill[],
  ): Promise<number | Fenced>;

  /**
   * Takes one step along the log, whole or not at all: only if the checkpoint
   * is exactly `from`. The token of every changed document is void. A document
   * that is held is replaced, if its new version is at or below `to`, else
   * dropped; what is not held stays so. Its name is noted for `changedSince`.
   * Vectors and blocks are dropped, entries put into the stream and told to
   * plain subscribers; the checkpoint moves last.
   */
  drain(step: DrainStep): Promise<DrainResult | Fenced>;

  /**
   * Begins anew at `to`, if `from` is still what stands in place of the
   * checkpoint: no value that is held is believed any more, since `to` has a new
   * generation, and the stream is empty.
   */
  reset(
    history: string,
    from: string | undefined,
    to: Checkpoint,
  ): Promise<DrainResult | Fenced>;

  /** Reads entries of the stream after position `after`, at most `limit`. */
  events(
    history: string,
    after: number,
    limit: number,
  ): Promise<FastEvents | Fenced>;

  /** Releases every resource; calls under way fail. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
