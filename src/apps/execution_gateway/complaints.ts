/**
 * What fails again and again, told once.
 *
 * @module
 */
import { isTransient, PortError } from "../../../ports/port_error.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { errorFields } from "../../services/error_fields.ts";

/** Most failures that are remembered; older ones are told again. */
const MAX_KEPT = 1000;

/** Who a failure met, as the log names him. */
export type Whose = Readonly<Record<string, string>>;

/** Tells of failures. */
export interface Complaints {
  /**
   * Logs that `what` fails, once as long as it does so for the same reason:
   * with `warn` when it will pass by itself, else with `error`.
   */
  about(what: string, whose: Whose, error: unknown): void;

  /** `what` works again: the next failure is told. */
  over(what: string, whose: Whose): void;

  /**
   * Does `work`, whose failure is only that of `whose`: it is told, unless
   * `signal` has aborted.
   *
   * @returns What it threw, if it did.
   */
  during(
    what: string,
    whose: Whose,
    work: () => Promise<unknown>,
    signal?: AbortSignal,
  ): Promise<unknown>;
}

/** Creates complaints that have told of nothing. */
export function createComplaints(
  telemetry: Pick<Telemetry, "log">,
  maxKept: number = MAX_KEPT,
): Complaints {
  const told = new Map<string, string>();
  const keyOf = (what: string, whose: Whose) =>
    [what, ...Object.values(whose)].join(" ");

  function about(what: string, whose: Whose, error: unknown): void {
    const key = keyOf(what, whose);
    const reason = reasonOf(error);
    if (told.get(key) === reason) return;
    // The newest stand last, so that the oldest is forgotten.
    told.delete(key);
    if (told.size >= maxKept) told.delete(told.keys().next().value!);
    told.set(key, reason);
    const level = isTransient(error) ? "warn" : "error";
    telemetry.log(level, what, { ...whose, ...errorFields(error) });
  }

  function over(what: string, whose: Whose): void {
    told.delete(keyOf(what, whose));
  }

  return {
    about,
    over,

    async during(what, whose, work, signal) {
      try {
        signal?.throwIfAborted();
        await work();
        over(what, whose);
        return undefined;
      } catch (error) {
        if (!signal?.aborted) about(what, whose, error);
        return error;
      }
    },
  };
}

function reasonOf(error: unknown): string {
  const code = error instanceof PortError ? error.code : "unexpected";
  return `${code} ${messageOf(error)}`;
}

/** What `error` says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
