/**
 * Where the parts of the picture stand.
 *
 * @module
 */

/** Where things stand; the picture of a narrow screen is higher than wide. */
export interface Places {
  readonly width: number;
  readonly height: number;
  readonly hexagon: readonly [x: number, y: number];
  readonly driver: readonly [x: number, y: number];
  readonly fast: readonly [x: number, y: number];
  readonly record: readonly [x: number, y: number];
  readonly isNarrow: boolean;
}

/** On a wide screen. */
export const WIDE: Places = {
  width: 960,
  height: 330,
  driver: [92, 165],
  hexagon: [352, 165],
  fast: [808, 74],
  record: [808, 256],
  isNarrow: false,
};

/** On a narrow one. */
export const NARROW: Places = {
  width: 380,
  height: 578,
  driver: [190, 34],
  hexagon: [190, 204],
  fast: [92, 496],
  record: [288, 496],
  isNarrow: true,
};

/** How large the boxes of stores are. */
export const BOX = { width: 168, height: 92 };
/** From the middle of the hexagon to its corners. */
export const RADIUS = 118;
/** From the middle of the hexagon to its upper and lower side. */
export const HALF = RADIUS * Math.sin(Math.PI / 3);
