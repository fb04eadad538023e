/**
 * Filling the fast layer with what a reader had to fetch from the database.
 *
 * A token is taken before the database is read; a change of the document
 * meanwhile voids it, and a reset ends the generation that it belongs to, so
 * that an older value never overtakes a newer one.
 *
 * @module
 */
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { DocumentFill, FastLayer } from "../../ports/fast_layer.ts";
import type { OpenGate } from "./gate.ts";

/** Fills under way, at most: they are a favour to later readers. */
const MAX_FILLS = 64;

/** Documents that may be filled by whoever took their tokens. */
export interface FillRight {
  /**
   * Keeps `documents` in the background, as far as the tokens reach. What fails
   * is let be.
   */
  fill(documents: readonly (SettingsDocument | undefined)[]): void;
}

/** Gives out rights to fill. */
export interface Fills {
  /** Takes the tokens of `keys`, as far as nobody else has them. */
  take(gate: OpenGate, keys: readonly SettingsKey[]): Promise<FillRight>;
}

const NO_RIGHT: FillRight = { fill() {} };

/** Creates the fills of `fast`. */
export function createFills(fast: FastLayer, entropy: Entropy): Fills {
  let underWay = 0;

  async function run(
    { session }: OpenGate,
    generation: string,
    fills: DocumentFill[],
  ): Promise<void> {
    underWay++;
    try {
      await fast.fill(session.history, generation, fills);
    } catch {
      // The next reader misses again and tries again.
    } finally {
      underWay--;
    }
  }

  return {
    async take(gate, keys) {
      if (underWay >= MAX_FILLS) return NO_RIGHT;
      const tokens = new Map(
        keys.map((key) => [key, entropy.bytes(8).toHex()]),
      );
      // A reset in between voids no token: what is filled must be of before it.
      const { generation } = gate.session.checkpoint;
      const wanted = [...tokens].map(([key, token]) => ({ key, token }));
      let held: readonly SettingsKey[] | "fenced";
      try {
        held = await fast.takeTokens(gate.session.history, wanted);
      } catch {
        return NO_RIGHT;
      }
      if (held === "fenced" || held.length === 0) return NO_RIGHT;
      const mine = new Set(held);
      return {
        fill(documents) {
          const fills = documents
            .filter((document) => document && mine.has(document.key))
            .map((document) => ({
              key: document!.key,
              token: tokens.get(document!.key)!,
              document: document!,
            }));
          if (fills.length > 0) void run(gate, generation, fills);
        },
      };
    },
  };
}
