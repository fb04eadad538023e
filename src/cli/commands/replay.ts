/**
 * `holdfast events replay`: a stretch of the log.
 *
 * @module
 */
import { EVENT_FORMS } from "../../../domain/event/envelope.ts";
import { command, numberOption, wordOption } from "../command.ts";
import { readLog } from "../log_reader.ts";
import { checkPatterns } from "../patterns.ts";
import { parseStretch, PLACES, STRETCH_OPTIONS } from "../places.ts";
import { eventLine } from "../print.ts";

/** Prints what the log holds, and ends. */
export const replay = command({
  name: "events replay",
  summary: "Print events that are in the log, and end",
  usage: "[PATTERN…]",
  takes: [0, 64],
  details: PLACES,
  options: {
    ...STRETCH_OPTIONS,
    form: {
      type: "string",
      value: "FORM",
      help: `One of ${EVENT_FORMS.join(", ")}; a JSON text a line`,
    },
    limit: { type: "string", value: "N", help: "Print so many at most" },
  },
  async run({ args, values, service, terminal, isForPeople }) {
    checkPatterns(args);
    const form = wordOption("--form", values.form, EVENT_FORMS);
    const stretch = {
      patterns: args,
      ...parseStretch(values, terminal.clock.now()),
      limit: numberOption("--limit", values.limit, [1, 1e15]),
      form: form ?? "envelope",
      onGap: terminal.tell,
    };
    const print = isForPeople && form === undefined
      ? eventLine
      : (text: string) => text;
    for await (const { events } of readLog(service, stretch)) {
      await terminal.write(events.map((text) => `${print(text)}\n`).join(""));
    }
  },
});
