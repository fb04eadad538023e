/**
 * The gate: whether this instance may believe its fast layer.
 *
 * It is open only while the lease is good. It closes at once and by itself; it
 * opens when the fast layer has caught up with the log as it was after the
 * lease was had.
 *
 * @module
 */
import type { Checkpoint } from "../../domain/checkpoint.ts";
import { RENEW_MS } from "../../domain/lease.ts";
import type { Clock } from "../../ports/clock.ts";
import type { FastLayer } from "../../ports/fast_layer.ts";
import { PortError } from "../../ports/port_error.ts";
import type { LeaseAnswer } from "../../ports/record_store.ts";
import { createDrain, type Drain } from "./drain.ts";
import {
  findFooting,
  type Footing,
  reasonOf,
  sentence,
  soundCheckpoint,
  Unsound,
} from "./footing.ts";
import { type Claim, CLOSED, type OwnLease } from "./lease.ts";
import { createPacing } from "./pacing.ts";
import { createSession, type Session } from "./session.ts";

const RUN_OUT = "its lease has run out";

/** An open gate. */
export interface OpenGate {
  /** What is believed. */
  readonly session: Session;
  /** Takes the fast layer along. */
  readonly drain: Drain;
}

/** Decides whether the fast layer is believed. */
export interface Gate {
  /** What may be believed at this moment; `undefined` when nothing may. */
  readonly open: OpenGate | undefined;

  /** Whether the last claim failed: the database is away. */
  readonly isRecordAway: boolean;

  /** Why the gate is closed, where it is; one sentence. */
  readonly fault: string | undefined;

  /**
   * Stops believing, at once; the lease is given back in the background.
   *
   * @param session Only if it is this one that is believed.
   */
  close(reason: string, session?: Session): void;

  /** Lets the gate open only at or above `position`. */
  demand(position: number): void;

  /** Puts down what has been applied, where somebody waits for that. */
  tellApplied(): void;

  /** Opens the gate and keeps it open as far as it can, until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates a closed gate. */
export function createGate(parts: {
  readonly footing: Footing;
  readonly fast: FastLayer;
  readonly lease: OwnLease;
  readonly clock: Clock;
  /** Whether somebody waits for what this instance has applied. */
  readonly isAwaited: () => boolean;
  /** Hears of every opening and closing. */
  readonly onChange: () => void;
  /** Hears when the fast layer has begun anew while the gate was open or opening. */
  readonly onAnew?: () => void;
}): Gate {
  const { footing, fast, lease, clock } = parts;
  let current: OpenGate & { readonly end: AbortController } | undefined;
  let isOpen = false;
  let demanded = 0;
  let isRecordAway = false;
  let fault: string | undefined;
  let recording: Promise<void> | undefined;
  /** What was put down last as applied. */
  let told = -1;
  const pacing = createPacing(clock);

  function close(reason: string): void {
    if (!current) return;
    const { end } = current;
    current = undefined;
    if (isOpen) pacing.closed();
    isOpen = false;
    fault = sentence(reason);
    lease.drop();
    end.abort(new PortError("unavailable", fault));
    claim(CLOSED).catch(() => {});
    parts.onChange();
    pacing.wake();
  }

  async function claim(wanted: Claim): Promise<LeaseAnswer> {
    try {
      const answer = await footing.see(() => lease.claim(wanted));
      noteRecord(false);
      return answer;
    } catch (error) {
      noteRecord(error instanceof PortError);
      throw error;
    }
  }

  function noteRecord(isAway: boolean): void {
    if (isRecordAway === isAway) return;
    isRecordAway = isAway;
    parts.onChange();
  }

  async function tryOpen(): Promise<void> {
    const { history, mark } = await fast.inspect();
    // One that can never be believed is no reason to take a lease.
    soundCheckpoint(mark, await footing.see(() => footing.record.read([])));
    // What was demanded before has been committed before the head is read.
    demanded = 0;
    const opening = { gate: "opening", history, appliedPosition: 0 } as const;
    const answer = await claim(opening);
    if (!answer.granted) {
      // So that the others see that somebody may wait for them.
      await letGo();
      throw new Unsound("other instances believe another server");
    }
    const end = new AbortController();
    try {
      // Somebody whose lease was lost may still serve from another server.
      if (!footing.isPastBarrier()) {
        throw new Unsound("the log has had another epoch until just now");
      }
      const checkpoint = await findFooting(history, mark, answer, footing);
      await enter(history, checkpoint, answer.head.position, end);
    } catch (error) {
      if (current?.end === end) close(reasonOf(error));
      else await letGo();
      throw error;
    }
  }

  async function enter(
    history: string,
    checkpoint: Checkpoint,
    head: number,
    end: AbortController,
  ): Promise<void> {
    const session = createSession(
      history,
      checkpoint,
      end.signal,
      tellApplied,
      parts.onAnew,
    );
    const drain = createDrain(session, footing);
    current = { session, drain, end };
    // What is demanded meanwhile has been committed since the head was read.
    do {
      await drain.reach(Math.max(head, demanded));
    } while (session.checkpoint.position < demanded);
    if (!lease.isValid) throw new Unsound("its lease ran out before it opened");
    end.signal.throwIfAborted();
    // It may have changed before there was anything to close.
    if (footing.epoch() !== checkpoint.epoch) {
      throw new Unsound("the log has another epoch");
    }
    isOpen = true;
    pacing.opened();
    fault = undefined;
    parts.onChange();
    await renew();
  }

  async function letGo(): Promise<void> {
    lease.drop();
    await claim(CLOSED).catch(() => {});
  }

  /** Puts down what has been applied; a refusal closes the gate. */
  async function renew(): Promise<void> {
    const open = current;
    if (!open || !isOpen) return;
    const { history, checkpoint } = open.session;
    const appliedPosition = checkpoint.position;
    told = appliedPosition;
    try {
      const answer = await claim({ gate: "open", history, appliedPosition });
      if (current === open && !answer.granted) {
        close("the database has refused to renew its lease");
      }
    } catch (error) {
      // The lease is good for a while yet.
      if (!(error instanceof PortError)) throw error;
    }
    if (current === open && !lease.isValid) close(RUN_OUT);
  }

  function tellApplied(): void {
    if (hasNews()) recording ??= tellWhileAwaited();
  }

  const hasNews = () =>
    isOpen && parts.isAwaited() && told < current!.session.checkpoint.position;

  async function tellWhileAwaited(): Promise<void> {
    try {
      while (hasNews()) await renew();
    } finally {
      recording = undefined;
    }
  }

  async function turn(): Promise<void> {
    if (isOpen) return await renew();
    if (fast.isUp) return await tryOpen();
    fault = sentence(fast.fault ?? "it cannot be reached");
    await claim(CLOSED);
  }

  return {
    get open(): OpenGate | undefined {
      return isOpen && lease.isValid ? current : undefined;
    },
    get isRecordAway() {
      return isRecordAway;
    },
    get fault() {
      return isOpen && !lease.isValid ? sentence(RUN_OUT) : fault;
    },
    close(reason, session) {
      if (session && current?.session !== session) return;
      close(reason);
    },
    demand(position) {
      demanded = Math.max(demanded, position);
    },
    tellApplied,

    async run(signal) {
      const deafen = fast.listen(() => {
        if (!fast.isUp) close(fast.fault ?? "it cannot be reached");
        // It may answer in the database's place, or may not any more.
        if (!isOpen) parts.onChange();
        pacing.wake();
      });
      let failures = 0;
      let isHopeless = false;
      try {
        while (!signal.aborted) {
          const began = clock.monotonic();
          try {
            await turn();
            failures = 0;
            isHopeless = false;
          } catch (error) {
            failures++;
            if (!isOpen) {
              fault = sentence(reasonOf(error));
              isHopeless = error instanceof Unsound && error.isLasting;
              parts.onChange();
              // Only a claim tells whether it is the database that is away.
              if (error instanceof PortError) await letGo();
            }
          }
          const spent = clock.monotonic() - began;
          const next = isOpen || isHopeless
            ? RENEW_MS
            : pacing.retryMs(failures);
          await pacing.pause(Math.max(1, next - spent), signal);
        }
      } finally {
        deafen();
        close("the service ends");
        await lease.settled();
        await recording;
      }
    },
  };
}
