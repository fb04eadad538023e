/**
 * Requests drawn from the contract: as it allows, almost so, and hostile.
 *
 * @module
 */
import fc from "fast-check";
import type { Contract, Operation, Parameter } from "./contract.ts";
import {
  HOSTILE_BODIES,
  HOSTILE_HEADERS,
  HOSTILE_PATHS,
  HOSTILE_TEXTS,
  hostileValue,
  spoil,
} from "./hostile.ts";
import { createValues, earlier } from "./values.ts";

/** How far a request keeps to the contract. */
export type Manner = "valid" | "almost" | "hostile";

/** A request that is to be sent; texts may stand for what earlier answers gave. */
export interface Draft {
  readonly operation: Operation;
  readonly manner: Manner;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: readonly (readonly [string, unknown])[];
  readonly headers: readonly (readonly [string, unknown])[];
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly rawBody?: string | Uint8Array<ArrayBuffer>;
  /** Put behind the path as it is. */
  readonly suffix: string;
}

const METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/** Who asks, mostly the operator, as he may ask most. */
const USERS = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom("ann", "bob") },
);

/** Most parameters of a place that are given though they need not be. */
const MOST_OPTIONAL = { path: 0, query: 2, header: 1 };

/** Where PUT takes what GET gives. */
const SETTINGS = /\/(?:settings|defaults|ginie|modes|global-circuit-breaker)\b/;

/** Operations that others live on come more often. */
const OFTEN = /^(?:putGroup|publish|take|ack|nack|submit|runOrch|reset)/;

/** Draws requests to the operations of `contract`. */
export function requestsOf(contract: Contract): fc.Arbitrary<Draft> {
  const { valueOf } = createValues(contract);
  return fc.oneof(
    ...contract.operations.map((operation) => ({
      weight: OFTEN.test(operation.id) ? 3 : 1,
      arbitrary: requestTo(operation),
    })),
  );

  function requestTo(operation: Operation): fc.Arbitrary<Draft> {
    const valid = validTo(operation);
    return fc.oneof(
      { weight: 5, arbitrary: valid },
      { weight: 3, arbitrary: almost(valid) },
      { weight: 2, arbitrary: hostile(valid) },
    );
  }

  function validTo(operation: Operation): fc.Arbitrary<Draft> {
    const { parameters, bodies, method } = operation;
    const members = (place: Parameter["in"]) => {
      const there = parameters.filter((one) =>
        // A call in this process cannot be upgraded.
        one.in === place && !["upgrade", "X-User-Id"].includes(one.name)
      );
      const [needed, others] = [
        there.filter(({ required }) => required),
        there.filter(({ required }) => !required),
      ];
      return fc.subarray(others, { maxLength: mostOf(place, others) })
        .chain((given) =>
          fc.record(Object.fromEntries(
            [...needed, ...given]
              .map(({ name, schema }) => [name, valueOf(schema, name)]),
          ))
        );
    };
    const drawn = fc.oneof(
      { weight: 1, arbitrary: fc.constant(undefined) },
      ...Object.entries(bodies).map(([type, { schema }]) => ({
        weight: 10,
        arbitrary: fc.oneof(valueOf(schema), ...shownAt(operation))
          .map((value) => ({ type, value })),
      })),
    );
    const body = Object.keys(bodies).length === 0
      ? fc.constant(undefined)
      : drawn;
    return fc.tuple(
      members("path"),
      members("query"),
      members("header"),
      body,
      USERS,
    ).map(([params, query, headers, body, user]) => ({
      operation,
      manner: "valid",
      method,
      params,
      query: pairsOf(query),
      headers: [
        ...Object.entries(headers),
        ...(user === undefined ? [] : [["x-user-id", user] as const]),
        ...(body === undefined ? [] : [["content-type", body.type] as const]),
      ],
      ...(body === undefined ? {} : { body: body.value }),
      suffix: "",
    }));
  }

  /** What GET has shown of the settings that `operation` changes. */
  function shownAt({ path }: Operation): fc.Arbitrary<unknown>[] {
    const isShown = SETTINGS.test(path) &&
      contract.operations.some((one) =>
        one.method === "GET" && one.path === path
      );
    return isShown ? [earlier(shownName(path))] : [];
  }

  /** One thing is not as it should be. */
  function almost(valid: fc.Arbitrary<Draft>): fc.Arbitrary<Draft> {
    const how = fc.constantFrom("replace", "remove", "add", "rename");
    return fc.tuple(valid, fc.nat(500), hostileValue(), how).map((
      [draft, at, by, how],
    ): Draft => {
      const spoilt: Draft = { ...draft, manner: "almost" };
      const names = Object.keys(draft.params);
      const where = ["body", "query", "params", "headers"][at % 4];
      if (where === "params" && names.length > 0) {
        const name = names[at % names.length]!;
        return { ...spoilt, params: { ...draft.params, [name]: textOf(by) } };
      }
      if (where === "query" || draft.body === undefined) {
        const known = draft.operation.parameters
          .filter((one) => one.in === "query").map(({ name }) => name);
        const name = known[at % (known.length + 1)] ?? "extra";
        const others = draft.query.filter(([other]) => other !== name);
        return { ...spoilt, query: [...others, [name, textOf(by)]] };
      }
      if (where === "headers" && draft.headers.length > 0) {
        const [name] = draft.headers[at % draft.headers.length]!;
        const others = draft.headers.filter(([other]) => other !== name);
        return { ...spoilt, headers: [...others, [name, textOf(by)]] };
      }
      return { ...spoilt, body: spoil(draft.body, at >> 2, by, how) };
    });
  }

  /** Nothing is as it should be. */
  function hostile(valid: fc.Arbitrary<Draft>): fc.Arbitrary<Draft> {
    return fc.tuple(
      valid,
      fc.constantFrom(...METHODS),
      fc.option(fc.constantFrom(...HOSTILE_BODIES), { nil: undefined }),
      fc.subarray([...HOSTILE_HEADERS], { maxLength: 3 }),
      fc.option(fc.constantFrom(...HOSTILE_PATHS), { nil: "" }),
      fc.option(hostileValue(), { nil: undefined }),
      fc.constantFrom(...HOSTILE_TEXTS),
      fc.nat(5),
    ).map(([draft, method, rawBody, headers, suffix, body, text, which]) => ({
      ...draft,
      manner: "hostile",
      method: which === 0 ? method : draft.method,
      params: which === 1 ? mapValues(draft.params, () => text) : draft.params,
      query: which === 2
        ? draft.query.map(([name]) => [name, text] as const)
        : draft.query,
      headers: [...draft.headers, ...headers],
      ...(body === undefined ? {} : { body }),
      ...(rawBody === undefined ? {} : { rawBody }),
      suffix,
    }));
  }
}

/** Under which name the harvest keeps what GET has shown at `path`. */
export function shownName(path: string): string {
  return `at${path.replaceAll(/\W+/g, "_")}`;
}

function mostOf(
  place: Parameter["in"],
  others: readonly Parameter[],
): number {
  return Math.min(MOST_OPTIONAL[place], others.length);
}

function pairsOf(
  query: Readonly<Record<string, unknown>>,
): (readonly [string, unknown])[] {
  return Object.entries(query).flatMap(([name, value]) =>
    Array.isArray(value)
      ? value.map((one) => [name, one] as const)
      : [[name, value] as const]
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "null";
}

function mapValues(
  values: Readonly<Record<string, unknown>>,
  change: () => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(values).map((name) => [name, change()]),
  );
}
