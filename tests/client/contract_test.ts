/**
 * The client against the contract of the service: it asks for nothing else.
 *
 * @module
 */
import { printContract } from "../../scripts/client_contract.ts";
import type { DocumentName, Holdfast } from "../../src/client/mod.ts";
import golden from "../golden/openapi.json" with { type: "json" };
import { deepEqual, equal, throws } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { answer, openClientWorld, type Sent } from "./client_world.ts";

interface Parameter {
  readonly $ref?: string;
  readonly in?: string;
  readonly name?: string;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: unknown;
}

const PATHS = golden.paths as unknown as Record<
  string,
  Record<string, Operation>
>;

/** What every request may carry. */
const ALWAYS = ["accept", "content-type", "x-user-id", "authorization"];

const ref = { position: 1, token: "t", error: "e" };
const anything = {} as never;
const documents: Record<DocumentName, [read: string, replace: string]> = {
  settings: ["getSettings", "putSettings"],
  trading: ["getTradingSettings", "putTradingSettings"],
  notifications: ["getNotificationSettings", "putNotificationSettings"],
  ultra: ["getMode", "putMode"],
  scalp: ["getMode", "putMode"],
  swing: ["getMode", "putMode"],
  position: ["getMode", "putMode"],
  scalp_reentry: ["getScalpReentry", "putScalpReentry"],
  circuit_breaker: ["getGlobalCircuitBreaker", "putGlobalCircuitBreaker"],
  capital_allocation: ["getCapitalAllocation", "putCapitalAllocation"],
};

/** Each call with the operation that it means, everything given. */
const CALLS: readonly [
  operation: string,
  call: (holdfast: Holdfast) => Promise<unknown>,
][] = [
  ...(Object.keys(documents) as DocumentName[]).flatMap((name) => {
    const [read, replace] = documents[name];
    return [
      [read, (h: Holdfast) => h.settings.getUnless('"1"', name)],
      [
        replace,
        (h: Holdfast) => h.settings.put(name, anything, { ifMatch: '"1"' }),
      ],
      [
        replace.replace("put", "patch"),
        (h: Holdfast) => h.settings.patch(name, anything),
      ],
    ] as const;
  }).map(([id, call]) => [id, call] as [string, typeof call]),
  ["getSettings", (h) => h.settings.bundle(["all"])],
  ["watchSettings", (h) => h.settings.watch({ after: "e:1" }).next()],
  ["publishEvents", (h) => h.events.publish({ event_type: "x", data: {} })],
  ["publishEvents", (h) => h.events.publishAll([])],
  [
    "readEvents",
    (h) =>
      h.events.read({ channels: ["a"], after: 1, fromTime: "t", limit: 1 }),
  ],
  [
    "streamEvents",
    (h) =>
      h.events.subscribe({ channels: ["a"], after: 1, fromTime: "t" }).next(),
  ],
  ["listGroups", (h) => h.groups.list()],
  ["getGroup", (h) => h.groups.get("a")],
  ["putGroup", (h) => h.groups.put("a")],
  [
    "takeFromGroup",
    (h) => h.groups.next("a", { waitS: 1, limit: 1, member: "m" }),
  ],
  ["ackDeliveries", (h) => h.groups.ack("a", [ref], [])],
  ["nackDeliveries", (h) => h.groups.nack("a", [ref])],
  ["extendDeliveries", (h) => h.groups.extend("a", [ref])],
  ["submitOrder", (h) => h.orders.submit(anything)],
  ["getOrder", (h) => h.orders.get("a")],
  [
    "listOrders",
    (h) => h.orders.list({ status: "open", limit: 1, after: "a" }),
  ],
  ["cancelOrder", (h) => h.orders.cancel("a")],
  ["getPositions", (h) => h.orders.positions()],
  ["issueOrderNumbers", (h) => h.orders.numbers()],
  ["makeClientOrderId", (h) => h.orders.clientOrderId({ type: "E" })],
  ["getFeatures", (h) => h.features.get("A", "2024-01-02")],
  ["getFeatureBatch", (h) => h.features.batch(["A"])],
  ["getFeatureStats", (h) => h.features.stats()],
  ["generateSignals", (h) => h.signals.generate({ symbols: ["A"] })],
  ["getModel", (h) => h.signals.model()],
  ["getHealth", (h) => h.health()],
  ["getReadiness", (h) => h.ready()],
];

/** The operation that a request is of: a path without names goes before others. */
function operationOf({ method, url }: Sent): Operation | undefined {
  const found = Object.keys(PATHS)
    .filter((path) =>
      new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`).test(url.pathname)
    )
    .sort((a, b) => a.split("{").length - b.split("{").length)
    .map((path) => PATHS[path]![method.toLowerCase()])
    .find((operation) => operation !== undefined);
  return found;
}

for (const [id, call] of CALLS) {
  Deno.test(`client: it asks for ${id} as the contract has it`, async () => {
    const asked = Promise.withResolvers<Sent>();
    const { holdfast } = openClientWorld((request) => {
      asked.resolve(request);
      return answer({ documents: {}, results: [], groups: [] });
    }, { user: "ann" });
    const over = call(holdfast);
    const request = await asked.promise;
    const operation = operationOf(request);
    equal(operation?.operationId, id);
    const declared = (where: string) =>
      operation!.parameters!.filter((parameter) => parameter.in === where)
        .map(({ name }) => name!.toLowerCase());
    const queries = [...new Set(request.url.searchParams.keys())];
    deepEqual(queries.filter((name) => !declared("query").includes(name)), []);
    const headers = [...request.headers.keys()]
      .filter((name) => !ALWAYS.includes(name));
    deepEqual(headers.filter((name) => !declared("header").includes(name)), []);
    equal(request.body !== undefined, operation!.requestBody !== undefined);
    // A stream goes on, and nobody waits for it.
    if (!request.headers.get("accept")!.includes("stream")) await over;
  });
}

if (await needs(import.meta.url, ["read"])) {
  Deno.test("client: its types are those of the contract", async () => {
    for (const [name, text] of printContract(golden as never)) {
      const file = new URL(
        `../../src/client/contract/${name}`,
        import.meta.url,
      );
      equal(await Deno.readTextFile(file), text, `run \`deno task openapi\``);
    }
  });
}

Deno.test("client: a contract that lacks what it needs is refused", () => {
  const { Order: _gone, ...schemas } = golden.components.schemas;
  throws(
    () => printContract({ components: { schemas } } as never),
    /Cannot write the client as there is no Order/,
  );
  const homeless = { $ref: "#/components/schemas/Elsewhere" };
  throws(
    () =>
      printContract({
        components: {
          schemas: { ...golden.components.schemas, OrderList: homeless },
        },
      } as never),
    /Cannot write the client as it lacks a home: Elsewhere/,
  );
});
