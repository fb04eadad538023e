/**
 * Forgets features that the log says are void, whoever said so.
 *
 * @module
 */
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import { featureScopeOf } from "../../domain/event/own_events.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "./error_fields.ts";
import type { FeatureService } from "./features.ts";
import { type Pacing, pauseMs } from "./retry.ts";
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
  const { bus, features, clock, entropy, telemetry } = ports;
  let failure: unknown;
  for (let failures = 0; !signal.aborted;) {
    try {
      if (failures > 0) {
        await clock.sleep(pauseMs(failures, entropy), signal);
      }
      const { position: after, epoch } = await bus.head(signal);
      await features.forget({});
      const options = { clock, entropy, telemetry, channels: CHANNELS, signal };
      const pages = subscribe(bus, { ...options, after, epoch });
      for await (const page of pages) {
        for (const event of page.events) {
          await features.forget(featureScopeOf(event));
        }
        failures = 0;
        failure = undefined;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof PortError)) throw error;
      const fields = errorFields(error);
      if (fields.error !== failure) {
        telemetry.log(
          "warn",
          "lost track of invalidations; forgetting all",
          fields,
        );
      }
      failure = fields.error;
      failures++;
    }
  }
}
