/**
 * The channels that an operator adds to those that are built in.
 *
 * @module
 */
import { parseChannels } from "../domain/event/channel_file.ts";
import { type ChannelRegistry, CHANNELS } from "../domain/event/registry.ts";
import { ConfigError } from "./config.ts";

/**
 * Reads `CHANNELS_PATH`; without one, the built-in channels are all there are.
 *
 * @throws {ConfigError} When the file cannot be used, with every reason.
 */
export async function readChannels(
  path: string | undefined,
): Promise<ChannelRegistry> {
  if (path === undefined) return CHANNELS;
  try {
    return parseChannels(JSON.parse(await Deno.readTextFile(path)), CHANNELS);
  } catch (cause) {
    throw new ConfigError(
      `Cannot use CHANNELS_PATH ${path}: ${(cause as Error).message}`,
      { cause },
    );
  }
}
