/**
 * Consumer groups: events that are shared out, and settled one by one.
 *
 * @module
 */
import type {
  Group,
  GroupInput,
  GroupList,
  NextDeliveries,
  Settled,
} from "./contract/groups.ts";
import type { Publication } from "./events.ts";
import type { CallOptions, Question, Transport } from "./transport.ts";

/** Names a delivery: every one that `next` gave does. */
export interface DeliveryRef {
  readonly position: number;
  readonly token: string;
}

/** A delivery that could not be handled. */
export interface FailedDelivery extends DeliveryRef {
  /** What went wrong. */
  readonly error: string;
  /** Milliseconds until it is delivered again; as the group has it if absent. */
  readonly retry_ms?: number;
}

/** How many deliveries to take, and who takes them. */
export interface NextOptions extends CallOptions {
  /** Seconds to wait where there is nothing, up to 60; 0 when absent. */
  readonly waitS?: number | undefined;
  /** Most deliveries; 10 when absent. */
  readonly limit?: number | undefined;
  /** Who takes them, for people. */
  readonly member?: string | undefined;
}

/** The consumer groups of the service; only an admin may use them. */
export interface GroupsClient {
  /** Lists the groups. */
  list(options?: CallOptions): Promise<readonly Group[]>;
  /** Shows a group. */
  get(name: string, options?: CallOptions): Promise<Group>;
  /** Makes a group, or changes how it reads. */
  put(name: string, group?: GroupInput, options?: CallOptions): Promise<Group>;

  /**
   * Takes the next deliveries. Where an answer was lost on its way, its events
   * are delivered again after their leases.
   */
  next(name: string, options?: NextOptions): Promise<NextDeliveries>;

  /**
   * Says that deliveries have been handled, and publishes `effects` in the same
   * transaction. It is never sent twice: where the answer is lost, a delivery
   * may come again.
   */
  ack(
    name: string,
    deliveries: readonly DeliveryRef[],
    effects?: readonly Publication[],
    options?: CallOptions,
  ): Promise<Settled>;

  /** Says that deliveries could not be handled; they come again later. */
  nack(
    name: string,
    deliveries: readonly FailedDelivery[],
    options?: CallOptions,
  ): Promise<Settled>;

  /** Keeps deliveries for a whole lease more. */
  extend(
    name: string,
    deliveries: readonly DeliveryRef[],
    options?: CallOptions,
  ): Promise<{ readonly lease_until: string }>;
}

/** What a call may take beyond the seconds that it waits for events. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Creates what speaks of consumer groups over `transport`. */
export function createGroupsClient(transport: Transport): GroupsClient {
  const { surroundings } = transport;

  async function ask<T>(method: string, path: string, question: Question = {}) {
    const url = `/api/v1/events/groups${path}`;
    return (await transport.call(method, url, question)).json as T;
  }

  const pathOf = (name: string) => `/${encodeURIComponent(name)}`;

  const refsOf = (deliveries: readonly DeliveryRef[]) =>
    deliveries.map(({ position, token }) => ({ position, token }));

  return {
    async list(options) {
      return (await ask<GroupList>("GET", "", options)).groups;
    },
    get: (name, options) => ask("GET", pathOf(name), options),
    put: (name, body = {}, options) =>
      ask("PUT", pathOf(name), { ...options, body }),

    next(name, { waitS, limit, member, ...options } = {}) {
      const timeoutMs = options.timeoutMs ??
        (waitS ? waitS * 1000 + ANSWER_TIMEOUT_MS : undefined);
      const query = { wait: waitS, limit, member };
      const question = { ...options, timeoutMs, query };
      return ask("GET", `${pathOf(name)}/next`, question);
    },

    ack(name, deliveries, effects = [], options) {
      const body = {
        deliveries: refsOf(deliveries),
        effects: effects.map((effect) => ({
          ...effect,
          id: effect.id ?? surroundings.uuid(),
        })),
      };
      return ask("POST", `${pathOf(name)}/ack`, { ...options, body });
    },

    nack(name, deliveries, options) {
      const body = {
        deliveries: deliveries.map(({ position, token, error, retry_ms }) => ({
          position,
          token,
          error,
          retry_ms,
        })),
      };
      return ask("POST", `${pathOf(name)}/nack`, { ...options, body });
    },

    extend(name, deliveries, options) {
      const body = { deliveries: refsOf(deliveries) };
      return ask("POST", `${pathOf(name)}/extend`, { ...options, body });
    },
  };
}
