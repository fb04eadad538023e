/**
 * Consumer groups, how far behind they are, and what they could not handle.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, messageOf } from "../api.ts";
import { ask } from "../parts/ask.tsx";
import {
  Done,
  Empty,
  Fault,
  Mark,
  Section,
  Table,
  Time,
} from "../parts/basics.tsx";
import { clockOf, count, counted } from "../words.ts";

interface Group {
  readonly name: string;
  readonly state: "running" | "paused" | "halted";
  readonly halted: { readonly reason: string } | null;
  readonly checkpoint: number;
  readonly lag: number | null;
  readonly oldest_age_s: number | null;
  readonly in_flight: number;
  readonly dead_letters: number;
  readonly channels: readonly string[];
}

interface Letter {
  readonly group: string;
  readonly position: number;
  readonly key: string | null;
  readonly status: "dead" | "behind" | "redriven";
  readonly attempts: number;
  readonly error: string;
  readonly at: string;
  readonly event: { readonly event_type: string } | null;
}

/** How often groups are looked at. */
const LOOK_MS = 2000;

const groups = signal<readonly Group[] | undefined>(undefined);
const letters = signal<readonly Letter[]>([]);
const fault = signal<string | undefined>(undefined);
const done = signal<string | undefined>(undefined);

async function look(): Promise<void> {
  try {
    const [found, dead] = await Promise.all([
      call<{ groups: Group[] }>("GET", "/api/v1/events/groups"),
      call<{ dead_letters: Letter[] }>(
        "GET",
        "/api/v1/events/dead-letters?limit=50",
      ),
    ]);
    groups.value = found.body.groups;
    letters.value = dead.body.dead_letters;
    fault.value = undefined;
  } catch (error) {
    fault.value = messageOf(error);
  }
}

/** Both tables, for who may administer. */
export function Groups() {
  useEffect(() => {
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <Section title="Consumer groups">
        <Fault message={fault.value} />
        {groups.value?.length === 0 && (
          <Empty>
            No group reads the log. A service makes one with PUT
            /api/v1/events/groups/NAME.
          </Empty>
        )}
        {groups.value && groups.value.length > 0 && (
          <GroupTable groups={groups.value} />
        )}
      </Section>
      <Section
        title="Dead letters"
        aside={<Done message={done.value} />}
      >
        {letters.value.length === 0
          ? (
            <Empty>
              None. What a group cannot handle stays here until somebody
              decides.
            </Empty>
          )
          : <LetterTable />}
      </Section>
    </>
  );
}

const TONES = { running: "good", paused: "warn", halted: "bad" } as const;

function GroupTable({ groups }: { groups: readonly Group[] }) {
  return (
    <Table
      label="Consumer groups"
      head={[
        "Group",
        "State",
        { number: "Behind" },
        "Oldest waits",
        { number: "In flight" },
        { number: "Dead letters" },
        "Channels",
        "",
      ]}
    >
      {groups.map((group) => (
        <tr key={group.name}>
          <th scope="row" class="break">{group.name}</th>
          <td>
            <Mark tone={TONES[group.state]}>{group.state}</Mark>
            {group.halted && <div class="hint">{group.halted.reason}</div>}
          </td>
          <td class="number">
            {group.lag === null ? "–" : counted(group.lag, "event")}
          </td>
          <td class="tight">
            {group.oldest_age_s === null
              ? "–"
              : `${clockOf(group.oldest_age_s * 1000)} min`}
          </td>
          <td class="number">{count(group.in_flight)}</td>
          <td class="number">{count(group.dead_letters)}</td>
          <td class="break">{group.channels.join(", ")}</td>
          <td class="tight">
            <button type="button" class="row" onClick={() => turn(group)}>
              {group.state === "running" ? "pause" : "resume"}
            </button>
          </td>
        </tr>
      ))}
    </Table>
  );
}

async function turn({ name, state }: Group): Promise<void> {
  const verb = state === "running" ? "pause" : "resume";
  try {
    await call(
      "POST",
      `/api/v1/events/groups/${encodeURIComponent(name)}/${verb}`,
    );
  } catch (error) {
    fault.value = messageOf(error);
    return;
  }
  await look();
}

function LetterTable() {
  return (
    <Table
      label="Dead letters"
      head={[
        "Group",
        { number: "Position" },
        "Since",
        "Channel",
        "Error",
        { number: "Attempts" },
        "",
      ]}
    >
      {letters.value.map((letter) => (
        <tr key={`${letter.group} ${letter.position}`}>
          <th scope="row" class="break">{letter.group}</th>
          <td class="number">{count(letter.position)}</td>
          <td class="tight">
            <Time at={letter.at} />
          </td>
          <td class="tight">{letter.event?.event_type ?? "–"}</td>
          <td class="break">{letter.error}</td>
          <td class="number">{letter.attempts}</td>
          <td class="tight">
            {letter.status === "redriven"
              ? <span class="hint">on its way again</span>
              : (
                <>
                  <button
                    type="button"
                    class="row"
                    onClick={() => askRedrive(letter)}
                  >
                    redrive…
                  </button>{" "}
                  <button
                    type="button"
                    class="row"
                    onClick={() =>
                      askDiscard(letter)}
                  >
                    discard…
                  </button>
                </>
              )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function askRedrive({ group, position }: Letter): void {
  ask({
    title: "Redrive the dead letter",
    detail: `${group} gets the event at ${position} once more.`,
    verb: "Redrive",
    async act() {
      await call("POST", "/api/v1/events/dead-letters/redrive", {
        body: { group, positions: [position] },
      });
      done.value = `Position ${position} is on its way again.`;
      await look();
    },
  });
}

function askDiscard({ group, position }: Letter): void {
  ask({
    title: "Discard the dead letter",
    detail: `${group} will never handle the event at ${position}. ` +
      "The log keeps the event; this cannot be undone.",
    verb: "Discard",
    reason: "Why it is given up",
    async act(reason) {
      await call("POST", "/api/v1/events/dead-letters/discard", {
        body: { group, positions: [position], reason },
      });
      done.value = `Position ${position} is given up.`;
      await look();
    },
  });
}
