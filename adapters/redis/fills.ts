/**
 * Keeping documents.
 *
 * @module
 */
import type { DocumentFill } from "../../ports/fast_layer.ts";
import type { RedisConnection } from "./connection.ts";
import { CHECKPOINT, fillToken, SCRATCH } from "./keys.ts";
import { PATIENT } from "./patience.ts";
import { type Command, createFencedScript, type RedisReply } from "./script.ts";
import fill from "./scripts/fill.lua" with { type: "text" };
import { isLarge, storeDocument, storeParts } from "./stored_document.ts";

const FILL = createFencedScript("settings_fill", fill);

/** Texts of one call beyond this length do not go through Lua either. */
const MAX_CALL_CHARS = 1024 * 1024;

/** How long a text waits under its scratch key. */
const SCRATCH_MS = "10000";

/**
 * Keeps documents, as `FastLayer.fill` says. Texts that may not go through Lua
 * are put under scratch keys and renamed by the script.
 */
export async function keepDocuments(
  connection: RedisConnection,
  history: string,
  generation: string,
  fills: readonly DocumentFill[],
): Promise<RedisReply> {
  const keys = [CHECKPOINT];
  const args = [history, generation];
  const scratches: Command[] = [];
  let room = MAX_CALL_CHARS;

  /** Where the script finds `text`: under the scratch key, or in its arguments. */
  function place(text: string, scratch: string): [string, string] {
    const isBeside = isLarge(text) || text.length > room;
    if (isBeside) scratches.push(["SET", scratch, text, "PX", SCRATCH_MS]);
    else room -= text.length;
    return [scratch, isBeside ? "" : text];
  }

  for (const { key, token, document } of fills) {
    const text = await storeDocument(document, generation);
    if (text === undefined) continue;
    const parts = await storeParts(document, generation);
    const [scratch, inline] = place(text, `${SCRATCH}:${token}`);
    keys.push(fillToken(key), key, scratch);
    args.push(token, String(document.version), inline, String(parts.length));
    for (const [i, part] of parts.entries()) {
      const beside = part.text && `${SCRATCH}:${token}:${i}`;
      args.push(part.key, ...place(part.text, beside));
    }
  }
  const call = { script: FILL, keys, args };
  if (scratches.length === 0) return await connection.run(call);
  const replies = await connection.transact([...scratches, call], PATIENT);
  return replies.at(-1)!;
}
