/**
 * Rules that each instance keeps.
 *
 * @module
 */
import type { Canary } from "./canary.ts";

const DRAIN = "src/follower/drain.ts";
const FOOTING = "src/follower/footing.ts";
const GATE = "src/follower/gate.ts";
const LEASE = "src/follower/lease.ts";
const NEAR = "src/follower/near_cache.ts";
const PEERS = "src/follower/peers.ts";
const READS = "src/follower/fast_reads.ts";
const SAFETY = "src/follower/safety.ts";
const DATABASE = "src/follower/database_settings.ts";
const SETTINGS = "src/follower/settings.ts";

/** What the follower does and does not. */
export const FOLLOWER_CANARIES: readonly Canary[] = [
  {
    name: "reset keeps generation",
    rule: "2 a reset sets a new random generation",
    edits: [{
      file: FOOTING,
      find: "generation: entropy.bytes(8).toHex(),",
      replace: 'generation: "0",',
    }],
  },
  {
    name: "refused step taken for done",
    rule: "2.2 a step that is refused has not been taken",
    edits: [{
      file: DRAIN,
      find: "if (result.applied) {",
      replace: "if (result) {",
    }],
  },
  {
    name: "fill under another generation",
    rule: "4 a fill goes out under the generation of its token",
    edits: [{
      file: "src/follower/fills.ts",
      find: "await fast.fill(session.history, generation, fills);",
      replace:
        "await fast.fill(session.history, session.checkpoint.generation, fills);",
    }],
  },
  {
    name: "gate opens before the barrier",
    rule: "3 after an epoch change nobody opens its gate for one lease",
    edits: [{
      file: GATE,
      find: "if (!footing.isPastBarrier()) {",
      replace: "if (false) {",
    }],
  },
  {
    name: "no wait of writers",
    rule:
      "5.2 a write is acknowledged once every live lease has ended or applied it",
    edits: [{
      file: DATABASE,
      find: "await acknowledge(commit, given, safety);",
      replace: "",
    }],
  },
  {
    name: "unsafe reads",
    rule: "4 a database value is returned once it is safe",
    edits: [{
      file: DATABASE,
      find: "await safety.until(newest(snapshot), { view: snapshot });",
      replace: "",
    }],
  },
  {
    name: "absent without waiting",
    rule: "4 what is absent is safe once nobody shows what was removed",
    edits: [{
      file: DATABASE,
      find: ": settingsPosition;",
      replace: ": 0;",
    }],
  },
  {
    name: "two moments",
    rule: "4 any missing: all of them from the database in one snapshot",
    edits: [{
      file: SETTINGS,
      find: "const { documents } = snapshot;",
      replace:
        "const documents = snapshot.documents.map((d, i) => found?.documents[i] ?? d);",
    }],
  },
  {
    name: "gate opens without catching up",
    rule: "3 opening: drain until the checkpoint is at the head",
    edits: [{
      file: GATE,
      find: `    do {
      await drain.reach(Math.max(head, demanded));
    } while (session.checkpoint.position < demanded);
`,
      replace: "",
    }],
  },
  {
    name: "demand ignored while opening",
    rule: "5.2 an opening gate catches up with what was committed meanwhile",
    edits: [{
      file: GATE,
      find: `    do {
      await drain.reach(Math.max(head, demanded));
    } while (session.checkpoint.position < demanded);
`,
      replace: "    await drain.reach(head);\n",
    }],
  },
  {
    name: "lease without end",
    rule: "3 an instance serves from Redis only while its lease is valid",
    edits: [{
      file: LEASE,
      find: "return elapsed < LEASE_MS;",
      replace: "return elapsed < 1e9;",
    }],
  },
  {
    name: "lease from the answer",
    rule: "3 the holder counts from before it sent the renewal",
    edits: [{
      file: LEASE,
      find: "heldSince = asked;",
      replace:
        "heldSince = { monotonic: clock.monotonic(), wall: clock.now() };",
    }],
  },
  {
    name: "lease by monotonic time",
    rule: "3 the larger of monotonic and wall elapsed time",
    edits: [{
      file: LEASE,
      find: "clock.now() - heldSince.wall,",
      replace: "0,",
    }],
  },
  {
    name: "lease by wall time",
    rule: "3 the larger of monotonic and wall elapsed time",
    edits: [{
      file: LEASE,
      find: "clock.monotonic() - heldSince.monotonic,",
      replace: "0,",
    }],
  },
  {
    name: "impatience",
    rule: "3 a lease has ended when the same renewal has been seen for 2.2 s",
    edits: [{
      file: PEERS,
      find: "known.standsAt - known.since >= PATIENCE_MS;",
      replace: "known.standsAt - known.since >= PATIENCE_MS / 4;",
    }],
  },
  {
    name: "watching until the answer",
    rule:
      "3 a watcher has seen a renewal to stand when it asked, not when it was told",
    edits: [{
      file: PEERS,
      find: "Math.max(known.standsAt, askedAt)",
      replace: "now",
    }],
  },
  {
    name: "applied ahead",
    rule: "5.2 applied_pos is a position that is shown",
    edits: [{
      file: GATE,
      find: "const appliedPosition = checkpoint.position;",
      replace: "const appliedPosition = checkpoint.position + 3;",
    }],
  },
  {
    name: "keep gate",
    rule: "5.2 first close our own gate, then wait for others",
    edits: [{
      file: SAFETY,
      find: "parts.gate().close((error as Error).message, open.session);",
      replace: "return false;",
    }],
  },
  {
    name: "no barrier",
    rule: "3 after an epoch change nobody acknowledges for one lease",
    edits: [{
      file: SAFETY,
      find: "barrier = Math.max(barrier, now + PATIENCE_MS - ageMs);",
      replace: "",
    }],
  },
  {
    name: "shared call",
    rule: "4 a read may share only a call that has not been sent when it began",
    edits: [{
      file: READS,
      find: "for (const one of asks) settle(one, brought, open);",
      replace:
        "for (const one of [...asks, ...batch.takeAll()]) settle(one, brought, open);",
    }],
  },
  {
    name: "shared statement",
    rule: "4 no sharing of what has been sent, in the database either",
    edits: [{
      file: "src/follower/record_reads.ts",
      find: "for (const { keys, resolve } of asks) {",
      replace:
        "const late = batch.takeAll().flatMap((ask) => ask.keys.every((key) => found.has(key)) ? [ask] : (batch.add(ask), []));\n    for (const { keys, resolve } of [...asks, ...late]) {",
    }],
  },
  {
    name: "near cache not validated",
    rule: "4 each call validates what is near",
    edits: [{
      file: NEAR,
      find:
        "else for (const key of changed) documents.delete(key as SettingsKey);",
      replace: "",
    }],
  },
  {
    name: "absent at another position",
    rule: "4 what is absent is near as of the position of all that is near",
    edits: [{
      file: NEAR,
      find: "if (position !== at) return;",
      replace: "",
    }],
  },
  {
    name: "names gone",
    rule: "4 names gone: drop everything",
    edits: [{
      file: NEAR,
      find: "if (changed === undefined) clear();",
      replace: "if (changed === undefined) {}",
    }],
  },
  {
    name: "unverified not marked",
    rule: "6 what is read while the database is away is marked",
    edits: [{
      file: SETTINGS,
      find: 'source: "redis", verified: false }',
      replace: 'source: "redis", verified: true }',
    }],
  },
  {
    name: "committed and called a failure",
    rule: "5.3 a failure after the commit is never reported as not written",
    edits: [{
      file: DATABASE,
      find: '"timeout",\n      `Cannot tell whether every',
      replace: '"unavailable",\n      `Cannot tell whether every',
    }],
  },
  {
    name: "pinned writes do not wait",
    rule:
      "5 pinning changes where reads come from, never how a write is acknowledged",
    edits: [{
      file: "src/follower/follower.ts",
      find: "databaseSettings: openDatabaseSettings(settingsParts),",
      replace:
        "databaseSettings: { ...openDatabaseSettings(settingsParts), write: async (...call) => (await record.write(...call)).versions },",
    }],
  },
  {
    name: "own entries that are not next",
    rule: "2 a step is made of the entries that follow the checkpoint",
    edits: [{
      file: DRAIN,
      find: "appended.entries[0]?.position === from.position + 1;",
      replace: "appended.entries[0]!.position > from.position;",
    }],
  },
  {
    name: "near documents outlive our own steps",
    rule: "4 what has changed is not near any more",
    edits: [{
      file: NEAR,
      find: "else documents.delete(key);\n      }\n      position",
      replace: "}\n      position",
    }, {
      file: NEAR,
      find: "if (isSame && isHeld) documents.set(key, document);",
      replace: "",
    }],
  },
  {
    name: "leases never end",
    rule: "5 waiting ends: a crashed peer holds nobody up for long",
    edits: [{
      file: PEERS,
      find: "return known?.renewal === renewal &&",
      replace: "return known?.renewal === -1 &&",
    }],
  },
];
