/**
 * Rules that the servers keep.
 *
 * @module
 */
import type { Canary, Edit } from "./canary.ts";

const SERVER = "adapters/memory/fast_server.ts";
const RULES = "ports/record_rules.ts";

/** Lets a fill put in what is above the checkpoint. */
export const FILL_ABOVE: Edit = {
  file: SERVER,
  find: "if (document.version > at.position) continue;",
  replace: "",
};
/** Lets a step put in what is above its end. */
export const DRAIN_ABOVE: Edit = {
  file: SERVER,
  find: "if (document && document.version > position) return undefined;",
  replace: "",
};
/** Believes what is above the checkpoint. */
export const READ_ABOVE: Edit = {
  file: SERVER,
  find: "if (head.version > at.position) return undefined;",
  replace: "",
};

/** What the fast layer and the database of record refuse. */
export const SERVER_CANARIES: readonly Canary[] = [
  {
    name: "fence",
    rule:
      "2.1 a script refuses unless the server has the history that the gate was opened with",
    edits: [{
      file: SERVER,
      find: 'return role === "master" && (expected ?? history) === history;',
      replace: 'return role === "master";',
    }],
  },
  {
    name: "compare-and-append",
    rule: "2.2 a step is taken only from exactly the checkpoint expected",
    edits: [{
      file: SERVER,
      find: "if (data.mark !== formatCheckpoint(step.from)) return refused();",
      replace: "if (data.mark === undefined) return refused();",
    }],
  },
  {
    name: "token void in drain",
    rule: "2.3 a change voids the fill token of its document",
    edits: [{
      file: SERVER,
      find: "data.tokens.delete(change.key);",
      replace: "",
    }],
  },
  {
    name: "token check in fill",
    rule: "4 a value is kept only if its token is still there",
    edits: [{
      file: SERVER,
      find: "if (held?.token !== token || held.endsAt <= now) continue;",
      replace: "",
    }],
  },
  {
    name: "above",
    rule: "2 Redis never shows more than its checkpoint",
    edits: [FILL_ABOVE, DRAIN_ABOVE, READ_ABOVE],
  },
  {
    name: "generation check",
    rule: "2 a value of another generation is a miss",
    edits: [{
      file: SERVER,
      find:
        "if (!head || head.generation !== at?.generation) return undefined;",
      replace: "if (!head || !at) return undefined;",
    }],
  },
  {
    name: "change not named",
    rule: "2.3 the names of changed documents are noted",
    edits: [{
      file: SERVER,
      find: "noteChanges(data, step.changes, floor);",
      replace: "noteChanges(data, [], floor);",
    }],
  },
  {
    name: "two histories",
    rule: "3 one history at a time",
    edits: [{
      file: RULES,
      find: "lease.history === claim.history || hasEnded(lease, claim);",
      replace: "true;",
    }],
  },
  {
    name: "late claims",
    rule: "3 a claim older than the last one is refused",
    edits: [{
      file: RULES,
      find:
        "if (lease.bootId === claim.bootId) return lease.renewal < claim.renewal;",
      replace: "if (lease.bootId === claim.bootId) return true;",
    }],
  },
  {
    name: "held document kept",
    rule: "2.3 a document that is held is replaced or dropped",
    edits: [{
      file: SERVER,
      find: "if (!document) data.documents.delete(change.key);",
      replace: "if (!document) continue;",
    }, {
      file: SERVER,
      find:
        "else data.documents.set(change.key, storedText(document, generation));",
      replace: "",
    }],
  },
  {
    name: "names without a floor",
    rule: "4 names gone: who cannot tell what has changed says so",
    edits: [{
      file: "adapters/memory/fast_data.ts",
      find: "data.changes ??= { floor: from, names: new Map() };",
      replace: "data.changes ??= { floor: 0, names: new Map() };",
    }],
  },
  {
    name: "reset keeps names",
    rule: "2 after a reset nobody can tell what had changed before",
    edits: [{
      file: SERVER,
      find: "data.changes = { floor: to.settingsPosition, names: new Map() };",
      replace: "",
    }],
  },
];
