/**
 * Waiting for what a member is to get.
 *
 * @module
 */
import { isStopped } from "../../../domain/event_group/group.ts";
import type { GroupHead } from "../../../domain/event_group/change.ts";
import { release } from "../../../domain/event_group/settle.ts";
import { nextDue } from "../../../domain/event_group/take.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { EventBus } from "../../../ports/event_bus.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import type { Delivery, Finder, Found } from "./delivery.ts";
import type { Lane } from "./lane.ts";

/** Most deliveries of one call. */
export const MAX_TAKE = 1000;

/** Longest wait of one call, in milliseconds. */
export const MAX_POLL_MS = 60_000;

/** How late is heard of what another process has done with the group. */
const LOOK_MS = 500;

/** So far a group looks again rather than write that there was nothing. */
const FAR = 1000;

/** A bell that was not heard delays no longer. */
const MAX_SLEEP_MS = 5000;

/** What a member asks for. */
export interface Polling {
  /** Who it is. */
  readonly member: string;
  /** Most deliveries. */
  readonly limit: number;
  /** How long to wait where there is nothing. */
  readonly waitMs: number;
}

/** What a member gets. */
export interface Polled {
  /** The deliveries, in order. */
  readonly deliveries: readonly Delivery[];
  /** The group after that. */
  readonly group: GroupHead;
}

/**
 * Looks until there is something, or the time is over. Who has left when there
 * is something does not get it, and it does not count as a delivery.
 */
export async function pollGroup(
  parts: {
    readonly lane: Lane;
    readonly finder: Finder;
    readonly bus: EventBus;
    readonly clock: Clock;
    readonly telemetry: Telemetry;
  },
  { member, limit, waitMs }: Polling,
  signal?: AbortSignal,
): Promise<Polled> {
  const { lane, finder, bus, clock } = parts;
  const end = clock.monotonic() + waitMs;
  for (;;) {
    signal?.throwIfAborted();
    const left = end - clock.monotonic();
    const isLast = left <= 0;
    // Whatever is written from now on ends the wait.
    const woken = new AbortController();
    const deafen = lane.listen(() => woken.abort());
    try {
      const { value } = await lane.run(async (state) => {
        signal?.throwIfAborted();
        const asked = { member, limit, now: clock.now() };
        const done = await finder.find(state, asked);
        const { isCut, state: { cursor } } = done.value;
        const isFar = cursor - state.cursor >= FAR;
        return { ...done, isForced: isLast || isCut || isFar };
      });
      if (value.error) throw value.error;
      const { deliveries, state } = value;
      if (signal?.aborted) await giveBack(deliveries);
      signal?.throwIfAborted();
      if (deliveries.length > 0 || isLast) return { deliveries, group: state };
      if (value.isCut) continue;
      await waitForMore(value, Math.max(1, left), woken);
    } finally {
      deafen();
    }
  }

  async function giveBack(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const refs = deliveries.map(({ event: { position }, token }) => ({
      position,
      token,
    }));
    try {
      await lane.run((state) => ({
        value: undefined,
        step: release(state, refs, clock.now()),
      }));
    } catch {
      // They are delivered again when their leases end.
    }
  }

  /** Ends when there may be something, or the time is over. */
  async function waitForMore(
    { state, isAtEnd }: Found,
    left: number,
    woken: AbortController,
  ): Promise<void> {
    const due = nextDue(state) - clock.now();
    const isQuiet = state.entries.length === 0 && !isStopped(state);
    const most = isQuiet ? MAX_SLEEP_MS : LOOK_MS;
    const sleepMs = Math.max(1, Math.min(left, due, most));
    const stop = () => woken.abort();
    signal?.addEventListener("abort", stop);
    const rings = isAtEnd && !isStopped(state);
    try {
      await Promise.race([
        quietly(clock.sleep(sleepMs, woken.signal)),
        ...rings ? [quietly(bus.wait(state.cursor, woken.signal))] : [],
      ]);
    } finally {
      woken.abort();
      signal?.removeEventListener("abort", stop);
    }
  }
}

/** Waits for the end of `wait`, however it comes. */
async function quietly(wait: Promise<void>): Promise<void> {
  await wait.catch(() => {});
}
