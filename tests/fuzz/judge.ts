/**
 * Holds answers to the contract.
 *
 * @module
 */
import { Ajv, type ValidateFunction } from "ajv";
import type { Contract, Declared, Operation, Schema } from "./contract.ts";

/** An answer, read whole; of a stream only what it began with. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** What was asked. */
export interface Asked {
  /** What the contract has there; absent where it has nothing. */
  readonly operation: Operation | undefined;
  readonly method: string;
  /** The path as it was sent, without its query. */
  readonly path: string;
}

/** Says what is wrong with an answer; nothing when it is as the contract says. */
export type Judge = (asked: Asked, answer: Answer) => readonly string[];

/** What may fail although no server is away: `operation status`, and why. */
const EXCUSED: Readonly<Record<string, string>> = {
  "requestReply 504": "nobody answers in this world",
};

/** How a request may be refused that means no operation of the contract. */
const NOWHERE = [400, 403, 404, 405, 421];

/** How any operation may refuse a request before it is looked at. */
const AT_THE_DOOR = [400, 403, 421];

/** What zod says where nobody has found better words. */
const NOT_OURS =
  /\bInvalid (?:input|string)|\bToo (?:big|small):|Unrecognized key/;

const PROBLEM: Schema = { $ref: "#/components/schemas/Problem" };
const PROBLEM_TYPE = "application/problem+json";

/** Creates the judge of `contract`. */
export function createJudge(contract: Contract): Judge {
  const ajv = new Ajv({
    strict: false,
    validateFormats: false,
    logger: false,
    code: { optimize: false },
  });
  ajv.addSchema(contract.document, "contract");
  const validators = new Map<Schema, ValidateFunction>();

  function schemaFaults(schema: Schema, json: unknown): string[] {
    const validate = validators.get(schema) ?? ajv.compile(absolute(schema));
    validators.set(schema, validate);
    if (validate(json)) return [];
    return validate.errors!.slice(0, 3).map(({ instancePath, message }) =>
      `breaks its schema: ${instancePath || "the body"} ${message}`
    );
  }

  function problemFaults({ path }: Asked, answer: Answer): string[] {
    const { status, headers, text } = answer;
    const type = headers.get("content-type");
    if (type !== PROBLEM_TYPE) return [`is a problem of type ${type}`];
    const json = parse(text);
    if (json === undefined) return ["is no JSON"];
    const { detail, ...problem } = json;
    const faults = schemaFaults(PROBLEM, json);
    const says = (what: string, is: unknown, expected: unknown) =>
      is === expected ? [] : [`says ${what} ${is} and not ${expected}`];
    return [
      ...faults,
      ...says("status", problem.status, status),
      ...says("request_id", problem.request_id, headers.get("x-request-id")),
      ...says("instance", problem.instance, path.slice(0, 512)),
      ...(/^(?:Cannot|The) .{5,}/s.test(detail)
        ? []
        : [`says nothing: ${detail}`]),
      ...(NOT_OURS.test(detail) ? [`is not in our words: ${detail}`] : []),
    ];
  }

  function bodyFaults(declared: Declared, answer: Answer): string[] {
    const { headers, text } = answer;
    if (declared.content === undefined) {
      return text === "" ? [] : ["has a body where none is declared"];
    }
    const type = headers.get("content-type") ?? "none";
    const media = declared.content[type];
    if (media === undefined) return [`has type ${type}, which is not declared`];
    if (!/json$/.test(type)) return [];
    const json = parse(text);
    return json === undefined
      ? ["is no JSON"]
      : schemaFaults(media.schema, json);
  }

  return (asked, answer) => {
    const { operation, method } = asked;
    const { status, headers, text } = answer;
    const declared = operation?.answers[status];
    const faults: string[] = [];
    if (!headers.get("x-request-id")) faults.push("has no request id");
    if (/\n\s+at |file:\/\/|node_modules/.test(text)) {
      faults.push("shows a stack");
    }
    if (status >= 500 && !(`${operation?.id} ${status}` in EXCUSED)) {
      faults.push("fails");
    }
    const others = operation === undefined ? NOWHERE : AT_THE_DOOR;
    if (declared === undefined && !others.includes(status)) {
      faults.push("has a status that is not declared");
    }
    for (
      const [name, { required }] of Object.entries(declared?.headers ?? {})
    ) {
      if (required && !headers.has(name)) faults.push(`lacks ${name}`);
    }
    if (method === "HEAD") return faults;
    const isProblem = status >= 400 &&
      declared?.content?.["application/json"] === undefined;
    return [
      ...faults,
      ...isProblem
        ? problemFaults(asked, answer)
        : declared === undefined
        ? []
        : bodyFaults(declared, answer),
    ];
  };
}

/** `schema` with its references into the document. */
function absolute(schema: Schema): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"contract#/'),
  );
}

// deno-lint-ignore no-explicit-any
function parse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
