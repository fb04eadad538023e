/**
 * `holdfast sequence`: order numbers.
 *
 * @module
 */
import { uuidV7 } from "../../../domain/uuid.ts";
import { command, numberOption } from "../command.ts";

/** Issues numbers. */
export const sequence = command({
  name: "sequence",
  summary: "Issue order numbers, which nobody else ever gets",
  usage: "",
  takes: [0, 0],
  details: [
    "Prints the first and the last number. While there is no answer it asks again,",
    "as the same request, which uses no further numbers up.",
  ],
  options: {
    count: { type: "string", value: "N", help: "How many; one when absent" },
    day: {
      type: "string",
      value: "YYYYMMDD",
      help: "Of which day's series; today's when absent",
    },
    key: {
      type: "string",
      value: "KEY",
      help:
        "Names the request: the same key gets the same numbers for 72 hours",
    },
  },
  async run({ values, service, terminal, isForPeople }) {
    const { clock, entropy } = terminal;
    const count = numberOption("--count", values.count, [1, 1e6]);
    const key = values.key ?? uuidV7(clock.now(), entropy.bytes(10));
    const { text } = await service.ask("POST", "/api/orders/sequence", {
      body: JSON.stringify({ day: values.day, count }),
      headers: { "Idempotency-Key": key },
      isRepeatable: true,
    });
    const { day, first, last } = JSON.parse(text);
    await terminal.write(
      isForPeople
        ? `${first === last ? first : `${first} to ${last}`} of ${day}\n`
        : `${text}\n`,
    );
  },
});
