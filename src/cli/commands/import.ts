/**
 * `holdfast events import`: a file into the log.
 *
 * @module
 */
import { isJsonObject, parseObject } from "../../../domain/json_value.ts";
import { isUuid } from "../../../domain/uuid.ts";
import { CHANNELS } from "../../../domain/event/registry.ts";
import { command } from "../command.ts";
import { CommandFailed } from "../failures.ts";
import { type Line, lineBatches } from "../line_batches.ts";
import { readPage } from "../log_reader.ts";
import { counted, harmless } from "../print.ts";
import {
  inDoubt,
  type Outcome,
  parts,
  type Publication,
  publishTogether,
  refusalLines,
} from "../publisher.ts";

/** How often progress is told. */
const PROGRESS_MS = 5_000;

/** Lines that were left out are told one by one up to so many. */
const MAX_TOLD = 20;

const GO_ON = "import again to go on";

/** Publishes what was exported, once however often it is imported. */
export const importEvents = command({
  name: "events import",
  summary: "Publish the events of a file that export wrote",
  usage: "FILE|-",
  takes: [1, 1],
  details: [
    "Events keep their ids, times and keys and get new positions, in their order.",
    "What the log knows already is not published again, so that an import that",
    "was interrupted is simply started again. Channels that only Holdfast itself",
    "publishes on are left out and counted; that ends with 1, unless it is meant.",
    "A line that is no event ends it, and so does one whose id the log has for",
    "another event; with the options below they are told, counted and left out.",
  ],
  options: {
    "skip-reserved": {
      type: "boolean",
      help: "Leaving out events of Holdfast's own channels is meant",
    },
    "skip-invalid": {
      type: "boolean",
      help: "Leaving out lines that are no event the service takes is meant",
    },
    "skip-conflicts": {
      type: "boolean",
      help:
        "Leave out events whose id the log has for another one; ends with 1",
    },
  },
  async run({ args: [path = "-"], values, service, terminal, isForPeople }) {
    const input = path === "-" ? terminal.input : await terminal.open(path);
    const { head } = await readPage(service, [["limit", "1"]]);
    const count = { ...NONE };
    const skipped = new Set<string>();
    const { clock } = terminal;
    let toldAt = clock.monotonic();
    /** Everything that this run has not published stands up to here. */
    let top = head;

    function note({ published, wasInDoubt }: Outcome): void {
      const before = top;
      for (const { result } of published) {
        const { position = Infinity, duplicate, ignored = [] } = result;
        // What an attempt without an answer stored stands above all before it.
        const isKnown = duplicate && !(wasInDoubt && position > before);
        count[isKnown ? "known" : "new"]++;
        if (ignored.length > 0) count.lessened++;
        if (position < Infinity) top = Math.max(top, position);
      }
      if (clock.monotonic() - toldAt < PROGRESS_MS) return;
      toldAt = clock.monotonic();
      terminal.tell(describe(count));
    }

    /** Tells why a line is left out. */
    function leaveOut(kind: "invalid" | "conflicts", why: string): void {
      const told = count.invalid + count.conflicts;
      count[kind]++;
      if (told < MAX_TOLD) terminal.tell(why);
      if (told === MAX_TOLD) terminal.tell("Others are left out as well");
    }

    async function send(events: readonly Publication[]): Promise<void> {
      const onward = values["skip-invalid"] ? "all-others" : "before-refused";
      for (const part of parts(events)) {
        const outcome = await publishTogether(service, part, onward)
          .catch((error) => {
            throw inDoubt(error, "start the import again");
          });
        note(outcome);
        const { conflicts, refusals, published } = outcome;
        if (conflicts.length > 0 && !values["skip-conflicts"]) {
          count.conflicts += conflicts.length;
          throw new Stopped(
            conflicts.slice(0, MAX_TOLD).map(refusalLines).join("\n"),
            describeRest(published, conflicts[0]!.event),
          );
        }
        for (const one of conflicts) leaveOut("conflicts", refusalLines(one));
        const [refused] = refusals;
        if (refused && !values["skip-invalid"]) {
          throw new Stopped(refusalLines(refused), MEND);
        }
        for (const one of refusals) leaveOut("invalid", refusalLines(one));
      }
    }

    try {
      for await (const lines of lineBatches(input, terminal.stop)) {
        const events: Publication[] = [];
        let bad: CommandFailed | undefined;
        for (const line of lines) {
          const read = readLine(line);
          if (read instanceof CommandFailed) {
            if (values["skip-invalid"]) {
              leaveOut("invalid", read.message);
              continue;
            }
            bad = read;
            break;
          }
          if (CHANNELS.find(read.channel)?.reserved) {
            skipped.add(read.channel);
            count.skipped++;
          } else events.push(read);
        }
        await send(events);
        if (bad) throw bad;
      }
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      const advice = error instanceof Stopped ? error.advice : GO_ON;
      throw new CommandFailed(
        `${error.message}\nStopped: ${describe(count)}; ${advice}`,
        { cause: error },
      );
    }
    await terminal.write(
      `${isForPeople ? describe(count) : JSON.stringify(count)}\n`,
    );
    if (count.lessened > 0) {
      terminal.tell(
        `Of ${
          counted(count.lessened, "event")
        } something was left out, such as another's name: import as the operator, without --user`,
      );
    }
    if (count.skipped > 0) {
      const names = [...skipped].sort().join(", ");
      terminal.tell(
        harmless(
          `Left out ${
            counted(count.skipped, "event")
          } of ${names}: only Holdfast itself publishes there`,
        ),
      );
    }
    const isMeant = count.skipped === 0 || values["skip-reserved"];
    return isMeant && count.conflicts === 0 ? 0 : 1;
  },
});

const NONE = {
  ...{ new: 0, known: 0, skipped: 0, lessened: 0 },
  ...{ invalid: 0, conflicts: 0 },
};

const MEND = "mend the line, or leave it out with --skip-invalid, to go on";

/** Says why an import cannot go on as it is, and what to do. */
class Stopped extends CommandFailed {
  /** What to do. */
  readonly advice: string;
  constructor(message: string, advice: string) {
    super(message);
    this.advice = advice;
  }
}

/** What became of those sent together with a conflict, and how to go on. */
function describeRest(
  published: Outcome["published"],
  { line }: Publication,
): string {
  const last = published.at(-1)?.event.line ?? 0;
  const rest = last > line
    ? `of what follows line ${line}, up to line ${last} is published, as it was sent together with it`
    : `nothing that follows line ${line} is published`;
  return `${rest}; give it an id of its own, or leave it out with --skip-conflicts, to go on`;
}

/** Reads a line of an export, or says why it is none. */
function readLine(
  { number, text, isTooLong }: Line,
): (Publication & { readonly channel: string }) | CommandFailed {
  const event = isTooLong ? undefined : parseObject(text);
  const { id, event_type: channel, data } = event ?? {};
  const isWhole = typeof id === "string" && isUuid(id) &&
    typeof channel === "string" && isJsonObject(data);
  if (isWhole) return { id, channel, text, line: number };
  return new Stopped(
    `Cannot import line ${number} as it is ` +
      (isTooLong
        ? "too long: no event is"
        : "no event as export writes it, with id, event_type and data"),
    MEND,
  );
}

function describe(count: Readonly<typeof NONE>): string {
  const { known, skipped, invalid, conflicts } = count;
  return [
    counted(count.new, "new event"),
    `${known} known`,
    `${skipped} left out`,
    ...invalid > 0 ? [`${invalid} invalid`] : [],
    ...conflicts > 0 ? [counted(conflicts, "conflict")] : [],
  ].join(", ");
}
