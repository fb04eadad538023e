/**
 * Texts of JSON taken apart without being read, so that what comes out is what
 * went in to the last digit of every number.
 *
 * @module
 */

/** A member of an object, or an item of a list, which has no name. */
export interface Member {
  /** Its name. */
  readonly name?: string;
  /** Its value as it stands in the text. */
  readonly text: string;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]/g;

/** What the object or list `text`, which must be JSON, has in it. */
export function* membersOf(text: string): Generator<Member, void> {
  let depth = 0;
  let start = 0;
  let name: string | undefined;
  function take(end: number): Member | undefined {
    const value = text.slice(start, end).trim();
    if (value === "") return undefined;
    return { ...(name !== undefined && { name }), text: value };
  }
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      if (depth++ === 0) start = index + 1;
    } else if (token === "}" || token === "]") {
      if (--depth > 0) continue;
      const last = take(index);
      if (last) yield last;
      return;
    } else if (depth !== 1) {
      continue;
    } else if (token === ":") {
      name = JSON.parse(text.slice(start, index));
      start = index + 1;
    } else if (token === ",") {
      const member = take(index);
      if (member) yield member;
      start = index + 1;
      name = undefined;
    }
  }
}

/** The members of the object `text`, which must be JSON, by their names. */
export function objectOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...membersOf(text)].map(({ name = "", text }) => [name, text]),
  );
}
