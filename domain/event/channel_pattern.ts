/**
 * Which channels a reader asks for.
 *
 * @module
 */
import { InvalidInput } from "../invalid_input.ts";

/** Tells whether a channel is asked for. */
export type ChannelMatcher = (channel: string) => boolean;

const SHAPE = /^(?:>|(?:[a-z0-9_-]+|\*)(?:\.(?:[a-z0-9_-]+|\*))*(?:\.>)?)$/;

/** Whether `text` is a channel, or a pattern of channels. */
export function isChannelPattern(text: string): boolean {
  return text.length <= 128 && SHAPE.test(text);
}

/**
 * Compiles patterns into one test; no pattern asks for everything.
 *
 * Channels are words joined by dots. `*` stands for one word, `>` at the end
 * for one word or more: `signals.*` takes `signals.generated`, `>` takes all.
 *
 * @throws {InvalidInput} When a pattern is malformed.
 */
export function parseChannelPatterns(
  patterns: readonly string[],
): ChannelMatcher {
  if (patterns.length === 0) return () => true;
  const sources = patterns.map((pattern) => {
    if (!isChannelPattern(pattern)) {
      throw new InvalidInput(
        `Cannot use channel pattern ${
          JSON.stringify(pattern.slice(0, 128))
        } as it must be words joined by dots, with * for one word and > last for the rest`,
      );
    }
    return pattern.replaceAll(".", "\\.").replaceAll("*", "[^.]+")
      .replace(/>$/, ".+");
  });
  const anyOf = new RegExp(`^(?:${sources.join("|")})$`);
  return (channel) => anyOf.test(channel);
}
