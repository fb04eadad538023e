/**
 * How Redis is lost right after a commit: when the writer takes it along the
 * log, as the very first thing that it does then, or the reader is quicker.
 *
 * @module
 */
import type { Fleet } from "./fleet.ts";

/** Loses Redis at the next change that has been committed. */
export interface Cut {
  /** Whether it has happened. */
  readonly isDone: boolean;
  /** Gives Redis back. */
  mend(): Promise<void>;
}

/** Ways to lose it; each lets `drain` go or not, and what comes after it. */
export type CutName = keyof typeof CUTS;

/** A request that takes Redis along over a change of settings. */
const isDrain = (request: string) => request.includes("settings.updated");

const CUTS = {
  /** The writer's connection is reset, and its script lost. */
  "script lost": ({ writer }: Fleet) => void writer.way!.refuse(),
  /** The script is run, nobody hears of it, and there is no connection again. */
  "reply lost": ({ writer }: Fleet) => writer.way!.toClient.blackhole(),
  /** Nobody reaches Redis any more. */
  "gone for both": ({ writer, reader }: Fleet) => {
    void writer.way!.refuse();
    void reader.way!.refuse();
  },
  /** The reader has lost it a moment before, so that it cannot follow either. */
  "reader frozen": ({ writer, reader }: Fleet) => {
    reader.way!.toServer.blackhole();
    void writer.way!.refuse();
  },
};

/** The names of all ways. */
export const CUT_NAMES = Object.keys(CUTS) as CutName[];

/** Prepares to lose Redis as `name` says. */
export function prepareCut(fleet: Fleet, name: CutName): Cut {
  const { writer, reader } = fleet;
  let isDone = false;
  // Whoever is first takes Redis along.
  for (const { way } of [writer, reader]) {
    way!.loseReplies(1, (request) => {
      if (isDone || !isDrain(request)) return false;
      isDone = true;
      CUTS[name](fleet);
      return false;
    });
  }
  return {
    get isDone() {
      return isDone;
    },
    async mend() {
      await writer.way!.mend();
      await reader.way!.mend();
    },
  };
}
