/**
 * What somebody may have meant who mistyped.
 *
 * @module
 */

/**
 * The name most like `typed`; `undefined` when none is like it. Two letters
 * that changed places, one too many, too few or another count as one mistake;
 * a third of the letters may be mistaken.
 */
export function nearest(
  typed: string,
  names: Iterable<string>,
): string | undefined {
  let best: string | undefined;
  let least = Math.floor(Math.max(typed.length, 3) / 3) + 1;
  for (const name of names) {
    const mistakes = distance(typed.toLowerCase(), name.toLowerCase());
    if (mistakes < least) [best, least] = [name, mistakes];
  }
  return best;
}

/** `; did you mean X?`, or nothing. */
export function didYouMean(typed: string, names: Iterable<string>): string {
  const meant = nearest(typed, names);
  return meant === undefined ? "" : `; did you mean ${meant}?`;
}

/** Optimal string alignment, https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const above = rows[i - 1]!;
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] &&
        a[i - 2] === b[j - 1];
      row.push(Math.min(
        above[j]! + 1,
        row[j - 1]! + 1,
        above[j - 1]! + cost,
        isSwapped ? rows[i - 2]![j - 2]! + 1 : Infinity,
      ));
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
