/**
 * Reading documents from the fast layer: many callers, one round trip.
 *
 * @module
 */
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import type { FastAnswer, FastLayer, Fenced } from "../../ports/fast_layer.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { createBatch } from "./batch.ts";
import type { Gate, OpenGate } from "./gate.ts";
import type { NearCache } from "./near_cache.ts";

/** Keys of one round trip, at most, unless one caller has more. */
const MAX_KEYS = 512;

const NEAR_READS = "holdfast_near_cache_reads_total";
const HIT = Object.freeze({ result: "hit" });
const MISS = Object.freeze({ result: "miss" });

/** What the fast layer has of the documents asked for. */
export interface FastFound {
  /** In the order asked for; `undefined` where it has none to be believed. */
  readonly documents: readonly (SettingsDocument | undefined)[];
  /** Whether all others are known not to be stored. */
  readonly isComplete: boolean;
  /** The gate that it was read through. */
  readonly gate: OpenGate;
}

/** Reads from the fast layer. */
export interface FastReads {
  /**
   * Reads `keys` as one snapshot, in a call that is sent after this one began;
   * `undefined` when the fast layer may not be believed or does not answer.
   */
  find(keys: readonly SettingsKey[]): Promise<FastFound | undefined>;

  /**
   * Takes what is near along with a step of this instance's own; after the
   * call that is under way, whose answer is older.
   */
  follow(step: OwnStep): void;
}

/** A step that the fast layer has taken. */
type OwnStep = Parameters<NearCache["follow"]>[0];

interface Ask {
  readonly keys: readonly SettingsKey[];
  readonly resolve: (found: FastFound | undefined) => void;
  readonly reject: (error: unknown) => void;
  /** Whether it has been sent before, and a near document had changed. */
  isAgain: boolean;
}

/** Creates the reads through `gate`. */
export function createFastReads(parts: {
  readonly fast: FastLayer;
  readonly gate: Gate;
  readonly near: NearCache;
  readonly telemetry: Pick<Telemetry, "count">;
}): FastReads {
  const { fast, gate, near, telemetry } = parts;
  // One at a time: what is near goes by the answers in their order.
  const batch = createBatch<Ask>(send, ({ keys }) => keys.length, MAX_KEYS, 1);

  /** Steps that were taken while a call is under way. */
  let steps: OwnStep[] | undefined;

  async function send(asks: readonly Ask[]): Promise<void> {
    steps = [];
    try {
      await ask(asks);
    } catch (error) {
      for (const { reject } of asks) reject(error);
    } finally {
      for (const step of steps) near.follow(step);
      steps = undefined;
    }
  }

  async function ask(asks: readonly Ask[]): Promise<void> {
    const { open } = gate;
    if (!open) return giveUp(asks);
    const keys = unknownKeys(asks);
    const known = open.session.checkpoint.position;
    const answer = await call(open, keys);
    // Those who wait have waited as long for this one as it has.
    if (answer === undefined) return giveUp([...asks, ...batch.takeAll()]);
    if (!isBelieved(answer, open, known)) return giveUp(asks);
    open.session.saw(answer.checkpoint!);
    if (!near.apply(answer)) return giveUp(asks);
    const brought = new Map(keys.map((key, i) => [key, answer.documents[i]]));
    measure(asks, brought);
    for (const one of asks) settle(one, brought, open);
  }

  /** Whoever is asked for again is counted when it has been brought. */
  function measure(
    asks: readonly Ask[],
    brought: ReadonlyMap<SettingsKey, unknown>,
  ): void {
    let hits = 0;
    for (const { keys } of asks) {
      for (const key of keys) if (!brought.has(key) && near.has(key)) hits++;
    }
    if (hits > 0) telemetry.count(NEAR_READS, HIT, hits);
    if (brought.size > 0) telemetry.count(NEAR_READS, MISS, brought.size);
  }

  function unknownKeys(asks: readonly Ask[]): SettingsKey[] {
    const keys = new Set<SettingsKey>();
    for (const ask of asks) {
      for (const key of ask.keys) if (!near.has(key)) keys.add(key);
    }
    return [...keys];
  }

  /** `undefined` when there is no answer in time, or the server is another. */
  async function call(
    { session }: OpenGate,
    keys: readonly SettingsKey[],
  ): Promise<FastAnswer | undefined> {
    const { history } = session;
    let answer: FastAnswer | Fenced;
    try {
      const { position } = near;
      answer = await fast.read({
        history,
        keys,
        ...(position !== undefined && { changedSince: position }),
      });
    } catch (error) {
      if (error instanceof PortError) return undefined;
      throw error;
    }
    if (answer !== "fenced") return answer;
    gate.close("it is not the server that it was", session);
    return undefined;
  }

  /** The lease must be good still: what was answered later might be overtaken. */
  function isBelieved(
    { checkpoint }: FastAnswer,
    open: OpenGate,
    known: number,
  ): boolean {
    if (gate.open?.session !== open.session) return false;
    if (checkpoint?.epoch !== open.session.checkpoint.epoch) {
      // It was flushed, or lost its checkpoint: the drain mends that.
      gate.close("its checkpoint was lost", open.session);
      return false;
    }
    if (checkpoint.position >= known) return true;
    // As SWAPDB does it, which leaves the history as it is.
    gate.close("its data have gone back in time", open.session);
    return false;
  }

  function settle(
    one: Ask,
    brought: ReadonlyMap<SettingsKey, SettingsDocument | undefined>,
    open: OpenGate,
  ): void {
    let isKnown = true;
    let isComplete = true;
    const documents = one.keys.map((key) => {
      isKnown &&= brought.has(key) || near.has(key);
      const document = brought.get(key) ?? near.get(key);
      isComplete &&= document !== undefined || near.isAbsent(key);
      return document;
    });
    if (isKnown) return one.resolve({ documents, isComplete, gate: open });
    // A document that was near has changed: it is asked for by name now.
    if (one.isAgain) return one.resolve(undefined);
    one.isAgain = true;
    batch.add(one);
  }

  function giveUp(asks: readonly Ask[]): void {
    for (const { resolve } of asks) resolve(undefined);
  }

  return {
    find: (keys) =>
      new Promise((resolve, reject) => {
        batch.add({ keys, resolve, reject, isAgain: false });
      }),
    follow(step) {
      if (steps) steps.push(step);
      else near.follow(step);
    },
  };
}
