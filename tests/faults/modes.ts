/**
 * Which mode the instances are in, watched from outside.
 *
 * @module
 */
import { sleep, within } from "../../scripts/server_process.ts";
import { askJson } from "./http.ts";
import type { Instance } from "./instance.ts";

/** What was seen of modes. */
export interface Modes {
  /** How often which instance changed from one mode to another. */
  readonly switches: ReadonlyMap<string, number>;
  /** Seconds in each mode, of all instances. */
  readonly seconds: ReadonlyMap<string, number>;
  /** The mode that the instance was in when it was looked at last. */
  of(instance: string): string;
  /**
   * How long it takes from now until every instance is in mode normal, in
   * milliseconds; `undefined` when it takes longer than `limitMs`.
   */
  untilNormal(limitMs: number): Promise<number | undefined>;
  /** Why the instances are not in mode normal, those that are not. */
  reasons(): Promise<string[]>;
  /** Watches until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const LOOK_MS = 50;

/** Creates a watcher of `instances`. */
export function createModes(instances: readonly Instance[]): Modes {
  const switches = new Map<string, number>();
  const seconds = new Map<string, number>();
  const latest = new Map<string, string>();
  const add = (to: Map<string, number>, name: string, count: number) =>
    to.set(name, (to.get(name) ?? 0) + count);

  async function watch(
    instance: Instance,
    signal: AbortSignal,
  ): Promise<void> {
    let last = "normal";
    for (let since = performance.now(); !signal.aborted;) {
      await sleep(LOOK_MS);
      const { mode } = await look(instance);
      latest.set(instance.name, mode);
      const now = performance.now();
      add(seconds, mode, (now - since) / 1000);
      since = now;
      if (mode === last) continue;
      add(switches, `${last} to ${mode}`, 1);
      last = mode;
    }
  }

  return {
    switches,
    seconds,
    of: (instance) => latest.get(instance) ?? "unknown",
    async untilNormal(limitMs) {
      const began = performance.now();
      for (;;) {
        const seen = await Promise.all(instances.map(look));
        const spent = performance.now() - began;
        if (seen.every(({ mode }) => mode === "normal")) return spent;
        if (spent > limitMs) return undefined;
        await sleep(LOOK_MS);
      }
    },
    async reasons() {
      const seen = await Promise.all(instances.map(look));
      return seen.flatMap(({ mode, reason }, i) =>
        mode === "normal" ? [] : [`${instances[i]!.name} is ${mode}: ${reason}`]
      );
    },
    async run(signal) {
      await Promise.all(instances.map((instance) => watch(instance, signal)));
    },
  };
}

/** How an instance is, `unanswered` where it does not say. */
export async function look(
  { url }: Pick<Instance, "url">,
): Promise<{ readonly mode: string; readonly reason: string | null }> {
  const asked = askJson(`${url}/api/admin/adapters`).catch(() => undefined);
  const { mode = "unanswered", reason = null } = await within(1000, asked) ??
    {};
  return { mode, reason };
}
