/**
 * How the other processes are that this one asks.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";

/** How long a look counts, so that probes do not add up. */
const FRESH_MS = 1000;

/** The processes that may be apart, and the variable that names each. */
const REMOTES = {
  signalService: ["signal service", "SIGNAL_SERVICE_URL"],
  executionGateway: ["execution gateway", "EXECUTION_GATEWAY_URL"],
} as const;

/** A process that may be apart. */
export type Remote = keyof typeof REMOTES;

/** Whether a process answers; takes less than half a second and never throws. */
export type Look = () => Promise<boolean>;

/** A look at each process that is apart. */
export type RemoteLooks = { readonly [remote in Remote]?: Look | undefined };

/** Whether each process that is apart has answered. */
export type RemotesHealthy = { readonly [remote in Remote]?: boolean };

/** Creates what remembers looks for a second; one at a time is under way. */
export function createRemoteHealth(
  looks: RemoteLooks,
  clock: Pick<Clock, "monotonic">,
) {
  const known = new Map<Remote, { at: number; answers: Promise<boolean> }>();

  function isHealthy(remote: Remote, look: Look): Promise<boolean> {
    const last = known.get(remote);
    const at = clock.monotonic();
    if (last && at - last.at < FRESH_MS) return last.answers;
    const answers = look();
    known.set(remote, { at, answers });
    return answers;
  }

  return {
    /** Looks; `losses` says what is missing, a sentence each. */
    async check(): Promise<{
      readonly healthy: RemotesHealthy;
      readonly losses: readonly string[];
    }> {
      const healthy: { [remote in Remote]?: boolean } = {};
      const losses: string[] = [];
      const names = Object.keys(REMOTES) as Remote[];
      await Promise.all(names.map(async (remote) => {
        const look = looks[remote];
        if (!look) return;
        healthy[remote] = await isHealthy(remote, look);
        if (healthy[remote]) return;
        const [name, variable] = REMOTES[remote];
        losses.push(
          `Cannot reach the ${name} as it does not answer: start it, or correct ${variable}`,
        );
      }));
      return { healthy, losses: losses.toSorted() };
    },
  };
}
