/**
 * The client: everything that Holdfast does for a program.
 *
 * @module
 */
import type { Health, Readiness } from "./contract/health.ts";
import { createEventsClient, type EventsClient } from "./events.ts";
import { createGroupsClient, type GroupsClient } from "./groups.ts";
import { createOrdersClient, type OrdersClient } from "./orders.ts";
import { createSettingsClient, type SettingsClient } from "./settings.ts";
import {
  createFeaturesClient,
  createSignalsClient,
  type FeaturesClient,
  type SignalsClient,
} from "./signals.ts";
import { type Surroundings, SYSTEM } from "./surroundings.ts";
import {
  type CallOptions,
  createTransport,
  type HoldfastOptions,
  type Question,
  type Reply,
} from "./transport.ts";

/**
 * Holdfast, as a program asks it. Calls may run concurrently, and each ends
 * within its deadline. Reads, and calls that name themselves by an id or a key,
 * are made again after a failure that passes, less often each time and no
 * sooner than the service asks for; others never. Every failure is a
 * `HoldfastError`.
 */
export interface Holdfast {
  /** The settings of the user. */
  readonly settings: SettingsClient;
  /** The events of the service. */
  readonly events: EventsClient;
  /** The consumer groups of the service. */
  readonly groups: GroupsClient;
  /** The orders of the user. */
  readonly orders: OrdersClient;
  /** The features of symbols. */
  readonly features: FeaturesClient;
  /** The signals of the model. */
  readonly signals: SignalsClient;
  /** How the service is, also when it cannot serve. */
  health(options?: CallOptions): Promise<Health>;
  /** Whether requests should go to this instance. */
  ready(options?: CallOptions): Promise<Readiness>;
  /** The same service for another user: with a key that has the scope `admin`. */
  as(user: string): Holdfast;
  /** Asks for anything else of the API. */
  call(method: string, path: string, question?: Question): Promise<Reply>;
}

/**
 * Creates a client. Nothing is sent until something is asked for, and nothing
 * need be closed.
 *
 * @throws {TypeError} When the options cannot be used.
 */
export function createHoldfast(
  options: HoldfastOptions = {},
  surroundings: Surroundings = SYSTEM,
): Holdfast {
  const transport = createTransport(options, surroundings);

  /** Asks how the service is: that it cannot serve is an answer too. */
  async function state<T>(path: string, options?: CallOptions): Promise<T> {
    const question = { ...options, alsoAnswers: [503] };
    return (await transport.call("GET", path, question)).json as T;
  }

  return {
    settings: createSettingsClient(transport),
    events: createEventsClient(transport),
    groups: createGroupsClient(transport),
    orders: createOrdersClient(transport),
    features: createFeaturesClient(transport),
    signals: createSignalsClient(transport),
    health: (options) => state("/health", options),
    ready: (options) => state("/health/ready", options),
    as: (user) => createHoldfast({ ...options, user }, surroundings),
    call: (method, path, question) => transport.call(method, path, question),
  };
}
