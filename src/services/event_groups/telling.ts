/**
 * What operators are told when something of a group has gone wrong for good.
 *
 * @module
 */
import type { Halt, LetterFacts } from "../../../domain/event_group/group.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";

/** Tells which events of `group` became dead letters, if any did. */
export function tellLetters(
  telemetry: Telemetry,
  group: string,
  letters: readonly LetterFacts[],
): void {
  if (letters.length === 0) return;
  const { position, error } = letters[0]!;
  const dead = letters.length;
  const fields = { group, position, error, dead_letters: dead };
  telemetry.log("warn", "events became dead letters", fields);
}

/** Tells that `group` has stopped by itself. */
export function tellHalt(
  telemetry: Telemetry,
  group: string,
  { reason }: Halt,
): void {
  telemetry.log("error", "event group has stopped", { group, reason });
}
