/**
 * The log, read page by page up to some end.
 *
 * @module
 */
import { CommandFailed } from "./failures.ts";
import type { Service } from "./http_client.ts";
import { membersOf, objectOf } from "./json_text.ts";
import type { Place } from "./places.ts";

const EVENTS = "/api/v1/events";

/** Events of one request. */
const PAGE = 500;

type Query = readonly (readonly [name: string, value: string])[];

/** A stretch of the log. */
export interface Page {
  /** The events, each as the service printed it. */
  readonly events: readonly string[];
  /** Everything up to here has been read. */
  readonly scannedTo: number;
  /** Names that place, with the epoch of the log. */
  readonly token: string;
  /** The newest position. */
  readonly head: number;
  /** The oldest position held. */
  readonly earliest: number;
}

/** Asks for one page. */
export async function readPage(service: Service, query: Query): Promise<Page> {
  const question = { query, isRepeatable: true };
  const { text } = await service.ask("GET", EVENTS, question);
  try {
    const page = objectOf(text);
    const value = (name: string) => JSON.parse(page.get(name)!);
    return {
      events: [...membersOf(page.get("events")!)].map(({ text }) => text),
      scannedTo: value("next_after"),
      token: value("resume_token"),
      head: value("head"),
      earliest: value("earliest"),
    };
  } catch (error) {
    throw new CommandFailed(
      "Cannot use the answer as it is no page of events: is --url right?",
      { cause: error },
    );
  }
}

/** Where to begin. */
export interface Start {
  /** The query, for pages and for streams alike. */
  readonly query: Query;
  /** What may be missing before it, in a sentence; absent when nothing is. */
  readonly gap?: string;
}

/** Finds where `place` is, to begin there. */
export async function startAt(service: Service, place: Place): Promise<Start> {
  if (typeof place === "string") {
    const page = await readPage(service, [["limit", "1"]]);
    return after(page, place === "head" ? page.head : page.earliest - 1);
  }
  if ("position" in place) {
    return { query: [["after", `${place.position - 1}`]] };
  }
  const { page, first } = await findTime(service, place.time);
  const start = after(page, (first ?? page.head + 1) - 1);
  const { earliest } = page;
  if (first !== earliest || earliest === 1) return start;
  const gap = `Gap: events of ${place.time} and later may be missing, as ` +
    `those before ${earliest} are no longer held; going on with ${earliest}`;
  return { ...start, gap };
}

function after({ token }: Page, position: number): Start {
  return { query: [["after", token.replace(/\d+$/, `${position}`)]] };
}

/** The position of the first event held of `time` or later, if there is one. */
async function findTime(
  service: Service,
  time: string,
): Promise<{ readonly page: Page; readonly first: number | undefined }> {
  let query: Query = [["from_time", time]];
  for (;;) {
    const page = await readPage(service, [...query, ["limit", "1"]]);
    const [event] = page.events;
    if (event !== undefined) return { page, first: positionOf(event) };
    if (page.scannedTo >= page.head) return { page, first: undefined };
    query = [["after", page.token]];
  }
}

/** The last position that lies up to `place`: of a time, before it. */
async function endAt(service: Service, place: Place): Promise<number> {
  if (typeof place === "string") {
    const { head, earliest } = await readPage(service, [["limit", "1"]]);
    return place === "head" ? head : earliest;
  }
  if ("position" in place) return place.position;
  const { page, first } = await findTime(service, place.time);
  return (first ?? page.head + 1) - 1;
}

/** What to read of the log. */
export interface Stretch {
  /** Channels, or patterns of them; all when empty. */
  readonly patterns: readonly string[];
  /** The first event. */
  readonly from: Place;
  /** The last event; the head as it is now when absent. */
  readonly to?: Place | undefined;
  /** Most events. */
  readonly limit?: number | undefined;
  /** How events are written. */
  readonly form: string;
  /** Hears, in a sentence, of events of the stretch that are no longer held. */
  readonly onGap: (sentence: string) => void;
}

/**
 * Reads a stretch of the log, page by page. The log may grow meanwhile: what
 * comes after the end is not read.
 *
 * @throws {ServiceFailure} When events are no longer held, among others.
 */
export async function* readLog(
  service: Service,
  { patterns, from, to = "head", limit = Infinity, form, onGap }: Stretch,
): AsyncGenerator<Page, void> {
  const end = await endAt(service, to);
  const channels = patterns.map((pattern) => ["channel", pattern] as const);
  const { query: first, gap } = await startAt(service, from);
  if (gap !== undefined) onGap(gap);
  let start = first;
  let isFirst = gap === undefined;
  for (let left = limit; left > 0;) {
    const most = `${Math.min(PAGE, left)}`;
    const query: Query = [...start, ...channels, ["limit", most]];
    const page = await readPage(service, [...query, ["form", form]]);
    if (isFirst && end >= 1 && end < page.earliest) {
      onGap(`Gap: the events up to ${end} are no longer held`);
    }
    isFirst = false;
    const isLast = page.scannedTo >= Math.min(end, page.head);
    if (page.scannedTo <= end) {
      yield page;
    } else {
      // Not every form tells where an event stands.
      const { events } = form === "envelope"
        ? page
        : await readPage(service, query);
      const kept = events.filter((event) => positionOf(event) <= end).length;
      yield { ...page, events: page.events.slice(0, kept), scannedTo: end };
    }
    if (isLast) return;
    left -= page.events.length;
    start = [["after", page.token]];
  }
}

/** Where an envelope stands in the log. */
export function positionOf(envelope: string): number {
  const metadata = objectOf(envelope).get("metadata") ?? "{}";
  return Number(objectOf(metadata).get("position"));
}
