/**
 * Settings as they are kept, and as they are being edited. Edits stay when
 * another page is opened and when the network fails.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { call, Refused } from "../api.ts";

/** A setting, from the table of fields of the service. */
export interface Field {
  readonly path: string;
  readonly document: string;
  readonly at: readonly string[];
  readonly type: {
    readonly kind: string;
    readonly whole?: boolean;
    readonly min?: number;
    readonly max?: number;
    readonly above?: number;
    readonly of?: readonly string[];
    readonly maxLength?: number;
  };
  readonly default: unknown;
  readonly meaning: string;
  readonly risk: "high" | "medium" | "low";
  readonly unit?: string;
  readonly impact?: string;
  readonly recommendation?: string;
}

/** What the form is made of. */
export interface FieldTable {
  readonly groups: Readonly<Record<string, string>>;
  readonly settings: readonly Field[];
}

/** A document as it was read. */
export interface Held {
  readonly etag: string;
  readonly value: unknown;
}

/** A setting that somebody else has changed meanwhile. */
export interface Conflict {
  readonly field: Field;
  readonly was: unknown;
  readonly theirs: unknown;
  readonly mine: unknown;
}

/** The table of fields; absent until it has come. */
export const table = signal<FieldTable | undefined>(undefined);
/** Documents by name. */
export const held = signal<ReadonlyMap<string, Held>>(new Map());
/** New values by path, not saved yet. */
export const edits = signal<ReadonlyMap<string, unknown>>(new Map());
/** What the service says of edits, by path. */
export const faults = signal<ReadonlyMap<string, string>>(new Map());
/** What somebody else has saved first. */
export const conflicts = signal<readonly Conflict[]>([]);
/** What is wrong apart from single fields. */
export const trouble = signal<string | undefined>(undefined);
/** What has been done. */
export const done = signal<string | undefined>(undefined);

const PLACES: Readonly<Record<string, string>> = {
  "settings:all": "/api/user/settings",
  "circuit_breaker": "/api/user/global-circuit-breaker",
  "scalp_reentry": "/api/futures/ginie/scalp-reentry-config",
  "capital_allocation": "/api/futures/ginie/capital-allocation",
};

function placeOf(document: string): string {
  return PLACES[document] ??
    `/api/futures/ginie/modes/${document.replace("mode:", "")}`;
}

/** Reads the table, once, and all documents. */
export async function loadSettings(): Promise<void> {
  const [fields, { body }] = await Promise.all([
    table.value ?? call<FieldTable>("GET", "/web/settings.json")
      .then((answer) => answer.body),
    call<{ documents: Record<string, { version: number; value: unknown }> }>(
      "GET",
      "/api/user/settings?include=all",
    ),
  ]);
  held.value = new Map(
    Object.entries(body.documents).map(([name, { version, value }]) => [
      name,
      { etag: `"${version}"`, value },
    ]),
  );
  table.value = fields;
}

/** What is kept for `field`. */
export function keptOf({ document, at }: Field): unknown {
  return valueAt(held.value.get(document)?.value, at);
}

/** What the form shows for `field`. */
export function shownOf(field: Field): unknown {
  return edits.value.has(field.path)
    ? edits.value.get(field.path)
    : keptOf(field);
}

/** Takes down a new value, or forgets it where it is the one that is kept. */
export function edit(field: Field, value: unknown): void {
  const next = new Map(edits.value);
  if (isSame(value, keptOf(field))) next.delete(field.path);
  else next.set(field.path, value);
  edits.value = next;
  done.value = undefined;
  if (faults.value.has(field.path)) {
    const left = new Map(faults.value);
    left.delete(field.path);
    faults.value = left;
  }
}

/** Forgets all edits. */
export function dropEdits(): void {
  edits.value = new Map();
  faults.value = new Map();
  conflicts.value = [];
  trouble.value = undefined;
}

/**
 * Saves what was edited, a document after the other, each only if nobody has
 * changed it since it was read. What could not be saved stays edited.
 */
export async function saveEdits(): Promise<void> {
  trouble.value = done.value = undefined;
  faults.value = new Map();
  const edited = table.value!.settings.filter(({ path }) =>
    edits.value.has(path)
  );
  let saved = 0;
  for (const [name, fields] of Map.groupBy(edited, (f) => f.document)) {
    let body: unknown = {};
    for (const field of fields) {
      body = withValue(body, field.at, edits.value.get(field.path));
    }
    try {
      const answer = await call<unknown>("PATCH", placeOf(name), {
        body,
        headers: { "If-Match": held.value.get(name)!.etag },
      });
      keep(name, answer.headers.get("etag")!, answer.body);
      const left = new Map(edits.value);
      for (const { path } of fields) left.delete(path);
      edits.value = left;
      saved += fields.length;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await notSaved(error, name, fields);
    }
  }
  if (saved > 0) {
    done.value = `${saved} ${saved === 1 ? "setting" : "settings"} saved.`;
  }
}

async function notSaved(
  error: Refused,
  name: string,
  fields: readonly Field[],
): Promise<void> {
  if (error.status === 412) return await findConflicts(name, fields);
  const told = new Map(faults.value);
  const rest: string[] = [];
  for (const { path, message } of error.errors) {
    const at = path.replace(/^body\.?/, "");
    const field = fields.find((field) => field.at.join(".") === at);
    if (field) told.set(field.path, message);
    else rest.push(message);
  }
  faults.value = told;
  if (rest.length > 0 || error.errors.length === 0) {
    trouble.value = error.errors.length === 0
      ? error.message
      : [...new Set(rest)].join(" ");
  }
}

/** Reads what somebody else has saved, and sets it beside what was typed. */
async function findConflicts(
  name: string,
  fields: readonly Field[],
): Promise<void> {
  const before = held.value.get(name)?.value;
  const { body, headers } = await call<unknown>("GET", placeOf(name));
  const found = fields.map((field) => ({
    field,
    was: valueAt(before, field.at),
    theirs: valueAt(body, field.at),
    mine: edits.value.get(field.path),
  }));
  keep(name, headers.get("etag")!, body);
  conflicts.value = [...conflicts.value, ...found];
}

/** Settles a conflict: `mine` stays to be saved, `theirs` is taken over. */
export function settle({ field }: Conflict, choice: "mine" | "theirs"): void {
  if (choice === "theirs") edit(field, keptOf(field));
  else if (isSame(edits.value.get(field.path), keptOf(field))) {
    edit(field, keptOf(field));
  }
  conflicts.value = conflicts.value.filter((one) => one.field !== field);
}

function keep(name: string, etag: string, value: unknown): void {
  held.value = new Map(held.value).set(name, { etag, value });
}

/** Whether two values of JSON are the same. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (at as Record<string, unknown> | undefined)?.[name],
    value,
  );
}

function withValue(
  value: unknown,
  [name, ...rest]: readonly string[],
  next: unknown,
): unknown {
  if (name === undefined) return next;
  const object = (value ?? {}) as Record<string, unknown>;
  return { ...object, [name]: withValue(object[name], rest, next) };
}
