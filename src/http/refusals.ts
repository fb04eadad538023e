/**
 * Tells an unknown path from a known one with the wrong method.
 *
 * @module
 */
import { RequestRefused } from "./errors.ts";
import { type Route, shapeOf } from "./route.ts";

/** Why no route of `routes` takes a request. Asked for refused requests only. */
export function createRefusals(
  routes: readonly Route[],
): (method: string, path: string) => RequestRefused {
  const shapes = routes.map(({ method, path }) => ({
    method,
    shape: shapeOf(path),
  }));

  return (method, path) => {
    const allowed = new Set(
      shapes.filter(({ shape }) => shape.test(path)).map((s) => s.method),
    );
    const shown = JSON.stringify(path.slice(0, 128));
    if (allowed.size === 0) {
      return new RequestRefused(
        "no_route",
        `Cannot find ${shown} as there is no such route: see /docs`,
      );
    }
    const list = [...allowed, ...(allowed.has("GET") ? ["HEAD"] : [])].sort()
      .join(", ");
    return new RequestRefused(
      "wrong_method",
      `Cannot ${method.slice(0, 16)} ${shown} as it takes ${list} only`,
      { headers: { Allow: list } },
    );
  };
}
