/**
 * A few links for one kind of statement, opened when they are needed and
 * replaced when they are lost.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { Link } from "./link.ts";

/** Hands out links. */
export interface Lane extends AsyncDisposable {
  /**
   * The link that has least to do.
   *
   * @throws What opening one throws while there is none.
   */
  pick(): Promise<Link>;

  /** How many links there are and may be, and statements under way on them. */
  use(): {
    readonly links: number;
    readonly most: number;
    readonly statements: number;
  };

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

    use: () => ({
      links: links.length,
      most: max,
      statements: links.reduce((sum, { load }) => sum + load, 0),
    }),

    async [Symbol.asyncDispose]() {
      closed = true;
      await opening?.catch(() => {});
      await Promise.all([...links.map((link) => link.close()), ...ending]);
    },
  };
}

/**
 * Tells of the links of `lanes`, by name, whenever somebody looks, until the
 * result is called.
 */
export function watchLanes(
  telemetry: Telemetry | undefined,
  lanes: Readonly<Record<string, Pick<Lane, "use">>>,
): () => void {
  return telemetry?.onRead(() => {
    for (const [lane, { use }] of Object.entries(lanes)) {
      const { links, most, statements } = use();
      telemetry.gauge("holdfast_postgres_links", links, { lane });
      telemetry.gauge("holdfast_postgres_links_max", most, { lane });
      telemetry.gauge("holdfast_postgres_statements_under_way", statements, {
        lane,
      });
    }
  }) ?? (() => {});
}
