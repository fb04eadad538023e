/**
 * The status of the service as it goes on, and what it means in one sentence.
 *
 * @module
 */
import { computed, signal } from "@preact/signals";
import { messageOf, signInReason } from "./api.ts";
import { follow, type Link } from "./sse.ts";
import { clockOf, count, counted, nameOf } from "./words.ts";

/** What the service tells of itself; `routes/status.ts` says what it means. */
export interface Status {
  readonly at: string;
  readonly version: string;
  readonly instance: string;
  readonly record: string;
  readonly mode: "normal" | "degraded" | "unverified";
  readonly redis_status: "connected" | "disconnected" | "disabled";
  readonly reason: string | null;
  readonly adapters: readonly PortStatus[];
  readonly database_connected: boolean;
  readonly log: { readonly epoch: string; readonly head: number } | null;
  readonly checkpoint: number | null;
  readonly instances: readonly {
    readonly id: string;
    readonly label: string;
    readonly gate: "closed" | "opening" | "open";
    readonly applied_position: number;
  }[];
  readonly changes: readonly Change[];
  readonly caller: {
    readonly user: string;
    readonly scopes: readonly string[];
  };
}

/** Which adapter a port is on. */
export interface PortStatus {
  readonly port: string;
  readonly active: string;
  readonly pinned: string | null;
  readonly choices: readonly string[];
}

/** A change of mode or adapters. */
export interface Change {
  readonly at: string;
  readonly mode: Status["mode"];
  readonly reason: string | null;
  readonly adapters: Readonly<Record<string, string>>;
}

/** A stream of statuses that says nothing for so long is dead: it speaks each second. */
const SILENCE_MS = 4000;

/** The newest status; absent until the first one. */
export const status = signal<Status | undefined>(undefined);

/** How the stream of statuses is. */
export const link = signal<Link>("connecting");

/** Why it is not live. */
const linkFault = signal<unknown>(undefined);

/** Whether the caller may do what needs `scope`. */
export function may(scope: "read" | "write" | "trade" | "admin"): boolean {
  const scopes = status.value?.caller.scopes ?? [];
  return scopes.includes(scope) || scopes.includes("admin");
}

/** Changes that wait until Redis has them. */
export function lagOf({ log, checkpoint }: Status): number | undefined {
  if (!log || checkpoint === null) return undefined;
  return Math.max(0, log.head - checkpoint);
}

/** How good things are, for colours. */
export const tone = computed<"good" | "warn" | "bad">(() => {
  const now = status.value;
  if (!now || link.value !== "live") return "warn";
  if (!now.database_connected) return "bad";
  return now.mode === "normal" ? "good" : "warn";
});

/** How things are, in one sentence. */
export const sentence = computed(() => {
  const now = status.value;
  if (link.value === "refused") {
    return signInReason.value === undefined
      ? messageOf(linkFault.value)
      : "Sign in to see how things are.";
  }
  if (!now) return "Asking the service how things are…";
  if (link.value !== "live") {
    return "The service does not answer. Trying again; what you see here is old.";
  }
  return sentenceOf(now);
});

/** How things are. */
export function sentenceOf(now: Status): string {
  const record = nameOf(now.record);
  const head = now.log ? `log at ${count(now.log.head)}` : "no log yet";
  if (!now.database_connected) {
    return now.mode === "unverified"
      ? `${record} does not answer. Redis answers for settings, unverified; writes wait.`
      : `${record} does not answer. Nothing can be written until it is back.`;
  }
  if (now.redis_status === "disabled") {
    return now.record === "memory"
      ? `All in memory, ${head}. Nothing outlives this process.`
      : `All on ${record}, ${head}.`;
  }
  const lag = lagOf(now);
  if (now.mode === "normal") {
    const waiting = lag
      ? `${counted(lag, "change")} on the way`
      : "nothing waiting";
    const instances = counted(Math.max(1, now.instances.length), "instance");
    return `All on Redis. ${instances}, ${head}, ${waiting}.`;
  }
  const away = clockOf(Date.parse(now.at) - Date.parse(awaySince(now)));
  const drained = lag === undefined
    ? "Redis gets everything when it is back"
    : lag === 0
    ? "nothing waits to be drained"
    : `${counted(lag, "change")} will be drained`;
  const state = now.redis_status === "connected"
    ? `Redis is back and catching up, not believed for ${away}.`
    : `Redis is away for ${away}.`;
  return `${state} Serving from ${record}; ${drained}.`;
}

/** Since when Redis is not believed. */
function awaySince({ changes, at }: Status): string {
  let since = at;
  for (const change of [...changes].reverse()) {
    if (change.mode === "normal") break;
    since = change.at;
  }
  return since;
}

/** Passing states are not worth a line: ports turn one after the other. */
const PASSING_MS = 100;

/** The changes that lasted, the oldest first. */
export function lastingChanges({ changes }: Status): readonly Change[] {
  return changes.filter(({ at }, i) => {
    const next = changes[i + 1];
    return !next || Date.parse(next.at) - Date.parse(at) >= PASSING_MS;
  });
}

/** Follows the status until `signal` aborts. */
export function followStatus(signal: AbortSignal): Promise<void> {
  return follow(
    "/api/v1/status/stream",
    {
      event({ event, data }) {
        if (event === "status") status.value = JSON.parse(data);
      },
      link(now, why) {
        linkFault.value = why;
        link.value = now;
      },
    },
    SILENCE_MS,
    signal,
  );
}
