/**
 * What members outside append to the log when they settle events.
 *
 * @module
 */
import type { NewEvent } from "../../../domain/event/event.ts";
import { parsePublications } from "../../../domain/event/publication.ts";
import type { ChannelRegistry } from "../../../domain/event/registry.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import { uuidV7 } from "../../../domain/uuid.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Entropy } from "../../../ports/entropy.ts";
import type { EventCaller } from "../event_visibility.ts";

/** Reads what a member wants to append; only an operator may name a user. */
export type ReadEffects = (
  effects: readonly unknown[],
  caller: EventCaller,
  traceparent?: string,
) => readonly NewEvent[];

/**
 * Creates a reader of effects: events as publishers send them, of durable
 * channels alone.
 *
 * @throws {InvalidInput} From the reader, when anything is wrong with any of
 * them, with paths such as `effects[0].data.symbol`.
 */
export function createEffectReader(parts: {
  readonly channels: ChannelRegistry;
  readonly clock: Clock;
  readonly entropy: Entropy;
}): ReadEffects {
  const { channels, clock, entropy } = parts;
  return (effects, { user, isAdmin = false }, traceparent) => {
    if (effects.length === 0) return [];
    const atMs = clock.now();
    const newId = () => uuidV7(atMs, entropy.bytes(10));
    const context = {
      registry: channels,
      atMs,
      user,
      mayNameUsers: isAdmin,
      newId,
      traceparent,
    };
    const publications = read();
    const volatile = publications.flatMap(({ channel }, i) =>
      channel.lane === "durable" ? [] : [{
        path: `effects[${i}].event_type`,
        message: `must be a durable channel: current value is ${channel.name}`,
      }]
    );
    if (volatile.length === 0) return publications.map(({ event }) => event);
    const said = volatile.map(({ path, message }) => `${path} ${message}`);
    throw new InvalidInput(
      `Cannot append the effects as ${said.join("; ")}`,
      volatile,
    );

    function read() {
      try {
        return parsePublications({ events: effects }, context);
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        throw new InvalidInput(
          error.message,
          error.errors.map(({ path, message }) => ({
            path: path.replace(/^events/, "effects"),
            message,
          })),
        );
      }
    }
  };
}
