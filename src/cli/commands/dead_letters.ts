/**
 * `holdfast events dead-letters`: what groups could not handle.
 *
 * @module
 */
import {
  type Call,
  command,
  confirmed,
  numberOption,
  YES,
} from "../command.ts";
import { UsageError } from "../failures.ts";
import type { Service } from "../http_client.ts";
import { membersOf, objectOf } from "../json_text.ts";
import { counted, fieldLines, harmless, table } from "../print.ts";

const LETTERS = "/api/v1/events/dead-letters";

/** Dead letters of one request. */
const PAGE = 500;

const ANY_POSITION = [1, Number.MAX_SAFE_INTEGER] as const;

/** What is shown of a dead letter in a list. */
interface Letter {
  readonly group: string;
  readonly position: number;
  readonly key: string | null;
  readonly status: string;
  readonly attempts: number;
  readonly redrives: number;
  readonly at: string;
  readonly error: string;
  readonly event: { readonly event_type: string } | null;
}

/** Which dead letters went, and which have to stay. */
interface Redriven {
  readonly redriven: readonly number[];
  readonly refused: readonly {
    readonly position: number;
    readonly reason: string;
  }[];
  readonly more: boolean;
}

/** Lists dead letters. */
export const listLetters = command({
  name: "events dead-letters list",
  summary: "List events that groups could not handle, and why",
  usage: "[GROUP]",
  takes: [0, 1],
  options: {
    key: { type: "string", value: "KEY", help: "Only those of this key" },
  },
  async run({ args: [group], values, service, terminal, isForPeople }) {
    const rows: string[][] = [];
    const query = [
      ...group === undefined ? [] : [["group", group] as const],
      ...values.key === undefined ? [] : [["key", values.key] as const],
    ];
    for await (const letters of readLetters(service, query)) {
      if (isForPeople) rows.push(...letters.map(rowOf));
      else await terminal.write(letters.map((text) => `${text}\n`).join(""));
    }
    if (!isForPeople) return;
    const heading = [
      ...["GROUP", "POSITION", "CHANNEL", "KEY", "STATUS"],
      ...["ATTEMPTS", "REDRIVES", "AT", "ERROR"],
    ];
    await terminal.write(`${table(heading, rows)}\n`);
  },
});

/** Shows a dead letter. */
export const showLetter = command({
  name: "events dead-letters show",
  summary: "Show an event that a group could not handle, whole",
  usage: "GROUP POSITION",
  takes: [2, 2],
  options: {},
  async run({ args: [group = "", position], service, terminal, isForPeople }) {
    const at = numberOption("POSITION", position, ANY_POSITION);
    const path = `${LETTERS}/${encodeURIComponent(group)}/${at}`;
    const { text } = await service.ask("GET", path, { isRepeatable: true });
    await terminal.write(isForPeople ? fieldLines(text) : `${text}\n`);
  },
});

/** Sends dead letters on their way again. */
export const redriveLetters = command({
  name: "events dead-letters redrive",
  summary: "Send dead letters on their way again, in order",
  usage: "GROUP [POSITION…]",
  takes: [1, 501],
  details: ["Names which: positions, those of --key, or --all of the group."],
  options: {
    key: { type: "string", value: "KEY", help: "Those of this key" },
    all: { type: "boolean", help: "All of the group" },
    yes: YES,
  },
  async run(call) {
    const { args: [group = ""], values, service, terminal } = call;
    const { key } = values;
    const positions = chosen(call, key !== undefined);
    if (values.all) await confirmed(call, `redrive all of ${group}`);
    const body = JSON.stringify({ group, positions, key, all: values.all });
    const { text } = await service.ask("POST", `${LETTERS}/redrive`, { body });
    const { redriven, refused, more } = JSON.parse(text) as Redriven;
    const list = redriven.length === 0 ? "" : `: ${redriven.join(" ")}`;
    await terminal.write(
      call.isForPeople
        ? `Redriven ${counted(redriven.length, "dead letter")}${list}\n`
        : `${text}\n`,
    );
    for (const { position, reason } of refused) {
      terminal.tell(harmless(`Not redriven ${position}: ${reason}`));
    }
    if (more) {
      terminal.tell("There are others: redrive them when these are settled");
    }
    return refused.length > 0 ? 1 : 0;
  },
});

/** Gives dead letters up. */
export const discardLetters = command({
  name: "events dead-letters discard",
  summary: "Give dead letters up",
  usage: "GROUP [POSITION…] --reason TEXT",
  takes: [1, 501],
  details: ["Names which: positions, or --all of the group."],
  options: {
    all: { type: "boolean", help: "All of the group" },
    reason: {
      type: "string",
      value: "TEXT",
      help: "Why; it stands in the log of the service",
    },
    yes: YES,
  },
  async run(call) {
    const { args: [group = ""], values, service, terminal } = call;
    const { reason } = values;
    if (reason === undefined || reason === "") {
      throw new UsageError(
        "Cannot discard without a reason: say why with --reason",
      );
    }
    const positions = chosen(call, false);
    if (values.all) await confirmed(call, `discard all of ${group}`);
    const found = positions ? [positions] : await positionsOf(service, group);
    let count = 0;
    for (const part of found) {
      const body = JSON.stringify({ group, positions: part, reason });
      const { text } = await service.ask("POST", `${LETTERS}/discard`, {
        body,
      });
      count += JSON.parse(text).discarded;
    }
    await terminal.write(
      call.isForPeople
        ? `Discarded ${counted(count, "dead letter")}\n`
        : `${JSON.stringify({ discarded: count })}\n`,
    );
  },
});

/** The positions that were named; none when all, or all of a key, are meant. */
function chosen(
  { args, values }: Call<{ all: { type: "boolean"; help: string } }>,
  isByKey: boolean,
): readonly number[] | undefined {
  const positions = args.slice(1)
    .map((text) => numberOption("POSITION", text, ANY_POSITION)!);
  const ways = [positions.length > 0, isByKey, values.all === true];
  if (ways.filter((way) => way).length !== 1) {
    throw new UsageError(
      "Cannot tell which dead letters are meant: name positions, or all with --all, and only one of these",
    );
  }
  return positions.length > 0 ? positions : undefined;
}

/** Everything of a group, by requests. */
async function positionsOf(
  service: Service,
  group: string,
): Promise<readonly (readonly number[])[]> {
  const found: number[][] = [];
  for await (const page of readLetters(service, [["group", group]])) {
    found.push(page.map((text) => (JSON.parse(text) as Letter).position));
  }
  return found;
}

/** The dead letters, a page at a time. */
async function* readLetters(
  service: Service,
  chosen: readonly (readonly [name: string, value: string])[],
): AsyncGenerator<readonly string[], void> {
  let after: string | null = null;
  do {
    const query = [...chosen, ["limit", `${PAGE}`] as const];
    if (after !== null) query.push(["after", after]);
    const { text } = await service.ask("GET", LETTERS, {
      query,
      isRepeatable: true,
    });
    const page = objectOf(text);
    const letters = [...membersOf(page.get("dead_letters")!)];
    if (letters.length > 0) yield letters.map(({ text }) => text);
    after = JSON.parse(page.get("next_after")!);
  } while (after !== null);
}

function rowOf(text: string): string[] {
  const letter = JSON.parse(text) as Letter;
  return [
    letter.group,
    `${letter.position}`,
    letter.event?.event_type ?? "-",
    letter.key ?? "-",
    letter.status,
    `${letter.attempts}`,
    `${letter.redrives}`,
    letter.at,
    letter.error,
  ];
}
