/**
 * Forgets features that the log says are void, whoever said so.
 *
 * @module
 */
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import { featureScopeOf } from "../../domain/event/own_events.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { FeatureService } from "./features.ts";
import { keepTrack } from "./keep_track.ts";
import type { Pacing } from "./retry.ts";
import { subscribe } from "./subscription.ts";

const CHANNELS = parseChannelPatterns(["features.invalidated"]);

/** What the follower works on. */
export interface InvalidationPorts extends Pacing {
  /** The log to follow. */
  readonly bus: EventBus;
  /** What forgets. */
  readonly features: FeatureService;
  /** Told of what goes wrong. */
  readonly telemetry: Telemetry;
  /** How long events are gathered, to be read at once. */
  readonly gatherMs?: number;
}

/**
 * Follows the log from its head until `signal` aborts. Whenever it cannot know
 * what it has missed, as at its start, everything is forgotten: features can
 * be computed again. What cannot be forgotten is tried again until it is.
 */
export async function followInvalidations(
  ports: InvalidationPorts,
  signal: AbortSignal,
): Promise<void> {
  const { bus, features, clock, entropy, telemetry, gatherMs = 0 } = ports;
  const lost = "lost track of invalidations; forgetting all";
  await keepTrack(
    async (onProgress) => {
      const { position: after, epoch } = await bus.head(signal);
      telemetry.gauge("holdfast_log_position", after);
      await features.forget({});
      const options = { clock, entropy, telemetry, channels: CHANNELS, signal };
      const pages = subscribe(bus, {
        ...options,
        after,
        epoch,
        gatherMs,
      });
      for await (const page of pages) {
        // Every instance follows the log here, to its end.
        telemetry.gauge("holdfast_log_position", page.head.position);
        for (const event of page.events) {
          await features.forget(featureScopeOf(event));
        }
        onProgress();
      }
    },
    lost,
    ports,
    signal,
  );
}
