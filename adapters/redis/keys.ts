/**
 * The names of everything that Holdfast keeps in Redis for itself; documents
 * lie under their own keys, and so do their parts (`settings_projection.ts`).
 *
 * @module
 */
import type { SequenceName } from "../../domain/sequence.ts";
import type { UserId } from "../../domain/user_id.ts";
import type { ExchangePart } from "../../ports/exchange_cache.ts";

/** How far the server has followed the log: `format:epoch:gen:pos:set`. */
export const CHECKPOINT = "hf:checkpoint";

/**
 * Names of changed documents by the position of their last change. The member
 * without a name stands at the position above which none is missing; without it
 * nothing can be told.
 */
export const CHANGES = "hf:changes";

/** The last entries of the log, by position. */
export const STREAM = "hf:log";

/**
 * Which vectors are void. A hash: `*` a text that changes when all are;
 * symbols, `@date` and `symbol:date` something that changes when those are (the
 * drain puts the position of the entry there). A vector counts only while `*`
 * is there and these four are what they were when the token for it was taken;
 * fillers that find no `*` set it to something random and keep nothing. The
 * hash begins anew when it has grown large.
 */
export const FEATURE_GENERATIONS = "hf:feature:gen";

/** Holds nothing: deleted by scripts that must write without memory. */
export const SCRATCH = "hf:scratch";

/** The permission to fill `key`. */
export function fillToken(key: string): string {
  return `hf:fill:${key}`;
}

/** The block of a series of numbers. */
export function sequenceBlock({ user, day }: SequenceName): string {
  return `hf:block:${user}:${day}`;
}

/** What the venue said of a part of an account; other programs read it. */
export function exchangeValue(user: UserId, part: ExchangePart): string {
  return `binance:${user}:${part}`;
}

/** The permission to fill what the venue says of an account. */
export function exchangeToken(user: UserId): string {
  return `hf:exchange:${user}`;
}

/** There while somebody may be asking the venue. */
export function exchangeAsked(user: UserId, part: ExchangePart): string {
  return `hf:exchange:${user}:${part}`;
}

/**
 * The channel through which instances hand each other volatile events. Channels
 * are the server's, whatever its databases: the number is part of the name.
 */
export function volatileChannel(db: number): string {
  return `hf:volatile:${db}`;
}
