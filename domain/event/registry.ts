/**
 * Every channel that there is.
 *
 * @module
 */
import type { Channel } from "./channel.ts";
import { EQUITY_CHANNELS } from "./equity_channels.ts";
import { SETUP_CHANNELS } from "./setup_channels.ts";
import { STATE_CHANNELS } from "./state_channels.ts";

/** A closed set of channels. */
export interface ChannelRegistry {
  /** The channels, in the order in which they were registered. */
  readonly all: readonly Channel[];
  /** The channel called `name`, if there is one. */
  find(name: string): Channel | undefined;
}

/** Creates a registry; no two channels may have one name. */
export function createChannelRegistry(
  channels: readonly Channel[],
): ChannelRegistry {
  const byName = new Map(channels.map((channel) => [channel.name, channel]));
  if (byName.size !== channels.length) {
    throw new TypeError("Cannot register channels as a name stands twice");
  }
  return { all: channels, find: (name) => byName.get(name) };
}

/** The channels that clients may publish on. */
export function publishable(registry: ChannelRegistry): readonly Channel[] {
  return registry.all.filter((channel) => !channel.reserved);
}

/** The channels that are built in. */
export const CHANNELS: ChannelRegistry = createChannelRegistry([
  ...EQUITY_CHANNELS,
  ...SETUP_CHANNELS,
  ...STATE_CHANNELS,
]);
