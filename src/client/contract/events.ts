/**
 * Written by `deno task openapi` from the contract of the service.
 *
 * @module
 */

/** `Event` of the contract. */
export interface Event {
  readonly id: string;
  readonly event_type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: {
    readonly position: number;
    readonly epoch: string;
    readonly committed_at: string;
    readonly key?: string;
    readonly source?: string;
    readonly user?: string;
    readonly traceparent?: string;
    readonly correlation_id?: string;
    readonly reply_to?: string;
    readonly expires_at?: string;
  };
  readonly [name: string]: unknown;
}

/** `FlatEvent` of the contract. */
export interface FlatEvent {
  readonly event_type: string;
  readonly timestamp: string;
  readonly [name: string]: unknown;
}

/** `CloudEvent` of the contract. */
export interface CloudEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly position?: string;
  readonly epoch?: string;
  readonly committedat?: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly [name: string]: unknown;
}

/** `PublishedEvent` of the contract. */
export interface PublishedEvent {
  readonly id: string;
  readonly lane: "durable" | "volatile";
  readonly position?: number;
  readonly duplicate: boolean;
  readonly receivers?: number;
  readonly ignored?: readonly string[];
}

/** `PublishedEvents` of the contract. */
export interface PublishedEvents {
  readonly results: readonly PublishedEvent[];
}

/** `EventList` of the contract. */
export interface EventList {
  readonly events:
    | readonly Event[]
    | readonly FlatEvent[]
    | readonly CloudEvent[];
  readonly next_after: number;
  readonly resume_token: string;
  readonly head: number;
  readonly earliest: number;
  readonly epoch: string;
}
