/**
 * A few links for one kind of statement, opened when they are needed and
 * replaced when they are lost.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import type { Link } from "./link.ts";

/** Hands out links. */
export interface Lane extends AsyncDisposable {
  /**
   * The link that has least to do.
   *
   * @throws What opening one throws while there is none.
   */
  pick(): Promise<Link>;

  /** Closes all links; statements under way fail as lost. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Creates a lane of up to `max` links, each from `open`. */
export function createLane(max: number, open: () => Promise<Link>): Lane {
  let links: Link[] = [];
  const ending = new Set<Promise<void>>();
  let opening: Promise<Link> | undefined;
  let closed = false;

  function drop(link: Link): void {
    links = links.filter((other) => other !== link);
    const ended = link.close().finally(() => ending.delete(ended));
    ending.add(ended);
  }

  async function add(): Promise<Link> {
    try {
      const link = await open();
      if (closed) {
        await link.close();
        throw new PortError(
          "closed",
          "Cannot use the database as it is closed",
        );
      }
      links.push(link);
      link.lost.addEventListener("abort", () => drop(link));
      return link;
    } finally {
      opening = undefined;
    }
  }

  return {
    async pick() {
      let best = links[0];
      for (const link of links) if (link.load < best!.load) best = link;
      if (best?.load === 0) return best;
      if (links.length < max) opening ??= add();
      if (!best) return await opening!;
      opening?.catch(() => {}); // who finds no link at all hears of it
      return best;
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      await opening?.catch(() => {});
      await Promise.all([...links.map((link) => link.close()), ...ending]);
    },
  };
}
