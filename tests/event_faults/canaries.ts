/**
 * What keeps events whole, switched off one at a time: the judge has to find
 * out.
 *
 * @module
 */
import type { Edit } from "../support/patched_source.ts";
import {
  CASES,
  type Happen,
  raceRelays,
  restoreDatabaseShortly,
} from "./cases.ts";
import type { Observation } from "./observe.ts";
import type { Violation } from "./model.ts";

/** A rule switched off, and the case that shows it. */
export interface EventCanary {
  readonly name: string;
  readonly rule: string;
  readonly edits: readonly Edit[];
  readonly happen: Happen;
  readonly observation?: Partial<Observation>;
  /** What the judge has to say, among other things. */
  readonly finds: Violation["rule"];
}

/** The canaries. */
export const CANARIES: readonly EventCanary[] = [
  {
    name: "compare-and-append",
    rule: "a step is taken only from exactly the checkpoint it was made for",
    edits: [{
      file: "adapters/redis/scripts/drain.lua",
      find: "if mark ~= from then return { 0, mark } end",
      replace: "",
    }],
    happen: raceRelays,
    finds: "stream",
  },
  {
    name: "hole check",
    rule: "a reader goes to the database where the next position is missing",
    edits: [
      {
        file: "adapters/redis/stream.ts",
        find: "if (position !== after + events.length + 1 || !event) break;",
        replace: "if (!event) break;",
      },
      {
        file: "src/follower/events.ts",
        find: "if (isFull || event.position !== scannedTo + 1) break;",
        replace: "if (isFull) break;",
      },
      {
        file: "src/follower/events.ts",
        find: "scannedTo++;",
        replace: "scannedTo = event.position;",
      },
    ],
    happen: CASES["F3 flushall, del and evict mid stream"]!,
    finds: "lost",
  },
  {
    name: "epoch check",
    rule: "a log that no longer holds what is known of it gets another epoch",
    edits: [
      {
        file: "adapters/postgres/known_log.ts",
        find: "if (now !== epoch || isThere) return;",
        replace: "if (now !== epoch || isThere || found !== id) return;",
      },
      {
        file: "src/follower/safety.ts",
        find: "if (wentBack(view, askedAt)) {",
        replace: "if (wentBack(view, askedAt) && false) {",
      },
      {
        file: "src/follower/footing.ts",
        find: "await leaveLostPositions(mark, view, record);",
        replace: "",
      },
    ],
    happen: restoreDatabaseShortly,
    observation: { publishers: 8, pauseMs: [0, 1] },
    finds: "lost",
  },
];
