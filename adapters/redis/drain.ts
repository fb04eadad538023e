/**
 * Steps along the log, and beginning anew, as scripts are told of them.
 *
 * @module
 */
import { type Checkpoint, formatCheckpoint } from "../../domain/checkpoint.ts";
import { formatEvent } from "../../domain/event/envelope.ts";
import type { SettingsDocument } from "../../domain/settings.ts";
import {
  isProjection,
  projectionsOf,
} from "../../domain/settings_projection.ts";
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
import {
  isLarge,
  storeDocument,
  type StoredPart,
  storeParts,
} from "./stored_document.ts";
import { streamFields } from "./stream.ts";

const DRAIN = createFencedScript("drain", drain);
const RESET = createFencedScript("reset", reset);

const KEYS = [CHECKPOINT, CHANGES, STREAM, FEATURE_GENERATIONS, SCRATCH];

/** Documents of one step beyond this length are dropped, to be filled again. */
const MAX_STEP_CHARS = 1024 * 1024;

/** The call that takes `step`. */
export async function drainCall(step: DrainStep): Promise<ScriptCall> {
  const { history, from, voided, fenced, entries } = step;
  const to = { ...from, ...step.to };
  // No document of ours has such a key; by hand, it can have come into the log.
  const changes = step.changes.filter(({ key }) => !isProjection(key));
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
        texts[i]!.text,
        ...list(texts[i]!.parts, ({ key, text }) => [key, text]),
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

/** What takes the place of a document and of its parts; nothing where they are to be dropped. */
interface Replacement {
  readonly text: string;
  readonly parts: readonly StoredPart[];
}

async function replacements(
  changes: readonly DocumentChange[],
  to: Checkpoint,
): Promise<Replacement[]> {
  let room = MAX_STEP_CHARS;
  const made: Replacement[] = [];
  for (const { key, document } of changes) {
    const replacement = document && document.version <= to.position
      ? await replacementBy(document, to.generation)
      : undefined;
    const length = replacement ? lengthOf(replacement) : Infinity;
    if (length <= room) {
      room -= length;
      made.push(replacement!);
    } else {
      const parts = projectionsOf({ key }).map(({ key }) => ({
        key,
        text: "",
      }));
      made.push({ text: "", parts });
    }
  }
  return made;
}

/** `undefined` when it is too large for a script. */
async function replacementBy(
  document: SettingsDocument,
  generation: string,
): Promise<Replacement | undefined> {
  const text = await storeDocument(document, generation);
  if (text === undefined || isLarge(text)) return undefined;
  return { text, parts: await storeParts(document, generation) };
}

function lengthOf({ text, parts }: Replacement): number {
  return parts.reduce((sum, part) => sum + part.text.length, text.length);
}

function list<T>(
  items: readonly T[],
  write: (item: T, index: number) => string[],
): string[] {
  return [String(items.length), ...items.flatMap(write)];
}
