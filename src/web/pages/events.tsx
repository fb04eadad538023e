/**
 * Events: the log as it grows, one event in full, groups and dead letters.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { may, status } from "../live.ts";
import { Empty, Fault, Mark, Section, Table, Time } from "../parts/basics.tsx";
import { Field, restOf } from "../parts/field.tsx";
import { count, counted } from "../words.ts";
import {
  gap,
  isPaused,
  type LogEvent,
  pause,
  shown,
  tail,
  tailFault,
  tailLink,
  waitingCount,
} from "./events_tail.ts";
import { Groups } from "./groups.tsx";

/** What is asked for: a pattern of channels, and a time in the viewer's zone. */
const channel = signal("");
const from = signal("");
const asked = signal<{ channel: string; from?: string }>({ channel: "" });
const chosen = signal<LogEvent | undefined>(undefined);

/** Rows that are drawn: more of them make a page slow. */
const MAX_ROWS = 60;

/** The page. */
export function Events() {
  const isReady = status.value !== undefined;
  const { channel, from } = asked.value;
  useEffect(() => {
    if (!isReady) return;
    const stop = new AbortController();
    tail(channel, from, stop.signal);
    return () => stop.abort();
  }, [channel, from, isReady]);
  return (
    <>
      <h1>{headline()}</h1>
      <Tail />
      {may("admin") && <Groups />}
    </>
  );
}

function headline(): string {
  const head = status.value?.log?.head;
  if (head === undefined) return "Asking where the log is…";
  if (head === 0) return "The log is empty. Whatever is published shows here.";
  return `The log is at ${count(head)}.`;
}

function Filter() {
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        chosen.value = undefined;
        const at = new Date(from.value);
        asked.value = {
          channel: channel.value.trim(),
          ...(Number.isNaN(at.getTime()) ? {} : { from: at.toISOString() }),
        };
      }}
    >
      <Field
        label="Channels"
        of={channel}
        name="channel"
        error={tailFault.value}
        isWide
        placeholder="all, or such as signal.*"
      />
      <Field
        label="Replay from"
        of={from}
        name="from_time"
        error={tailFault.value}
        type="datetime-local"
        step={1}
      />
      <button type="submit">Show</button>
      <button
        type="button"
        class="quiet"
        aria-pressed={isPaused.value}
        onClick={() => pause(!isPaused.value)}
      >
        {isPaused.value ? `Go on (${waitingCount.value} new)` : "Pause"}
      </button>
    </form>
  );
}

function Tail() {
  const events = shown.value;
  const rows = events.slice(0, MAX_ROWS);
  const isLive = tailLink.value === "live";
  return (
    <Section
      title="Tail"
      aside={
        <Mark tone={isLive ? isPaused.value ? "plain" : "good" : "warn"}>
          {isLive ? isPaused.value ? "paused" : "live" : tailLink.value}
        </Mark>
      }
    >
      <Filter />
      <Fault message={restOf(tailFault.value, ["channel", "from_time"])} />
      {gap.value && <p class="hint">{gap.value}</p>}
      <div class="tail">
        {rows.length === 0
          ? (
            <Empty>
              No event yet on {asked.value.channel || "any channel"}.
            </Empty>
          )
          : (
            <Table
              label="Newest events first"
              head={[{ number: "Position" }, "Time", "Channel", "Key", "Data"]}
            >
              {rows.map((event) => <Row key={event.id} event={event} />)}
            </Table>
          )}
        {chosen.value && <Detail event={chosen.value} />}
      </div>
      {events.length > rows.length && (
        <p class="hint">
          {counted(events.length - rows.length, "older event")} not drawn.
        </p>
      )}
    </Section>
  );
}

function Row({ event }: { event: LogEvent }) {
  const { metadata } = event;
  return (
    <tr
      data-position={metadata.position}
      aria-selected={chosen.value?.id === event.id}
    >
      <td class="number">
        <button type="button" class="row" onClick={() => chosen.value = event}>
          {metadata.position === undefined
            ? "volatile"
            : count(metadata.position)}
        </button>
      </td>
      <td class="tight">
        <Time at={event.timestamp} />
      </td>
      <td class="tight">{event.event_type}</td>
      <td class="key" title={metadata.key}>{metadata.key ?? ""}</td>
      <td class="clip mono">{JSON.stringify(event.data)?.slice(0, 300)}</td>
    </tr>
  );
}

function Detail({ event }: { event: LogEvent }) {
  return (
    <aside class="detail" aria-label="Event">
      <header class="section-head">
        <h3>{event.event_type}</h3>
        <button
          type="button"
          class="quiet"
          onClick={() => chosen.value = undefined}
        >
          Close
        </button>
      </header>
      <pre tabIndex={0}>{JSON.stringify(event, null, 2)}</pre>
    </aside>
  );
}
