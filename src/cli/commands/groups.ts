/**
 * `holdfast events groups`: consumer groups, seen and steered.
 *
 * @module
 */
import { POISON_POLICIES } from "../../../domain/event_group/group.ts";
import { POLICY_RANGES } from "../../../domain/event_group/policy.ts";
import {
  type Call,
  command,
  confirmed,
  numberOption,
  type Options,
  wordOption,
  YES,
} from "../command.ts";
import { checkPatterns } from "../patterns.ts";
import { parsePlace, type Place, PLACES } from "../places.ts";
import { counted, fieldLines, table } from "../print.ts";
import type { Terminal } from "../terminal.ts";

const GROUPS = "/api/v1/events/groups";

/** What is shown of a group in a list. */
interface Group {
  readonly name: string;
  readonly state: string;
  readonly checkpoint: number;
  readonly lag: number | null;
  readonly oldest_age_s: number | null;
  readonly in_flight: number;
  readonly dead_letters: number;
  readonly channels: readonly string[];
}

/** Lists the groups. */
export const listGroups = command({
  name: "events groups list",
  summary: "List consumer groups, and how far each is",
  usage: "",
  takes: [0, 0],
  options: {},
  async run({ service, terminal, isForPeople }) {
    const { text } = await service.ask("GET", GROUPS, { isRepeatable: true });
    const { groups } = JSON.parse(text) as { groups: readonly Group[] };
    if (!isForPeople) {
      const lines = groups.map((group) => `${JSON.stringify(group)}\n`);
      return void await terminal.write(lines.join(""));
    }
    const rows = groups.map((group) => [
      group.name,
      group.state,
      `${group.checkpoint}`,
      `${group.lag ?? "-"}`,
      group.oldest_age_s === null ? "-" : `${group.oldest_age_s} s`,
      `${group.in_flight}`,
      `${group.dead_letters}`,
      group.channels.join(" "),
    ]);
    const heading = [
      ...["NAME", "STATE", "CHECKPOINT", "LAG", "OLDEST", "IN FLIGHT"],
      ...["DEAD", "CHANNELS"],
    ];
    await terminal.write(`${table(heading, rows)}\n`);
  },
});

/** Shows a group. */
export const showGroup = command({
  name: "events groups show",
  summary: "Show how far a consumer group is, and how it reads",
  usage: "NAME",
  takes: [1, 1],
  options: {},
  run: (call) => act(call, "GET", ""),
});

/** Makes a group, or changes it. */
export const createGroup = command({
  name: "events groups create",
  summary: "Make a consumer group, or change how it reads",
  usage: "NAME",
  takes: [1, 1],
  details: [
    "A group that is there keeps its place, and gets the defaults for what is not",
    "given.",
    "",
    ...PLACES,
  ],
  options: {
    channel: {
      type: "string",
      multiple: true,
      value: "PATTERN",
      help: "Channels that it reads, several times; all when absent",
    },
    from: {
      type: "string",
      value: "FROM",
      help: "The first event of a new group; head when absent",
    },
    "max-attempts": {
      type: "string",
      value: "N",
      help: "Deliveries of one event, at most",
    },
    "on-poison": {
      type: "string",
      value: "POLICY",
      help: `After the last of them: ${POISON_POLICIES.join(", ")}`,
    },
    "lease-ms": {
      type: "string",
      value: "MS",
      help: "How long a delivery is its member's",
    },
    "max-in-flight": {
      type: "string",
      value: "N",
      help: "Deliveries that are with members at one time, at most",
    },
  },
  async run(call) {
    const { args: [name = ""], values, service, terminal, isForPeople } = call;
    const { channel: channels } = values;
    if (channels) checkPatterns(channels);
    const whole = (
      option: keyof typeof values & string,
      range: readonly [from: number, to: number],
    ) => numberOption(`--${option}`, values[option] as string, range);
    const body = JSON.stringify({
      channels,
      start: values.from && startOf("--from", values.from, terminal),
      max_attempts: whole("max-attempts", POLICY_RANGES.maxAttempts),
      on_poison: wordOption(
        "--on-poison",
        values["on-poison"],
        POISON_POLICIES,
      ),
      lease_ms: whole("lease-ms", POLICY_RANGES.leaseMs),
      max_in_flight: whole("max-in-flight", POLICY_RANGES.maxInFlight),
    });
    const { status, text } = await service.ask("PUT", pathOf(name), { body });
    await terminal.write(
      isForPeople
        ? `${status === 201 ? "Made" : "Changed"} ${name}\n`
        : `${text}\n`,
    );
  },
});

/** Stops a group. */
export const pauseGroup = command({
  name: "events groups pause",
  summary: "Give nothing more to the members of a group",
  usage: "NAME",
  takes: [1, 1],
  options: {},
  run: (call) => act(call, "POST", "/pause"),
});

/** Lets a group go on. */
export const resumeGroup = command({
  name: "events groups resume",
  summary: "Let a group go on",
  usage: "NAME",
  takes: [1, 1],
  options: {},
  run: (call) => act(call, "POST", "/resume"),
});

/** Sends a group elsewhere. */
export const seekGroup = command({
  name: "events groups seek",
  summary: "Have a group read on from elsewhere",
  usage: "NAME FROM",
  takes: [2, 2],
  details: [
    "FROM is the event that its members get next. Dead letters stay.",
    "",
    ...PLACES,
  ],
  options: {},
  run(call) {
    const to = startOf("FROM", call.args[1]!, call.terminal);
    return act(call, "POST", "/seek", JSON.stringify({ to }));
  },
});

/** Forgets a group. */
export const deleteGroup = command({
  name: "events groups delete",
  summary: "Forget a consumer group and its dead letters",
  usage: "NAME",
  takes: [1, 1],
  options: { yes: YES },
  async run(call) {
    const { args: [name = ""], service, terminal, isForPeople } = call;
    const { text } = await service.ask("GET", pathOf(name));
    const { dead_letters } = JSON.parse(text) as Group;
    const letters = counted(dead_letters, "dead letter");
    await confirmed(call, `delete the group ${name} and its ${letters}`);
    await service.ask("DELETE", pathOf(name));
    await terminal.write(
      isForPeople
        ? `Deleted ${name}\n`
        : `${JSON.stringify({ deleted: name })}\n`,
    );
  },
});

/** Asks for something of a group, and shows how the group is then. */
async function act<O extends Options>(
  { args: [name = ""], service, terminal, isForPeople }: Call<O>,
  method: string,
  suffix: string,
  body?: string,
): Promise<void> {
  const question = body === undefined ? {} : { body };
  const path = pathOf(name) + suffix;
  const { text } = await service.ask(method, path, question);
  await terminal.write(isForPeople ? fieldLines(text) : `${text}\n`);
}

function pathOf(name: string): string {
  return `${GROUPS}/${encodeURIComponent(name)}`;
}

/** What the API calls a start: the last position that is not read. */
function startOf(name: string, text: string, { clock }: Terminal): string {
  const place: Place = parsePlace(name, text, clock.now());
  if (typeof place === "string") return place;
  return "time" in place ? place.time : `${place.position - 1}`;
}
