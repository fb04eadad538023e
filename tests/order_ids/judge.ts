/**
 * Judges what clients were given for orders: of one intent one answer, and no
 * number for two.
 *
 * @module
 */
import { parseClientOrderId } from "../../domain/order/client_order_id.ts";

/** What a client was given. */
export type OrderAnswer =
  | { readonly day: string; readonly first: number; readonly last: number }
  | {
    readonly client_order_id: string;
    readonly chain: string;
    readonly day: string;
    readonly number: number;
    readonly type: string;
  };

/** One answer to one request. */
export interface OrderReply {
  /** Whose. */
  readonly user: string;
  /** The idempotency key. */
  readonly key: string;
  /** The chain that was named, where one was. */
  readonly chain?: string | undefined;
  /** The answer of a request that succeeded, or what was said else. */
  readonly answer: OrderAnswer | { readonly refused: string };
}

/** Something that must not be. */
export interface OrderViolation {
  readonly rule: "repeat" | "unique" | "chain" | "kept" | "refused";
  readonly message: string;
}

/**
 * What is wrong with `replies`.
 *
 * @param kept The ids that the database holds, each behind its user.
 */
export function judgeOrders(
  replies: readonly OrderReply[],
  kept: ReadonlySet<string>,
): readonly OrderViolation[] {
  const violations: OrderViolation[] = [];
  const say = (rule: OrderViolation["rule"], message: string) =>
    violations.push({ rule, message });
  const byKey = new Map<string, string>();
  const owners = new Map<string, string>();

  function own(what: string, intent: string): void {
    const owner = owners.get(what);
    if (owner === undefined) owners.set(what, intent);
    else if (owner !== intent) say("unique", `${what}: ${owner} and ${intent}`);
  }

  for (const { user, key, chain, answer } of replies) {
    if ("refused" in answer) {
      say("refused", `${key}: ${answer.refused}`);
      continue;
    }
    const text = JSON.stringify(answer);
    const before = byKey.get(`${user} ${key}`);
    byKey.set(`${user} ${key}`, before ?? text);
    if ((before ?? text) !== text) say("repeat", `${key}: ${before} ${text}`);
    if ("first" in answer) {
      const { day, first, last } = answer;
      for (let number = first; number <= last; number++) {
        own(`${user} ${day} ${number}`, key);
      }
      continue;
    }
    const { client_order_id: id, day, number, type } = answer;
    own(`${user} ${id}`, chain === undefined ? key : `${chain} ${type}`);
    if (!kept.has(`${user} ${id}`)) say("kept", `${key}: ${id} is not`);
    const parsed = parseClientOrderId(id);
    const isWhole = parsed?.number === number && parsed.type === type &&
      parsed.chain === answer.chain && (chain ?? answer.chain) === parsed.chain;
    if (!isWhole) say("chain", `${key}: ${text}`);
    if (chain === undefined) own(`${user} ${day} ${number}`, key);
  }
  return violations;
}
