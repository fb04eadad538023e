/**
 * How groups may be called and how they may read.
 *
 * @module
 */
import { parseChannelPatterns } from "../event/channel_pattern.ts";
import { type InputFault, InvalidInput } from "../invalid_input.ts";
import type { Backoff, GroupPolicy } from "./group.ts";

/** What a name of a group is. */
export const GROUP_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** How a group reads where nothing else is said. */
export const DEFAULT_POLICY: GroupPolicy = {
  channels: [">"],
  maxAttempts: 5,
  backoff: { firstMs: 1000, factor: 2, maxMs: 60_000 },
  onPoison: "park",
  leaseMs: 30_000,
  maxInFlight: 32,
};

/** From and to which number a member of a policy goes. */
export const POLICY_RANGES = {
  maxAttempts: [1, 1000],
  firstMs: [0, 3_600_000],
  factor: [1, 100],
  maxMs: [0, 86_400_000],
  leaseMs: [100, 3_600_000],
  maxInFlight: [1, 1000],
} as const satisfies Record<string, readonly [from: number, to: number]>;

/** Most patterns of a group. */
export const MAX_GROUP_CHANNELS = 64;

/**
 * Reads the name of a group.
 *
 * @throws {InvalidInput} When it is none.
 */
export function parseGroupName(text: string): string {
  if (GROUP_NAME.test(text)) return text;
  throw new InvalidInput(
    `Cannot use ${
      JSON.stringify(text.slice(0, 64))
    } as the name of a group as it must be 1 to 64 of a-z, 0-9, dot, underscore and hyphen, a letter or digit first`,
  );
}

/**
 * Checks a policy.
 *
 * @throws {InvalidInput} When a group cannot read so, with every fault.
 */
export function checkPolicy(policy: GroupPolicy): GroupPolicy {
  const { backoff, channels, ...rest } = policy;
  const faults: InputFault[] = [];
  const numbers: Record<string, unknown> = { ...rest, ...backoff };
  for (const [name, [from, to]] of Object.entries(POLICY_RANGES)) {
    const value = numbers[name];
    const isWhole = name === "factor" || Number.isSafeInteger(value);
    if (isWhole && Number(value) >= from && Number(value) <= to) continue;
    const message = `must be from ${from} to ${to}: current value is ${value}`;
    faults.push({ path: name, message });
  }
  if (channels.length === 0 || channels.length > MAX_GROUP_CHANNELS) {
    const message = `must be 1 to ${MAX_GROUP_CHANNELS} patterns`;
    faults.push({ path: "channels", message });
  }
  if (faults.length > 0) {
    const said = faults.map(({ path, message }) => `${path} ${message}`);
    throw new InvalidInput(
      `Cannot use the policy as ${said.join("; ")}`,
      faults,
    );
  }
  parseChannelPatterns(channels);
  return policy;
}

/**
 * How long an event waits after so many failures, in milliseconds: less a
 * random part of up to one half, so that what failed together does not come
 * back together.
 *
 * @param jitter From 0 up to, not including, 1.
 */
export function backoffMs(
  { firstMs, factor, maxMs }: Backoff,
  failures: number,
  jitter: number,
): number {
  const longest = Math.min(maxMs, firstMs * factor ** (failures - 1));
  return Math.round(longest * (1 - jitter / 2));
}
