/**
 * Checkpoints: how far a fast layer has followed the log.
 *
 * @module
 */

/** A place in the log up to which a fast layer shows everything, and no more. */
export interface Checkpoint {
  /** The epoch of the log. */
  readonly epoch: string;
  /** Marks the values to be believed; those of another generation are not. */
  readonly generation: string;
  /** Position of the last entry that has been applied. */
  readonly position: number;
  /** Position of the last `settings.updated` at or below `position`. */
  readonly settingsPosition: number;
}

/** The form in which checkpoints are written; a higher one is not understood. */
const FORMAT = 1;

const SHAPE =
  /^(\d{1,9}):([0-9a-f-]{1,64}):([0-9a-f]{1,64}):(\d{1,15}):(\d{1,15})$/;

/** Writes a checkpoint as `format:epoch:generation:position:settingsPosition`. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { epoch, generation, position, settingsPosition } = checkpoint;
  return `${FORMAT}:${epoch}:${generation}:${position}:${settingsPosition}`;
}

/**
 * Reads a checkpoint.
 *
 * @returns `newer` when a later version of this program has written it,
 * `undefined` when it is no checkpoint.
 */
export function parseCheckpoint(
  text: string,
): Checkpoint | "newer" | undefined {
  const format = /^(\d{1,9}):/.exec(text)?.[1];
  if (Number(format) > FORMAT) return "newer";
  const match = SHAPE.exec(text);
  if (!match || Number(format) !== FORMAT) return undefined;
  const [, , epoch, generation, position, settingsPosition] = match;
  return {
    epoch: epoch!,
    generation: generation!,
    position: Number(position),
    settingsPosition: Number(settingsPosition),
  };
}
