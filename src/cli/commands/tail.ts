/**
 * `holdfast events tail`: the log as it grows.
 *
 * @module
 */
import { EVENT_FORMS } from "../../../domain/event/envelope.ts";
import { command, numberOption, wordOption } from "../command.ts";
import { followEvents } from "../event_stream.ts";
import { startAt } from "../log_reader.ts";
import { checkPatterns } from "../patterns.ts";
import { parsePlace, PLACES } from "../places.ts";
import { eventLine } from "../print.ts";

/** Follows the log until it is interrupted. */
export const tail = command({
  name: "events tail",
  summary: "Follow events as they come, through restarts, each once",
  usage: "[PATTERN…]",
  takes: [0, 64],
  details: [
    "A pattern is a channel in which * stands for one word and > for the rest:",
    "signals.* or orders.>; all channels when none is given. It ends with Ctrl-C.",
    "",
    ...PLACES,
  ],
  options: {
    from: {
      type: "string",
      value: "FROM",
      help: "The first event; only those to come when absent",
    },
    form: {
      type: "string",
      value: "FORM",
      help: `One of ${EVENT_FORMS.join(", ")}; a JSON text a line`,
    },
    limit: {
      type: "string",
      value: "N",
      help: "End after so many events",
    },
  },
  async run({ args, values, service, terminal, isForPeople }) {
    checkPatterns(args);
    const form = wordOption("--form", values.form, EVENT_FORMS);
    const limit = numberOption("--limit", values.limit, [1, 1e15]) ?? Infinity;
    const from = parsePlace(
      "--from",
      values.from ?? "head",
      terminal.clock.now(),
    );
    const start = await startAt(service, from);
    if (start.gap !== undefined) terminal.tell(start.gap);
    const query = [
      ...start.query,
      ...args.map((pattern) => ["channel", pattern] as const),
      ["form", form ?? "envelope"] as const,
    ];
    const print = isForPeople && form === undefined
      ? eventLine
      : (text: string) => text;
    let left = limit;
    for await (const events of followEvents(service, query, terminal)) {
      const taken = events.slice(0, left);
      await terminal.write(
        taken.map(({ text }) => `${print(text)}\n`).join(""),
      );
      left -= taken.length;
      if (left === 0) return;
    }
  },
});
