/**
 * `holdfast events publish`: events into the log.
 *
 * @module
 */
import { type Call, command } from "../command.ts";
import { CommandFailed, UsageError } from "../failures.ts";
import { type Line, lineBatches } from "../line_batches.ts";
import { harmless } from "../print.ts";
import {
  inDoubt,
  newId,
  parseId,
  parts,
  type Publication,
  type Published,
  publishTogether,
  refusalLines,
} from "../publisher.ts";

/** Publishes one event, or one for every line that comes in. */
export const publish = command({
  name: "events publish",
  summary: "Publish an event, or one for every line of standard input",
  usage: "CHANNEL [DATA|-]",
  takes: [1, 2],
  details: [
    "DATA is a JSON object; with - every line of standard input is one, and they",
    "are published in their order. Each gets an id before it is sent, so that",
    "what is sent again, for want of an answer, is published once.",
  ],
  options: {
    key: {
      type: "string",
      value: "KEY",
      help: "What the event is about; events of one key are handled in order",
    },
    id: {
      type: "string",
      value: "UUID",
      help: "The event's id; publishing it again changes nothing",
    },
    time: {
      type: "string",
      value: "TIME",
      help: "When it happened, with a zone; now when absent",
    },
  },
  async run(call) {
    const { args, values, terminal } = call;
    const [channel, data = "-"] = args as [string, string?];
    const id = values.id === undefined ? undefined : parseId(values.id);
    const frame = {
      event_type: channel,
      key: values.key,
      timestamp: values.time,
    };
    const make = ({ text, number: line }: Line): Publication => {
      const own = id ?? newId(terminal);
      const facts = JSON.stringify({ id: own, ...frame });
      return { id: own, line, text: `${facts.slice(0, -1)},"data":${text}}` };
    };
    if (data !== "-") {
      const fault = jsonFault(data);
      if (fault !== undefined) {
        throw new UsageError(`Cannot publish DATA as it is no JSON: ${fault}`);
      }
      return await send(call, [make({ text: data, number: 0 })]);
    }
    if (terminal.isInputTyped && args.length === 1) {
      throw new UsageError(
        "Cannot publish nothing: give DATA as JSON, or - and JSON lines",
      );
    }
    if (id !== undefined) {
      throw new UsageError(
        "Cannot use --id with lines from standard input as each is an event",
      );
    }
    for await (const lines of lineBatches(terminal.input, terminal.stop)) {
      const end = lines.findIndex((line) => lineFault(line) !== undefined);
      const good = end < 0 ? lines : lines.slice(0, end);
      for (const part of parts(good.map(make))) {
        if (await send(call, part) !== 0) return 1;
      }
      const bad = lines[end];
      if (!bad) continue;
      throw new CommandFailed(
        `Cannot publish line ${bad.number} as it is ${
          lineFault(bad)
        }; it and what follows it is not published`,
      );
    }
  },
});

/** Publishes `events`, and prints what became of them. */
async function send(
  { service, terminal, isForPeople }: Call,
  events: readonly Publication[],
): Promise<number> {
  const [{ id, line }] = events as [Publication];
  const again = line > 0
    ? `line ${line} and those after it may or may not be published`
    : `send it again with --id ${id}`;
  const outcome = await publishTogether(service, events).catch((error) => {
    throw inDoubt(error, again);
  });
  const print = isForPeople
    ? describe
    : (result: Published) => JSON.stringify(result);
  const { published, conflicts, refusals } = outcome;
  const notPublished = [...conflicts, ...refusals];
  await terminal.write(
    published.map(({ result }) => `${print(result)}\n`).join(""),
  );
  for (const { result: { id, ignored = [] } } of published) {
    if (ignored.length === 0) continue;
    terminal.tell(harmless(`Left out of ${id}: ${ignored.join(", ")}`));
  }
  for (const refusal of notPublished) terminal.tell(refusalLines(refusal));
  return notPublished.length > 0 ? 1 : 0;
}

function describe(result: Published): string {
  const { id, position, duplicate, receivers = 0 } = result;
  const place = position === undefined
    ? `volatile, to ${receivers}`
    : `position ${position}`;
  return `${id}  ${place}${duplicate ? "  known already" : ""}`;
}

function lineFault({ text, isTooLong }: Line): string | undefined {
  if (isTooLong) return "too long";
  const fault = jsonFault(text);
  return fault === undefined ? undefined : `no JSON: ${fault}`;
}

function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
