/**
 * The router under Hono: finds a route of a table that does not change.
 *
 * Hono's own fast router refuses a table in which a word and a name stand at
 * the same place of a path, and its other one takes as long as the rest of a
 * small answer. Here, paths without names are looked up at once and the few
 * others tried in turn.
 *
 * @module
 */
import type { ParamIndexMap, Result, Router } from "hono/router";
import { paramNames, shapeOf } from "./route.ts";

/** A path with names in it. */
interface Pattern<T> {
  readonly shape: RegExp;
  readonly found: [T, ParamIndexMap][];
}

/** Creates an empty router, for paths as `route.ts` writes them. */
export function createTableRouter<T>(): Router<T> {
  const exact = new Map<string, Map<string, Result<T>>>();
  const patterns = new Map<string, Pattern<T>[]>();

  return {
    name: "TableRouter",

    add(method, path, handler) {
      const names = paramNames(path);
      const indexes = Object.fromEntries(names.map((name, i) => [name, i + 1]));
      const found: [T, ParamIndexMap][] = [[handler, indexes]];
      if (names.length > 0) {
        entry(patterns, method, () => []).push({ shape: shapeOf(path), found });
      } else {
        entry(exact, method, () => new Map()).set(path, [found, []]);
      }
    },

    match(method, path) {
      const known = exact.get(method)?.get(path);
      if (known) return known;
      for (const { shape, found } of patterns.get(method) ?? []) {
        const params = shape.exec(path);
        if (params) return [found, params];
      }
      return [[], []];
    },
  };
}

function entry<V>(map: Map<string, V>, key: string, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, value = create());
  return value;
}
