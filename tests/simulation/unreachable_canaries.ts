/**
 * Rules that cannot be missed in a schedule, as others stand before them there:
 * a directed test sees each that is switched off.
 *
 * @module
 */
import { DRAIN_ABOVE, FILL_ABOVE, READ_ABOVE } from "./canaries_of_servers.ts";
import type { UnreachableCanary } from "./canary.ts";

const SERVER = "adapters/memory/fast_server.ts";
const DRAIN = "src/follower/drain.ts";
const GATE = "src/follower/gate.ts";
const LEASE = "src/follower/lease.ts";
const NEAR = "src/follower/near_cache.ts";
const READS = "src/follower/fast_reads.ts";
const SAFETY = "src/follower/safety.ts";
const SETTINGS = "src/follower/settings.ts";

const CONTRACT = "tests/adapters/memory_fast_layer_test.ts";
const DRAIN_TEST = "tests/follower/drain_test.ts";
const RARE_TEST = "tests/follower/rare_worlds_test.ts";
const SAFETY_TEST = "tests/follower/safety_test.ts";

/** What a directed test sees. */
export const UNREACHABLE_CANARIES: readonly UnreachableCanary[] = [
  {
    name: "fill above",
    rule: "4 a value is kept only if its version is at or below the checkpoint",
    edits: [FILL_ABOVE],
    unreachable:
      "a value above the checkpoint is a miss for every reader, and the drain replaces it before the checkpoint gets there",
    directed: {
      file: CONTRACT,
      test: "a document above the checkpoint is not kept",
    },
  },
  {
    name: "drain above",
    rule: "2.3 a row above the position of the step is not put in its place",
    edits: [DRAIN_ABOVE],
    unreachable:
      "a value above the checkpoint is a miss for every reader, and the drain replaces it before the checkpoint gets there",
    directed: {
      file: CONTRACT,
      test: "what is held is replaced, or dropped if it cannot be",
    },
  },
  {
    name: "read above",
    rule: "2 a value of a version above the checkpoint is a miss",
    edits: [READ_ABOVE],
    unreachable: "neither fills nor steps put one there",
    directed: {
      file: CONTRACT,
      test: "a version above the checkpoint is not believed",
    },
  },
  {
    name: "reset without comparing",
    rule: "2 a reset only if the checkpoint is still the bad one",
    edits: [{
      file: SERVER,
      find: "if (data.mark !== from) return refused();",
      replace: "",
    }],
    unreachable:
      "nothing that is held is of the generation that it sets, and who knows of a later checkpoint closes its gate",
    directed: {
      file: CONTRACT,
      test: "a reset is refused unless what it means still stands there",
    },
  },
  {
    name: "head read before the lease",
    rule: "3 opening: take the lease, then read the head",
    edits: [
      {
        file: GATE,
        find:
          "soundCheckpoint(mark, await footing.see(() => footing.record.read([])));",
        replace:
          "const early = await footing.see(() => footing.record.read([]));",
      },
      {
        file: GATE,
        find: "answer.head.position, end);",
        replace: "early.head.position, end);",
      },
    ],
    unreachable:
      "8000 schedules do not show it: a write has to come between the two statements, and nothing else after it",
    directed: {
      file: "tests/follower/gate_rules_test.ts",
      test:
        "it opens at the head as it was after the lease was had, whoever wrote just before that",
    },
  },
  {
    name: "claim from before the drop",
    rule:
      "3 a lease that was given up does not come back by an answer under way",
    edits: [{
      file: LEASE,
      find: "if (number > dropped && isHeld && isUnbroken)",
      replace: "if (isHeld && isUnbroken)",
    }],
    unreachable:
      "a gate opens only after an opening claim of its own was granted, and claims go one after the other",
    directed: {
      file: "tests/follower/lease_test.ts",
      test:
        "a lease that was dropped is not held by an answer that comes later",
    },
  },
  {
    name: "epoch not looked at",
    rule: "1 positions of another epoch say nothing",
    edits: [{
      file: SAFETY,
      find: "isOfEpoch || view || look(),",
      replace: "",
    }],
    unreachable:
      "positions are never given out twice here, and a step from another epoch is refused before its positions are compared",
    directed: {
      file: SAFETY_TEST,
      test: "the database is looked at where there is no view",
    },
  },
  {
    name: "answer through a closed gate",
    rule: "3 an instance serves from Redis only while its gate is open",
    edits: [{
      file: READS,
      find: "if (gate.open?.session !== open.session) return false;",
      replace: "",
    }],
    unreachable:
      "what a server answers under the same history was current at some moment after the read began, when the gate was open",
    directed: {
      file: "tests/follower/fast_reads_test.ts",
      test:
        "an answer that comes after the gate has closed, or opened anew, is not believed",
    },
  },
  {
    name: "near cache takes older answers",
    rule: "4 an answer older than what has been applied is not stored",
    edits: [{
      file: NEAR,
      find: `        return false;
      }
      if (at !== position) {`,
      replace: `        if (at === undefined) return false;
      } else if (at !== position) {`,
    }],
    unreachable: "reads go one at a time, so that answers come in order",
    directed: {
      file: "tests/follower/near_cache_test.ts",
      test:
        "an answer that is older than one before is not kept, and nothing goes by it",
    },
  },
  {
    name: "near cache outlives the gate",
    rule: "3 closing drops the near cache",
    edits: [{
      file: "src/follower/follower.ts",
      find: "near.clear();",
      replace: "",
    }],
    unreachable:
      "what is near is validated by position, and positions are never given out twice here",
    directed: {
      file: RARE_TEST,
      test:
        "what was near before the gate closed is not taken for what is at its position now",
    },
  },
  {
    name: "unverified of another database",
    rule: "6 what another database has put there answers nothing",
    edits: [{
      file: SETTINGS,
      find: "checkpoint && checkpoint.epoch === safety.epoch();",
      replace: "checkpoint;",
    }],
    unreachable: "no server here follows another database",
    directed: {
      file: RARE_TEST,
      test:
        "while the database is away a server of another database answers nothing",
    },
  },
  {
    name: "own entries of any epoch",
    rule: "2 a step is made of entries of the checkpoint's epoch",
    edits: [{
      file: DRAIN,
      find: "return appended?.epoch === from.epoch &&\n    appended",
      replace: "return appended !== undefined && appended",
    }],
    unreachable:
      "a gate opens only one lease after a change of epoch, when no answer to a commit before it is under way in the simulation",
    directed: {
      file: DRAIN_TEST,
      test:
        "it is read where something else comes next, or the epoch is another",
    },
  },
  {
    name: "commits of any epoch are known",
    rule: "5.2 positions of another epoch say nothing of this one",
    edits: [{
      file: SAFETY,
      find:
        "const isOfEpoch = appended?.epoch === open.session.checkpoint.epoch;",
      replace: "const isOfEpoch = appended !== undefined;",
    }],
    unreachable:
      "a gate opens only one lease after a change of epoch, when no answer to a commit before it is under way in the simulation",
    directed: {
      file: SAFETY_TEST,
      test:
        "what this instance has committed in the epoch that it serves needs no look",
    },
  },
];
