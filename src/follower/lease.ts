/**
 * This instance's lease: the right to believe the fast layer for a while.
 *
 * @module
 */
import { type GateState, LEASE_MS } from "../../domain/lease.ts";
import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/port_error.ts";
import type { LeaseAnswer, RecordStore } from "../../ports/record_store.ts";
import type { Peers } from "./peers.ts";

/** How long one claim may take: three fit into a lease. */
const CLAIM_MS = 600;

/** What to put down. */
export interface Claim {
  /** Whether this instance believes its fast layer. */
  readonly gate: GateState;
  /** The history that it believes; empty while closed. */
  readonly history: string;
  /** Whatever it serves from there shows the log up to here. */
  readonly appliedPosition: number;
}

/** The claim of who believes nothing. */
export const CLOSED: Claim = {
  gate: "closed",
  history: "",
  appliedPosition: 0,
};

/** Holds the lease. */
export interface OwnLease {
  /** Whether the lease is good at this moment. */
  readonly isValid: boolean;

  /**
   * Puts down `claim`, and counts the lease anew if it is granted: on the
   * larger of monotonic and wall time since before it was sent. The lease of an
   * open gate is not taken up again once it has run out.
   *
   * @throws {PortError} `timeout` when the database takes too long; what
   * `RecordStore.claim` throws.
   */
  claim(claim: Claim): Promise<LeaseAnswer>;

  /** Gives the lease up, at once and for good. */
  drop(): void;

  /** Resolves once no claim is under way. */
  settled(): Promise<void>;
}

/** Creates the lease of the instance `bootId`, not held. */
export function createOwnLease(parts: {
  readonly record: RecordStore;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly bootId: string;
  readonly label: string;
}): OwnLease {
  const { record, peers, clock, bootId, label } = parts;
  let renewal = 0;
  /** Renewals up to this one were sent before the lease was dropped. */
  let dropped = 0;
  let heldSince: { monotonic: number; wall: number } | undefined;
  /** Claims go one after the other: the database refuses those that come late. */
  let last: Promise<void> = Promise.resolve();

  async function send(
    number: number,
    claim: Claim,
  ): Promise<LeaseAnswer> {
    const stop = new AbortController();
    const ended = peers.ended();
    const call = record.claim(
      { ...claim, bootId, label, renewal: number, ended },
      stop.signal,
    );
    const late = clock.sleep(CLAIM_MS, stop.signal).then(() => {
      throw new PortError(
        "timeout",
        `Cannot tell whether the lease is held as the database has not answered within ${CLAIM_MS} ms`,
      );
    });
    late.catch(() => {});
    call.catch(() => {});
    try {
      return await Promise.race([call, late]);
    } finally {
      stop.abort();
    }
  }

  function isValid(): boolean {
    if (!heldSince) return false;
    const elapsed = Math.max(
      clock.monotonic() - heldSince.monotonic,
      clock.now() - heldSince.wall,
    );
    return elapsed < LEASE_MS;
  }

  return {
    get isValid() {
      return isValid();
    },

    async claim(claim) {
      const number = ++renewal;
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      const asked = { monotonic: clock.monotonic(), wall: clock.now() };
      const answer = await send(number, claim).finally(resolve);
      // A lease that ran out meanwhile may have been taken for ended.
      const isUnbroken = claim.gate === "opening" || isValid();
      const isHeld = claim.gate !== "closed" && answer.granted;
      if (number > dropped && isHeld && isUnbroken) heldSince = asked;
      return answer;
    },

    drop() {
      heldSince = undefined;
      dropped = renewal;
    },

    settled: () => last,
  };
}
