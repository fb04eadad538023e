/**
 * The contract as a stranger reads it: the operations of the OpenAPI document.
 *
 * @module
 */
import { shapeOf } from "../../src/http/route.ts";

/** A JSON schema, of which only what generators look at is named. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly example?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

/** What a path, a query or a header may hold. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}

/** One way in which an operation answers. */
export interface Declared {
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
  /** Schemas by media type; absent where there is no body. */
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

/** An operation of the document, its references to parameters and answers followed. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** The path, with names in braces. */
  readonly path: string;
  /** What its paths match. */
  readonly shape: RegExp;
  readonly parameters: readonly Parameter[];
  /** The schema of the body by media type; none where there is no body. */
  readonly bodies: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly answers: Readonly<Record<string, Declared>>;
}

/** The document, read. */
export interface Contract {
  readonly operations: readonly Operation[];
  /** The schema that a reference means. */
  follow(schema: Schema): Schema;
  /** What a reference of the document means. */
  readonly document: Record<string, unknown>;
}

const METHODS = ["get", "put", "post", "patch", "delete"];

/** What is read of a document and trusted: its soundness has a test of its own. */
// deno-lint-ignore no-explicit-any
type Json = any;

/** Reads an OpenAPI document. */
export function readContract(document: Json): Contract {
  const follow = (node: Json): Json =>
    node?.$ref === undefined
      ? node
      : follow(inside(document, node.$ref.replace("#/", "").split("/")));
  const operations: Operation[] = [];
  for (const [path, methods] of Object.entries<Json>(document.paths)) {
    for (const method of METHODS.filter((method) => method in methods)) {
      const operation = methods[method];
      operations.push({
        id: operation.operationId,
        method: method.toUpperCase(),
        path,
        shape: shapeOf(path),
        parameters: (operation.parameters ?? []).map(follow),
        bodies: operation.requestBody?.content ?? {},
        answers: Object.fromEntries(
          Object.entries<Json>(operation.responses)
            .map(([status, answer]) => [status, follow(answer)]),
        ),
      });
    }
  }
  return { operations, follow, document };
}

function inside(document: Json, names: readonly string[]): Json {
  return names.reduce((at, name) => at[name], document);
}
