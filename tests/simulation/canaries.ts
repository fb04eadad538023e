/**
 * The rules of the protocol, each with a patch that switches it off: patched
 * code must be caught by the simulation, since a check that cannot fail proves
 * nothing.
 *
 * @module
 */
import { FOLLOWER_CANARIES } from "./canaries_of_follower.ts";
import { SERVER_CANARIES } from "./canaries_of_servers.ts";
import type { Canary } from "./canary.ts";

/** Every canary that the simulation sees; those of `unreachable_canaries.ts` it cannot. */
export const CANARIES: readonly Canary[] = [
  ...SERVER_CANARIES,
  ...FOLLOWER_CANARIES,
];
