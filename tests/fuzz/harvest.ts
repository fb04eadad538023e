/**
 * What answers give to later requests: ids, tokens, places in the log.
 *
 * @module
 */

/** Keeps what answers gave, and puts it where requests stand for it. */
export interface Harvest {
  /** Remembers what `json` and `headers` of an answer hold. */
  take(json: unknown, headers: Headers): void;
  /** Remembers `json`, whole, under a name. */
  keep(name: string, json: unknown): void;
  /** `text` with every `«name:n»` in it replaced. */
  fill(text: string): string;
  /** `json` likewise; what stands alone keeps its type. */
  fillJson(json: string): string;
}

/** What is remembered, and the most of each. */
const NAMES: readonly string[] = [
  "run_id",
  "client_order_id",
  "chain",
  "token",
  "position",
  "id",
  "next",
];
const MOST = 10;

/** What stands in while nothing was given. */
const INSTEAD: Readonly<Record<string, unknown>> = {
  id: "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5c",
  chain: "ULT-02JAN-00001",
  delivery: { position: 1, token: "none" },
  position: 1,
};

/** Creates an empty harvest. */
export function createHarvest(): Harvest {
  const kept = new Map<string, unknown[]>();
  function keep(name: string, value: unknown): void {
    const values = kept.get(name) ?? [];
    kept.set(name, [value, ...values].slice(0, MOST));
  }
  function valueOf(name: string, nth: string): unknown {
    const values = kept.get(name) ?? [];
    return values[Number(nth) % values.length] ?? INSTEAD[name] ?? `no-${name}`;
  }
  function look(json: unknown, depth: number): void {
    if (typeof json !== "object" || json === null || depth > 4) return;
    if ("token" in json && "position" in json) {
      const { token, position } = json;
      keep("delivery", { position, token });
    }
    for (const [name, value] of Object.entries(json)) {
      if (NAMES.includes(name) && isSmall(value)) {
        keep(name, value);
        if (name === "position" || name === "next") keep("after", value);
      } else look(value, depth + 1);
    }
  }
  return {
    keep,
    take(json, headers) {
      look(json, 0);
      const etag = headers.get("etag");
      if (etag !== null) keep("etag", etag);
    },
    fill: (text) =>
      text.replaceAll(
        /«([\w]+):(\d+)»/g,
        (_, name, nth) => String(valueOf(name, nth)),
      ),
    fillJson: (json) =>
      json.replaceAll(
        /"«([\w]+):(\d+)»"/g,
        (_, name, nth) => JSON.stringify(valueOf(name, nth)),
      ),
  };
}

function isSmall(value: unknown): boolean {
  return typeof value === "number" ||
    typeof value === "string" && value.length < 100;
}
