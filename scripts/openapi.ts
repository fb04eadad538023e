/**
 * Writes the OpenAPI document to `tests/golden/openapi.json`, and the types of
 * the client package from it. With `--check` writes nothing and fails when a
 * file is not what the routes say now, or when the document is not sound.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };
import { CHANNELS } from "../domain/event/registry.ts";
import { type OpenApiDocument, openApiDocument } from "../src/http/openapi.ts";
import { allRoutes, type RouteServices } from "../src/http/routes/mod.ts";
import { type ContractDocument, printContract } from "./client_contract.ts";

const ROOT = new URL("../", import.meta.url);

/** What is written, by paths from the root of the repository. */
export function printFiles(): ReadonlyMap<string, string> {
  const printed = printOpenApi();
  const types = printContract(JSON.parse(printed) as ContractDocument);
  return new Map([
    ["tests/golden/openapi.json", printed],
    ...[...types].map(([name, text]) =>
      [`src/client/contract/${name}`, text] as const
    ),
  ]);
}

/** The document of every route of the service, printed as it is kept. */
export function printOpenApi(): string {
  return `${JSON.stringify(wholeDocument(), null, 2)}\n`;
}

/** The document of every route of the service. */
export function wholeDocument(): OpenApiDocument {
  // To describe a route is not to run it: nobody else need be there.
  const services = {
    events: { channels: CHANNELS },
    settings: {},
    version: config.version,
  } as unknown as RouteServices;
  const routes = allRoutes(services);
  return openApiDocument(routes, config.version);
}

/** What is unsound in `document`, one sentence each. */
export function findOpenApiFaults(document: unknown): string[] {
  const faults: string[] = [];
  const { paths, openapi } = document as {
    readonly paths: Record<string, Record<string, Operation>>;
    readonly openapi: string;
  };
  if (!openapi.startsWith("3.1.")) faults.push(`openapi is ${openapi}`);
  for (const ref of refsOf(document)) {
    if (resolve(document, ref) === undefined) faults.push(`${ref} is missing`);
  }
  const ids = new Set<string>();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const name = `${method.toUpperCase()} ${path}`;
      const { operationId, responses } = operation;
      if (!operationId) faults.push(`${name} has no operationId`);
      if (ids.size === ids.add(operationId).size) {
        faults.push(`${name} shares its operationId ${operationId}`);
      }
      const declared = (operation.parameters ?? [])
        .map((parameter) => dereference(document, parameter))
        .filter((parameter) => parameter.in === "path" && parameter.required)
        .map((parameter) => parameter.name);
      const named = Array.from(path.matchAll(/\{(\w+)\}/g), (m) => m[1]!);
      if (declared.sort().join() !== named.sort().join()) {
        faults.push(`${name} declares the path parameters ${declared}`);
      }
      if (
        !Object.keys(responses).some((status) =>
          /^(?:101|[23]\d\d)$/.test(status)
        )
      ) {
        faults.push(`${name} never succeeds`);
      }
      for (const [status, given] of Object.entries(responses)) {
        const response = dereference(document, given);
        const types = Object.keys(response.content ?? {});
        if (!response.description) {
          faults.push(`${name} ${status} has no description`);
        }
        if (
          /^[45]/.test(status) && types.length === 0 ||
          types.some((type) => response.content![type]!.schema === undefined)
        ) {
          faults.push(`${name} ${status} has no schema`);
        }
      }
    }
  }
  return faults;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Described[];
  readonly responses: Readonly<Record<string, Described>>;
}

/** A parameter or a response, or a reference to one. */
interface Described {
  readonly $ref?: string;
  readonly in?: string;
  readonly name?: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: unknown }>>;
}

function* refsOf(node: unknown): Generator<string> {
  if (typeof node !== "object" || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === "$ref" && typeof value === "string") yield value;
    else yield* refsOf(value);
  }
}

function dereference(document: unknown, node: Described): Described {
  return node.$ref === undefined
    ? node
    : resolve(document, node.$ref) as Described ?? {};
}

/** What `ref`, such as `#/components/schemas/Problem`, stands for. */
function resolve(document: unknown, ref: string): unknown {
  let node = document;
  for (const step of ref.replace(/^#\//, "").split("/")) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    node = (node as Record<string, unknown> | undefined)?.[key];
  }
  return node;
}

if (import.meta.main) {
  const faults = findOpenApiFaults(wholeDocument());
  for (const fault of faults) console.error(`OpenAPI: ${fault}`);
  if (faults.length > 0) Deno.exit(1);
  for (const [path, text] of printFiles()) {
    const file = new URL(path, ROOT);
    if (!Deno.args.includes("--check")) {
      await Deno.writeTextFile(file, text);
      console.log(`wrote ${path}`);
    } else if (await Deno.readTextFile(file) !== text) {
      console.error(
        `Cannot accept ${path} as the routes say otherwise: run \`deno task openapi\``,
      );
      Deno.exitCode = 1;
    }
  }
}
