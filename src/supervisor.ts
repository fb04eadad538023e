/**
 * The supervisor: decides which adapter each state port is on.
 *
 * It turns the switching adapters when the follower's mode changes, unless a
 * port is pinned. Where reads come from is all that it decides: how a write is
 * acknowledged is the same on every adapter.
 *
 * @module
 */
import { PortError } from "../ports/port_error.ts";
import type { Switchable } from "../ports/switchable.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { PortPlan } from "./adapter_plan.ts";
import type { FollowerState } from "./follower/follower.ts";
import { errorFields } from "./services/error_fields.ts";
import type {
  PortAdapter,
  PortName,
  RedisStatus,
  ServiceMode,
  SystemState,
} from "./services/system_state.ts";

const MODES: readonly ServiceMode[] = ["normal", "degraded", "unverified"];

/** A port that is switched, without its type. */
export interface SwitchedPort {
  /** Its name. */
  readonly name: PortName;
  /** Name of the adapter that it is on. */
  active(): string;
  /** Names of the adapters that it may be on. */
  readonly choices: readonly string[];
  /** The adapter of each mode. */
  readonly byMode: Readonly<Record<ServiceMode, string>>;
  /** The adapter that configuration pins it to. */
  readonly pinned: string | undefined;
  /** Sends calls to another adapter. */
  swapTo(name: string): Promise<void>;
}

/** Names `port`, and the adapters that it may be switched between. */
export function switchedPort<Port>(
  name: PortName,
  port: Switchable<Port>,
  { choices, byMode, pinned }: PortPlan<Port>,
): SwitchedPort {
  return {
    name,
    byMode,
    pinned,
    active: () => port.active,
    choices: Object.keys(choices),
    swapTo: (adapter) => port.swapTo(adapter, choices[adapter]!),
  };
}

/** What the supervisor watches. */
export interface Watched {
  /** How the follower is now. */
  state(): FollowerState;
  /** Calls `listener` after it has changed, until the result is called. */
  listen(listener: () => void): () => void;
}

/** Decides, and tells what it has decided. */
export interface Supervisor extends SystemState, AsyncDisposable {}

/**
 * Creates a supervisor, which decides at once and then on every change.
 *
 * @param follower Absent where nothing follows the database.
 */
export function createSupervisor(
  ports: readonly SwitchedPort[],
  follower: Watched | undefined,
  telemetry: Telemetry,
): Supervisor {
  const pins = new Map<PortName, string>();
  for (const { name, pinned } of ports) {
    if (pinned !== undefined) pins.set(name, pinned);
  }
  /** Resolves once the port has turned, each turn after the one before it. */
  const turning = new Map<PortName, Promise<void>>();
  /** Swaps whose former adapter may still have calls under way. */
  const swaps = new Set<Promise<void>>();
  const listeners = new Set<() => void>();
  let closed = false;

  const mode = (): ServiceMode => follower?.state().mode ?? "normal";

  /**
   * By which mode ports are turned. That the database is away shows in a call
   * that fails, and that one has to be where Redis can answer.
   */
  function turnedBy(): ServiceMode {
    if (!follower) return "normal";
    const { mode, mayAnswer } = follower.state();
    return mode === "degraded" && mayAnswer ? "unverified" : mode;
  }

  const wanted = ({ name, byMode }: SwitchedPort) =>
    pins.get(name) ?? byMode[turnedBy()];

  /** Turns `port` to where it belongs at the moment that its turn comes. */
  function turn(port: SwitchedPort): Promise<void> {
    const before = turning.get(port.name) ?? Promise.resolve();
    const { promise: turned, resolve } = Promise.withResolvers<void>();
    const swap = before.then(async () => {
      const adapter = wanted(port);
      if (closed || port.active() === adapter) return;
      const swapped = port.swapTo(adapter);
      tell();
      const labels = { port: port.name, adapter };
      telemetry.count("holdfast_adapter_switches_total", labels);
      // Calls on the former one may hang: they hold up no turn.
      if (port.active() === adapter) resolve();
      await swapped;
    }).finally(() => {
      swaps.delete(swap);
      resolve();
    });
    swaps.add(swap);
    turning.set(port.name, turned);
    return swap;
  }

  function tell(): void {
    for (const listener of [...listeners]) listener();
  }

  function turnAll(): void {
    tell();
    for (const port of ports) {
      turn(port).catch((error: unknown) => {
        const fields = { port: port.name, ...errorFields(error) };
        telemetry.log("error", "a port could not be switched", fields);
      });
    }
  }

  function portNamed(name: PortName): SwitchedPort {
    return ports.find((port) => port.name === name)!;
  }

  const describe = (port: SwitchedPort): PortAdapter => ({
    port: port.name,
    active: port.active(),
    pinned: pins.get(port.name),
    choices: port.choices,
  });

  function measure(): void {
    for (const one of MODES) {
      telemetry.gauge("holdfast_mode", Number(one === mode()), { mode: one });
    }
    for (const port of ports) {
      const { name, choices } = port;
      const active = port.active();
      for (const adapter of choices) {
        const labels = { port: name, adapter };
        const isActive = Number(adapter === active);
        telemetry.gauge("holdfast_adapter_active", isActive, labels);
      }
      const isPinned = Number(pins.has(name));
      telemetry.gauge("holdfast_adapter_pinned", isPinned, { port: name });
    }
  }

  const unwatch = telemetry.onRead(measure);
  const deafen = follower?.listen(turnAll);
  turnAll();

  return {
    mode,

    redis(): RedisStatus {
      if (!follower) return "disabled";
      return follower.state().isFastLayerUp ? "connected" : "disconnected";
    },

    fault: () => follower?.state().fault,

    adapters: () => ports.map(describe),

    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async pin(name, adapter) {
      const port = portNamed(name);
      if (!port.choices.includes(adapter)) {
        throw new PortError(
          "invalid",
          `Cannot pin ${name} to ${adapter} as it can be on ${
            port.choices.join(", ")
          } only`,
        );
      }
      const before = pins.get(name);
      pins.set(name, adapter);
      try {
        await turn(port);
      } catch (error) {
        if (before === undefined) pins.delete(name);
        else pins.set(name, before);
        throw error;
      }
      telemetry.log("warn", "a port is pinned", { port: name, adapter });
      tell();
      return describe(port);
    },

    async release(name) {
      const port = portNamed(name);
      if (pins.delete(name)) {
        telemetry.log("warn", "a port is released", { port: name });
      }
      await turn(port);
      tell();
      return describe(port);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      unwatch();
      deafen?.();
      await Promise.allSettled(swaps);
    },
  };
}
