/**
 * Channels beside those that are built in, as operators write them.
 *
 * @module
 */
import { z } from "zod";
import { type InputFault, InvalidInput } from "../invalid_input.ts";
import { isJsonObject } from "../json_value.ts";
import type { Channel } from "./channel.ts";
import { parseDataSchema } from "./data_schema.ts";
import { type Faults, parseEventData, report } from "./event_data.ts";
import { must, mustBe } from "./fields.ts";
import { type ChannelRegistry, createChannelRegistry } from "./registry.ts";

/** Most channels of one file. */
export const MAX_CHANNELS = 500;

const A_NAME = must(
  "words of a-z, 0-9, _ and - joined by dots, at most 128 characters",
);
const A_SUMMARY = must("a text of 1 to 256 printable characters");
const A_VERSION = must("a whole number, 1 or more");

/** What is said of a channel, save its schema and its example. */
const Entry = z.object({
  name: z.string(A_NAME).max(128, A_NAME)
    .regex(/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/, A_NAME),
  summary: z.string(A_SUMMARY).regex(/^[^\p{Cc}\p{Cs}]{1,256}$/u, A_SUMMARY),
  lane: z.enum(["durable", "volatile"], must("durable or volatile"))
    .default("durable"),
  version: z.int(A_VERSION).min(1, A_VERSION).default(1),
  key: z.string(must("a name of a property of the schema")),
  large: z.enum(["refuse", "claim-check"], must("refuse or claim-check"))
    .default("refuse"),
});

const MEMBERS = [...Object.keys(Entry.shape), "schema", "example"];

/**
 * Reads a list of `{name, summary, lane?, version?, key, large?, schema,
 * example}` and adds its channels to `known`. Left out, `lane` is `durable`,
 * `version` 1 and `large` `refuse`. Examples must be acceptable to their own
 * channels.
 *
 * @throws {InvalidInput} When anything is wrong with any of them, a name of
 * `known` among others: `errors` says what and where.
 */
export function parseChannels(
  list: unknown,
  known: ChannelRegistry,
): ChannelRegistry {
  const faults: InputFault[] = [];
  const fault: Faults = (path, message) =>
    void faults.push({ path: z.core.toDotPath(path), message });
  const channels: Channel[] = [];
  if (!Array.isArray(list) || list.length > MAX_CHANNELS) {
    fault([], mustBe(`a list of at most ${MAX_CHANNELS} channels`, list));
  } else {
    const names = new Map<unknown, number>();
    list.forEach((entry, i) => {
      const channel = parseChannel(entry, i, known, names, fault);
      if (channel) channels.push(channel);
    });
  }
  if (faults.length === 0) {
    return createChannelRegistry([...known.all, ...channels]);
  }
  const told = faults.map(({ path, message }) =>
    `${path === "" ? "it" : path} ${message}`
  );
  throw new InvalidInput(
    `Cannot use the channels as ${told.join("; ")}`,
    faults,
  );
}

/** @param names Those of the entries before, and where they stand. */
function parseChannel(
  entry: unknown,
  i: number,
  known: ChannelRegistry,
  names: Map<unknown, number>,
  fault: Faults,
): Channel | undefined {
  if (!isJsonObject(entry)) {
    fault([i], mustBe("an object", entry));
    return undefined;
  }
  for (const name of Object.keys(entry)) {
    if (!MEMBERS.includes(name)) {
      fault([i, name], `is none of ${MEMBERS.join(", ")}`);
    }
  }
  const { name, key } = entry;
  if (typeof name === "string" && known.find(name)) {
    fault([i, "name"], `must not be that of a built-in channel, ${name}`);
  }
  const first = names.get(name);
  if (first === undefined) names.set(name, i);
  else fault([i, "name"], `is the name of [${first}] too: ${name}`);

  const said = Entry.safeParse(entry);
  report(said, [i], fault);
  const at = [i, "schema"];
  const schema = typeof key === "string"
    ? parseDataSchema(entry.schema, key, at, fault)
    : undefined;
  if (!isJsonObject(entry.example)) {
    fault([i, "example"], mustBe("an object", entry.example));
    return undefined;
  }
  if (!schema || !said.success) return undefined;
  const channel: Channel = { ...said.data, schema, example: entry.example };
  parseEventData(entry.example, channel, [i, "example"], fault);
  return channel;
}
