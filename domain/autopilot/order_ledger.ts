/**
 * Orders and the changes of positions that they lead to: which of them are one
 * trade.
 *
 * @module
 */
import type { TradeLinks } from "./trade_fact.ts";

/** Orders account for what comes within an hour, where nothing else ties both. */
const UNTIED_MS = 3_600_000;

/** Longest that an order is remembered: no calendar day is longer. */
const KEPT_MS = 26 * UNTIED_MS;

/**
 * Tells how many trades are new. Whichever comes first counts: an accepted
 * order, or a change of a position that nobody has told an order of.
 *
 * Both are one trade when they name the same `client_order_id` or `run_id`.
 * Where they have neither name in common to compare, an accepted order stands
 * for one change of a position within an hour, before or after it. All fills of
 * one `client_order_id` are one trade.
 */
export interface OrderLedger {
  /** Takes `accepted` orders in, one or more; returns how many are trades not yet counted. */
  ordered(at: number, accepted: number, links: TradeLinks): number;

  /**
   * Takes a change of a position in.
   *
   * @param isEntry Whether units were added; the others are never new trades,
   * but an order may stand for them.
   * @returns Whether it is a trade not yet counted.
   */
  moved(at: number, isEntry: boolean, links: TradeLinks): boolean;
}

interface Told {
  readonly at: number;
  readonly links: TradeLinks;
}

/** Creates a ledger without entries. */
export function createOrderLedger(): OrderLedger {
  /** When an order or a run was last heard of. */
  const ordered = new Map<string, number>();
  const filled = new Map<string, number>();
  /** Orders of the last hour, with those that nothing stands for yet. */
  const open: (Told & { left: number })[] = [];
  /** Changes that were counted as trades. */
  const counted: Told[] = [];

  function forget(now: number): void {
    for (const names of [ordered, filled]) {
      for (const [name, at] of names) {
        if (at >= now - KEPT_MS) break;
        names.delete(name);
      }
    }
    dropBefore(open, now - UNTIED_MS);
    dropBefore(counted, now - KEPT_MS);
  }

  return {
    ordered(at, accepted, links) {
      forget(at);
      let fresh = accepted;
      for (let i = 0; i < counted.length && fresh > 0;) {
        if (areOne(counted[i]!, { at, links })) {
          counted.splice(i, 1);
          fresh--;
        } else i++;
      }
      for (const name of namesOf(links)) put(ordered, name, at);
      if (fresh > 0) open.push({ at, links, left: fresh });
      return fresh;
    },

    moved(at, isEntry, links) {
      forget(at);
      const isMore = links.order !== undefined && filled.has(links.order);
      if (isMore) return false;
      if (isEntry && links.order !== undefined) put(filled, links.order, at);
      const order = open.find((one) =>
        one.left > 0 && areOne(one, { at, links })
      );
      if (order) order.left--;
      const isTold = namesOf(links).some((name) => ordered.has(name));
      if (!isEntry || order || isTold) return false;
      counted.push({ at, links });
      return true;
    },
  };
}

/** Whether an order and a change are one trade. */
function areOne(a: Told, b: Told): boolean {
  const pairs = [
    [a.links.order, b.links.order],
    [a.links.run, b.links.run],
  ].filter(([from, to]) => from !== undefined && to !== undefined);
  if (pairs.length > 0) return pairs.some(([from, to]) => from === to);
  return Math.abs(a.at - b.at) <= UNTIED_MS;
}

function namesOf({ run, order }: TradeLinks): string[] {
  return [
    ...run === undefined ? [] : [`run ${run}`],
    ...order === undefined ? [] : [`order ${order}`],
  ];
}

/** Puts `name` last. */
function put(names: Map<string, number>, name: string, at: number): void {
  names.delete(name);
  names.set(name, at);
}

function dropBefore(entries: Told[], before: number): void {
  const first = entries.findIndex(({ at }) => at >= before);
  entries.splice(0, first < 0 ? entries.length : first);
}
