/**
 * What a release answered that is not answered any more.
 *
 * @module
 */

/** Names of what does not follow from what is stored alone. */
const PASSING = new Set(["oldest_age_s"]);

/**
 * Where `now` lacks what `then` has, or has another value. What is new in `now`
 * is no difference, as a release may answer more than the one before it.
 *
 * @param aside More names whose values may differ.
 */
export function differences(
  then: unknown,
  now: unknown,
  aside: readonly string[] = [],
  path = "",
): string[] {
  if (typeof then !== "object" || then === null) {
    return Object.is(then, now)
      ? []
      : [`${path || "it"} was ${print(then)} and is ${print(now)}`];
  }
  if (typeof now !== "object" || now === null) {
    return [`${path || "it"} was ${print(then)} and is ${print(now)}`];
  }
  if (Array.isArray(then) && then.length !== (now as unknown[]).length) {
    return [
      `${path} had ${then.length} items and has ${(now as unknown[]).length}`,
    ];
  }
  return Object.entries(then).flatMap(([name, value]) =>
    PASSING.has(name) || aside.includes(name) ? [] : differences(
      value,
      (now as Record<string, unknown>)[name],
      aside,
      path === "" ? name : `${path}.${name}`,
    )
  );
}

function print(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 120) ?? "nothing";
}
