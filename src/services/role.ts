/**
 * What a process is there for: all of the service, or a part of it.
 *
 * @module
 */

/** The roles that a process can have. */
export const ROLES = [
  "all",
  "signal-service",
  "execution-gateway",
  "orchestrator",
  "autopilot",
  "state",
] as const;

/** What a process is there for. */
export type Role = typeof ROLES[number];

/** Whether a process of `role` does the work of `part`. */
export function plays(role: Role, part: Exclude<Role, "all">): boolean {
  return role === "all" || role === part;
}
