/**
 * Ports that misbehave when a test says so.
 *
 * @module
 */
import { PortError, type PortErrorCode } from "../../ports/port_error.ts";

/** A port behind a gate, and what a test may do to it. */
export interface Guarded<Port> {
  /** The port; every method of it returns a promise. */
  readonly port: Port;
  /** How often a method was called, failed calls included. */
  calls(method: keyof Port): number;
  /** Runs ahead of every later call of a method, and may throw. */
  before(method: keyof Port, run: () => void | Promise<void>): void;
  /** Makes every later call of a method fail. */
  fail(method: keyof Port, error: PortErrorCode | Error): void;
  /** Lets all calls through again. */
  mend(): void;
}

/**
 * Puts a gate before `port`.
 *
 * @param plain Methods that return no promise; they go by the gate.
 */
export function guardPort<Port extends object>(
  port: Port,
  plain: readonly (keyof Port)[] = [],
): Guarded<Port> {
  const counts = new Map<PropertyKey, number>();
  const gates = new Map<PropertyKey, () => void | Promise<void>>();
  return {
    port: new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        if (plain.includes(name as keyof Port)) return method.bind(target);
        return async (...args: unknown[]) => {
          counts.set(name, (counts.get(name) ?? 0) + 1);
          await gates.get(name)?.();
          return await method.apply(target, args);
        };
      },
    }),
    calls: (method) => counts.get(method) ?? 0,
    before: (method, run) => void gates.set(method, run),
    fail(method, error) {
      gates.set(method, () => {
        throw error instanceof Error ? error : aPortError(error);
      });
    },
    mend: () => gates.clear(),
  };
}

/** An error of a port. */
export function aPortError(code: PortErrorCode): PortError {
  return new PortError(code, `Cannot do that as the test says ${code}`);
}

/** Every code of a port error. */
export const PORT_ERROR_CODES = Object.keys(
  {
    closed: 0,
    invalid: 0,
    not_found: 0,
    conflict: 0,
    version_conflict: 0,
    fenced: 0,
    epoch_changed: 0,
    expired: 0,
    corrupt: 0,
    quarantined: 0,
    full: 0,
    timeout: 0,
    unavailable: 0,
    unsupported: 0,
  } satisfies Record<PortErrorCode, 0>,
) as readonly PortErrorCode[];
