/**
 * Volatile events as instances hand them to each other: who sends, a space, and
 * the envelope.
 *
 * @module
 */
import { isJsonObject, parseObject } from "../json_value.ts";
import { isUuid } from "../uuid.ts";
import { CLAIM_CHECK_BYTES } from "./channel.ts";
import { formatVolatileEvent } from "./envelope.ts";
import type { NewEvent } from "./event.ts";
import { parsePublications } from "./publication.ts";
import type { ChannelRegistry } from "./registry.ts";

/** Longer texts are not looked into: the largest data, and what is around it. */
const MAX_CHARS = CLAIM_CHECK_BYTES + 4096;

/** Writes `event` as the instance `sender`, a UUID, hands it on. */
export function formatRelayedEvent(event: NewEvent, sender: string): string {
  return `${sender} ${formatVolatileEvent(event, "envelope")}`;
}

/** Whether `text` is what `sender` has written. */
export function isRelayedBy(sender: string, text: string): boolean {
  return text.startsWith(`${sender} `);
}

/**
 * Reads what another instance, or anybody, has written: an event that could
 * have been published on a volatile channel of `registry`, else `undefined`.
 */
export function parseRelayedEvent(
  text: string,
  registry: ChannelRegistry,
): NewEvent | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const space = text.indexOf(" ");
  const envelope = parseObject(text.slice(space + 1));
  if (!envelope || !isUuid(text.slice(0, space))) return undefined;
  const { id, timestamp, data } = envelope;
  if (typeof id !== "string" || typeof timestamp !== "string") return undefined;
  return isJsonObject(data) ? publicationIn(envelope, registry) : undefined;
}

function publicationIn(
  envelope: unknown,
  registry: ChannelRegistry,
): NewEvent | undefined {
  try {
    const [publication, ...others] = parsePublications(envelope, {
      registry,
      mayNameUsers: true,
      // What stands for members that are missing, and none of these is.
      atMs: 0,
      user: "",
      newId: () => "",
    });
    const { channel, event } = publication!;
    const isWhole = others.length === 0 && event.meta.user !== "";
    return isWhole && channel.lane === "volatile" ? event : undefined;
  } catch {
    return undefined;
  }
}
