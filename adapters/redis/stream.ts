/**
 * Entries of the log as the stream holds them.
 *
 * The id is the position. An entry whose data is large is there without it:
 * readers stop before it and go to the database.
 *
 * @module
 */
import type { LoggedEvent } from "../../domain/event/event.ts";

/** Entries as Redis answers. */
export type StreamReply = readonly (readonly [string, readonly string[]])[];

/** Longer texts are left out of the stream. */
export const MAX_ENTRY_CHARS = 1024;

/** The fields of an entry, as `XADD` takes them. */
export function streamFields(event: LoggedEvent): string[] {
  const { id, channel, key, json, meta, batchEnd, committedAt } = event;
  const fields = ["id", id, "type", channel];
  const facts = JSON.stringify(meta);
  const length = json.length + facts.length + (key?.length ?? 0);
  if (length > MAX_ENTRY_CHARS) return fields;
  if (key !== undefined) fields.push("key", key);
  fields.push("meta", facts, "at", `${committedAt}`, "end", `${batchEnd}`);
  fields.push("data", json);
  return fields;
}

/** The entries after `after` up to the first that is missing or without data. */
export function toEvents(entries: StreamReply, after: number): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  for (const [id, fields] of entries) {
    const position = Number(id.slice(0, id.indexOf("-")));
    const event = toEvent(position, fields);
    if (position !== after + events.length + 1 || !event) break;
    events.push(event);
  }
  return events;
}

function toEvent(
  position: number,
  fields: readonly string[],
): LoggedEvent | undefined {
  const field: Record<string, string> = {};
  for (let i = 0; i < fields.length; i += 2) field[fields[i]!] = fields[i + 1]!;
  const { id, type, key, meta, at, end, data } = field;
  if (!id || !type || !meta || !at || !end || !data) return undefined;
  try {
    return {
      id,
      channel: type,
      ...key !== undefined && { key },
      json: data,
      meta: JSON.parse(meta),
      position,
      batchEnd: Number(end),
      committedAt: Number(at),
    };
  } catch {
    return undefined;
  }
}
