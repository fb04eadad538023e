/**
 * Steps along the log, and beginning anew, as scripts are told of them.
 *
 * @module
 */
import { type Checkpoint, formatCheckpoint } from "../../domain/checkpoint.ts";
import { formatEvent } from "../../domain/event/envelope.ts";
import type { DocumentChange, DrainStep } from "../../ports/fast_layer.ts";
import {
  CHANGES,
  CHECKPOINT,
  FEATURE_GENERATIONS,
  fillToken,
  SCRATCH,
  sequenceBlock,
  STREAM,
} from "./keys.ts";
import { createFencedScript, type ScriptCall } from "./script.ts";
import drain from "./scripts/drain.lua" with { type: "text" };
import reset from "./scripts/reset.lua" with { type: "text" };
import { isLarge, storeDocument } from "./stored_document.ts";
import { streamFields } from "./stream.ts";

const DRAIN = createFencedScript(drain);
const RESET = createFencedScript(reset);

const KEYS = [CHECKPOINT, CHANGES, STREAM, FEATURE_GENERATIONS, SCRATCH];

/** Documents of one step beyond this length are dropped, to be filled again. */
const MAX_STEP_CHARS = 1024 * 1024;

/** The call that takes `step`. */
export async function drainCall(step: DrainStep): Promise<ScriptCall> {
  const { history, from, changes, voided, fenced, entries } = step;
  const to = { ...from, ...step.to };
  const texts = await replacements(changes, to);
  return {
    script: DRAIN,
    keys: KEYS,
    args: [
      history,
      formatCheckpoint(from),
      formatCheckpoint(to),
      String(from.settingsPosition),
      String(to.position),
      ...list(changes, ({ key, position }, i) => [
        key,
        fillToken(key),
        String(position),
        texts[i]!,
      ]),
      ...list(voided, ({ symbol = "", date = "" }) => [symbol, date]),
      ...list(fenced, (name) => [sequenceBlock(name)]),
      ...list(entries, (entry) => {
        const fields = streamFields(entry);
        return [
          entry.channel,
          formatEvent(entry, from.epoch, "flat"),
          `${entry.position}-0`,
          String(fields.length),
          ...fields,
        ];
      }),
    ],
  };
}

/** The call that begins anew at `to`. */
export function resetCall(
  history: string,
  from: string | undefined,
  to: Checkpoint,
): ScriptCall {
  const args = [history, from ?? "", formatCheckpoint(to)];
  return {
    script: RESET,
    keys: KEYS,
    args: [...args, String(to.settingsPosition)],
  };
}

/** What takes the place of each document; nothing when it is to be dropped. */
async function replacements(
  changes: readonly DocumentChange[],
  to: Checkpoint,
): Promise<string[]> {
  let room = MAX_STEP_CHARS;
  const texts: string[] = [];
  for (const { document } of changes) {
    const text = document && document.version <= to.position
      ? await storeDocument(document, to.generation)
      : undefined;
    const fits = text !== undefined && !isLarge(text) && text.length <= room;
    if (fits) room -= text.length;
    texts.push(fits ? text : "");
  }
  return texts;
}

function list<T>(
  items: readonly T[],
  write: (item: T, index: number) => string[],
): string[] {
  return [String(items.length), ...items.flatMap(write)];
}
