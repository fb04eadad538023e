/**
 * Events as the reference page shows them.
 *
 * @module
 */
import type { Channel } from "../../../domain/event/channel.ts";

/** An event of each of `channels`, as a publisher would send it. */
export function examplesOf(channels: readonly Channel[]) {
  return channels.map(({ name, example }) => ({
    event_type: name,
    timestamp: "2026-01-02T21:00:00Z",
    data: example,
  }));
}

/** What became of one. */
export const PUBLISHED = {
  id: "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b",
  lane: "durable",
  position: 1207,
  duplicate: false,
} as const;

/** The epoch of the log that it went to. */
export const EPOCH = "019b7ca9-8c88-7000-87fb-f7479cb86dfe";

/** The event as it is delivered. */
export const DELIVERED = {
  id: PUBLISHED.id,
  event_type: "setup.received",
  timestamp: "2026-01-02T21:00:00Z",
  data: { setup_id: "2026-01-02-001", tickers: ["SPY", "NVDA"] },
  metadata: {
    position: 1207,
    epoch: EPOCH,
    committed_at: "2026-01-02T21:00:00.012Z",
    key: "2026-01-02-001",
    source: "setup-parser",
  },
} as const;

/** The same as a CloudEvent. */
export const DELIVERED_CLOUD_EVENT = {
  specversion: "1.0",
  id: PUBLISHED.id,
  source: DELIVERED.metadata.source,
  type: DELIVERED.event_type,
  time: DELIVERED.timestamp,
  datacontenttype: "application/json",
  position: "1207",
  epoch: EPOCH,
  committedat: DELIVERED.metadata.committed_at,
  partitionkey: DELIVERED.metadata.key,
  data: DELIVERED.data,
} as const;

/** A request that is answered by an event. */
export const REQUESTED = {
  event_type: "signal.triggered",
  id: "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5c",
  data: { ticker: "SPY", setup_id: "2026-01-02-001" },
  reply_to: "setup.*",
  timeout_ms: 2_000,
} as const;
