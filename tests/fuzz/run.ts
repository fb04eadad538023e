/**
 * Asks the service whatever can be drawn from its contract, and judges it.
 *
 * @module
 */
import fc from "fast-check";
import { type Contract, type Operation, readContract } from "./contract.ts";
import { createHarvest, type Harvest } from "./harvest.ts";
import { type Answer, createJudge, type Judge } from "./judge.ts";
import { type Draft, requestsOf, shownName } from "./requests.ts";
import { type FuzzWorld, openFuzzWorld } from "./world.ts";

/** An answer that is not as the contract says. */
export interface Finding {
  /** Which request of the run it was, from 0. */
  readonly nth: number;
  /** The request, for people. */
  readonly request: string;
  /** What the answer was. */
  readonly answer: string;
  readonly faults: readonly string[];
}

/** What came of a run. */
export interface FuzzRun {
  readonly requests: number;
  /** Answers by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Operations of the contract, and those that have answered well. */
  readonly operations: {
    readonly all: number;
    readonly well: readonly string[];
  };
  readonly findings: readonly Finding[];
  readonly seconds: number;
}

/** A request that can be sent. */
interface Prepared {
  readonly request: Request;
  readonly text: string;
}

/**
 * Sends `runs` requests, one after the other, which follow from `seed`.
 *
 * @param without Paths whose operations are left alone.
 * @param meddle Changes answers before they are judged, to see that it shows.
 */
export async function runFuzz(
  { runs, seed, without, meddle = (answer) => answer }: {
    readonly runs: number;
    readonly seed: number;
    readonly without?: RegExp;
    readonly meddle?: (answer: Answer, nth: number) => Answer;
  },
): Promise<FuzzRun> {
  const began = performance.now();
  await using world = await openFuzzWorld(seed);
  const contract = await contractOf(world);
  const judge = createJudge(contract);
  const harvest = createHarvest();
  const statuses = new Map<number, number>();
  const well = new Set<string>();
  const findings: Finding[] = [];
  const prototype = Reflect.ownKeys(Object.prototype).length;

  const operations = contract.operations
    .filter(({ path }) => !without?.test(path));
  const drafts = fc.sample(
    requestsOf({ ...contract, operations }),
    { numRuns: runs, seed },
  );
  for (const [nth, draft] of drafts.entries()) {
    const prepared = prepare(draft, harvest);
    if (prepared === undefined) continue;
    const answer = await world.ask(prepared.request);
    const operation = operationAt(contract, prepared.request);
    const faults = [
      ...answer === undefined
        ? ["does not come"]
        : judged(judge, prepared.request, operation, meddle(answer, nth)),
      ...world.complaints().map((line) => `is logged as an error: ${line}`),
      ...Reflect.ownKeys(Object.prototype).length === prototype
        ? []
        : ["changes the prototype of all objects"],
    ];
    if (answer !== undefined) {
      const { status, headers, text } = answer;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status < 400 && operation) well.add(operation.id);
      const json = jsonOf(headers, text);
      harvest.take(json, headers);
      if (status === 200 && draft.method === "GET" && json !== undefined) {
        harvest.keep(shownName(draft.operation.path), json);
      }
    }
    if (faults.length > 0) {
      findings.push({
        nth,
        request: prepared.text,
        answer: answer
          ? `${answer.status} ${answer.text.slice(0, 600)}`
          : "none",
        faults,
      });
    }
    await undo(world, draft, answer);
  }
  return {
    requests: drafts.length,
    statuses,
    operations: { all: contract.operations.length, well: [...well] },
    findings,
    seconds: (performance.now() - began) / 1000,
  };
}

/** The document that the service itself hands out. */
async function contractOf(world: FuzzWorld): Promise<Contract> {
  const answer = await world.ask(new Request(urlOf("/openapi.json")));
  return readContract(JSON.parse(answer!.text));
}

function judged(
  judge: Judge,
  request: Request,
  operation: Operation | undefined,
  answer: Answer,
): readonly string[] {
  const path = request.url.slice(ORIGIN.length).replace(/[?#].*$/s, "");
  return judge({ operation, method: request.method, path }, answer);
}

const ORIGIN = "http://localhost";
const urlOf = (path: string) => `${ORIGIN}${path}`;

/** What is sent for `draft`; `undefined` where no client could send it. */
function prepare(draft: Draft, harvest: Harvest): Prepared | undefined {
  const encode = (value: unknown) =>
    encodeURIComponent(harvest.fill(String(value)).toWellFormed());
  const path = draft.operation.path.replaceAll(
    /\{(\w+)\}/g,
    (_, name) => encode(draft.params[name] ?? ""),
  );
  const query = draft.query.map(([name, value]) =>
    `${encode(name)}=${encode(value)}`
  ).join("&");
  const headers = new Headers();
  for (const [name, value] of draft.headers) {
    try {
      headers.set(name, harvest.fill(String(value)));
    } catch {
      // No header can hold it.
    }
  }
  const body = draft.rawBody ??
    (draft.body === undefined
      ? undefined
      : harvest.fillJson(JSON.stringify(draft.body)));
  const hasBody = body !== undefined && !/^(?:GET|HEAD)$/.test(draft.method);
  const url = urlOf(path + draft.suffix + (query && `?${query}`));
  if (!URL.canParse(url)) return undefined;
  const request = new Request(url, {
    method: draft.method,
    headers,
    ...(hasBody ? { body } : {}),
  });
  const shown = typeof body === "string" ? body.slice(0, 600) : body;
  return {
    request,
    text: `${draft.manner} ${draft.method} ${request.url.slice(0, 300)} ${
      JSON.stringify([...headers])
    }${hasBody ? ` ${shown}` : ""}`,
  };
}

/** What the contract has where `request` goes; a path without names is meant first. */
function operationAt(
  { operations }: Contract,
  { method, url }: Request,
): Operation | undefined {
  const path = url.slice(ORIGIN.length).replace(/[?#].*$/s, "");
  const here = operations.filter((one) => one.shape.test(path));
  const wanted = method === "HEAD" ? "GET" : method;
  return here.find((one) => one.method === wanted && one.path === path) ??
    here.find((one) => one.method === wanted);
}

/** Undoes what would leave nothing to ask: a port pinned to nothing, trading forbidden. */
async function undo(
  world: FuzzWorld,
  { operation, params }: Draft,
  answer: Answer | undefined,
): Promise<void> {
  if (answer === undefined || answer.status >= 400) return;
  const body = UNDOING[operation.id];
  if (body === undefined) return;
  const path = operation.path.replace("{port}", String(params.port));
  await world.ask(
    new Request(urlOf(path), {
      method: operation.method,
      body: JSON.stringify(body),
    }),
  );
}

const UNDOING: Readonly<Record<string, unknown>> = {
  putAdapter: { adapter: null },
};

function jsonOf(headers: Headers, text: string): unknown {
  return /json/.test(headers.get("content-type") ?? "") && text !== ""
    ? JSON.parse(text)
    : undefined;
}
