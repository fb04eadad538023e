/**
 * Members that wait for what they are to get: one look a group and change, for
 * all of them.
 *
 * @module
 */
import type { GroupHead } from "../../../domain/event_group/change.ts";
import { isStopped } from "../../../domain/event_group/group.ts";
import { release } from "../../../domain/event_group/settle.ts";
import { type Asker, nextDue } from "../../../domain/event_group/take.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { EventBus } from "../../../ports/event_bus.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import type { Delivery, Finder, Found } from "./delivery.ts";
import type { Lane } from "./lane.ts";
import { tellHalt, tellLetters } from "./telling.ts";

/** How late is heard of what another process has done with the group. */
const LOOK_MS = 500;

/** So far a group looks again rather than write that there was nothing. */
const FAR = 1000;

/** A bell that was not heard delays no longer. */
const MAX_SLEEP_MS = 5000;

/** Most members that one look serves. */
const MAX_ASKERS = 256;

/** What a member asks for. */
export interface Polling extends Asker {
  /** How long to wait where there is nothing, in milliseconds. */
  readonly waitMs: number;
}

/** What a member gets. */
export interface Polled {
  /** The deliveries, in order. */
  readonly deliveries: readonly Delivery[];
  /** The group after that. */
  readonly group: GroupHead;
}

/** The members that wait for one group. */
export interface Polls {
  /**
   * Waits until there is something, or the time is over; who has waited longer
   * is served before. Who has left when there is something does not get it, and
   * it does not count as a delivery.
   */
  take(polling: Polling, signal?: AbortSignal): Promise<Polled>;
}

interface Waiter extends Asker {
  /** When its time is over, on the monotonic clock. */
  readonly end: number;
  readonly resolve: (polled: Polled) => void;
  readonly reject: (reason: unknown) => void;
}

/** What a look has found, and for whom. */
interface Look extends Found {
  /** Who was there when the look began. */
  readonly present: readonly Waiter[];
  /** When it began, on the monotonic clock. */
  readonly at: number;
}

/** Creates the polls of the group of `lane`; nobody waits yet. */
export function createPolls(parts: {
  readonly lane: Lane;
  readonly finder: Finder;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}): Polls {
  const { lane, finder, bus, clock, telemetry } = parts;
  /** In the order in which they came. */
  const waiters = new Set<Waiter>();
  let isServing = false;
  let woken = new AbortController();
  const wake = () => woken.abort();
  lane.listen(wake);

  async function serve(): Promise<void> {
    isServing = true;
    while (waiters.size > 0) {
      // Whoever comes and whatever is written from now on ends the wait.
      woken = new AbortController();
      const look = await lookOnce();
      if (look) await waitForMore(look, woken);
    }
    isServing = false;
  }

  /** Looks for all who are there; `undefined` where there may be more at once. */
  async function lookOnce(): Promise<Look | undefined> {
    let present: readonly Waiter[] = [];
    try {
      const { value } = await lane.run(async (state) => {
        present = [...waiters];
        const at = clock.monotonic();
        const askers = present.slice(0, MAX_ASKERS);
        const done = await finder.find(state, askers, clock.now());
        const { isCut, state: { cursor } } = done.value;
        const isFar = cursor - state.cursor >= FAR;
        const isForced = isCut || isFar || present.some(({ end }) => end <= at);
        const value = { ...done.value, present, at };
        return { ...done, value, isForced, isLook: !isCut };
      });
      const { state: { name }, buried, halted } = value;
      tellLetters(telemetry, name, buried);
      if (halted) tellHalt(telemetry, name, halted);
      if (value.error) throw value.error;
      return handOut(value) ? undefined : value;
    } catch (error) {
      for (const one of present.length > 0 ? present : waiters) {
        if (waiters.delete(one)) one.reject(error);
      }
    }
  }

  /** Answers who has got something or whose time is over; whether there may be more. */
  function handOut({ present, deliveries, state, at, isCut }: Look): boolean {
    const unwanted: Delivery[] = [];
    deliveries.forEach((some, i) => {
      if (some.length === 0) return;
      const waiter = present[i]!;
      if (!waiters.delete(waiter)) return void unwanted.push(...some);
      waiter.resolve({ deliveries: some, group: state });
    });
    if (unwanted.length > 0) void giveBack(unwanted);
    const isMore = deliveries.every((some) => some.length > 0);
    if (isMore) return true;
    for (const one of present) {
      if (one.end > at || !waiters.delete(one)) continue;
      one.resolve({ deliveries: [], group: state });
    }
    return isCut;
  }

  async function giveBack(deliveries: readonly Delivery[]): Promise<void> {
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

  /** Ends when there may be something, or the time of somebody is over. */
  async function waitForMore(
    { state, isAtEnd }: Look,
    woken: AbortController,
  ): Promise<void> {
    if (waiters.size === 0 || woken.signal.aborted) return;
    const now = clock.monotonic();
    let sleepMs = nextDue(state) - clock.now();
    const isQuiet = state.entries.length === 0 && !isStopped(state);
    sleepMs = Math.min(sleepMs, isQuiet ? MAX_SLEEP_MS : LOOK_MS);
    for (const { end } of waiters) sleepMs = Math.min(sleepMs, end - now);
    const rings = isAtEnd && !isStopped(state);
    const sleep = async (ms: number) => {
      try {
        await clock.sleep(ms, woken.signal);
      } catch {
        // Somebody has come, or something was written.
      }
    };
    const ring = async () => {
      try {
        await bus.wait(state.cursor, woken.signal);
      } catch {
        await sleep(LOOK_MS);
      }
    };
    await Promise.race([
      sleep(Math.max(1, sleepMs)),
      ...(rings ? [ring()] : []),
    ]);
    woken.abort();
  }

  return {
    take({ member, limit, waitMs }, signal) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const leave = () => {
          if (!waiters.delete(waiter)) return;
          waiter.reject(signal!.reason);
          if (waiters.size === 0) wake();
        };
        const waiter: Waiter = {
          member,
          limit,
          end: clock.monotonic() + waitMs,
          resolve(polled) {
            signal?.removeEventListener("abort", leave);
            resolve(polled);
          },
          reject(reason) {
            signal?.removeEventListener("abort", leave);
            reject(reason);
          },
        };
        waiters.add(waiter);
        signal?.addEventListener("abort", leave);
        if (isServing) wake();
        else void serve();
      });
    },
  };
}
