/**
 * Reading documents.
 *
 * @module
 */
import { type Checkpoint, parseCheckpoint } from "../../domain/checkpoint.ts";
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import type { FastAnswer, FastRead, Fenced } from "../../ports/fast_layer.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { RedisConnection } from "./connection.ts";
import { CHANGES, CHECKPOINT } from "./keys.ts";
import { PATIENT } from "./patience.ts";
import { createFencedScript } from "./script.ts";
import read from "./scripts/read.lua" with { type: "text" };
import { readHead, unpack } from "./stored_document.ts";

const READ = createFencedScript("settings_read", read);

/** The same, where all that was asked for is near and Redis says what has changed. */
const CONFIRM = createFencedScript("settings_confirm", read);

/** What the script says of a value that has another type. */
const FOREIGN = 0;

/** What the script says of a value that is too large for it. */
const LARGE = 1;

/** Keys of foreign values that are remembered, so that each is logged once. */
const MAX_REMEMBERED = 1000;

type Value = string | number | null;

type Reply = readonly [
  mark: string | null,
  changed: readonly string[] | null,
  ...values: Value[],
];

/** Reads documents, as `FastLayer.read` says. */
export type Reads = (query: FastRead) => Promise<FastAnswer | Fenced>;

/** Creates reads over `connection`. */
export function createReads(
  connection: RedisConnection,
  telemetry: Telemetry | undefined,
): Reads {
  const logged = new Set<string>();

  /** One round trip; one more as a transaction if values are large. */
  async function ask(
    { history = "", keys, changedSince }: FastRead,
  ): Promise<Reply | Fenced> {
    const call = {
      script: keys.length === 0 ? CONFIRM : READ,
      keys: [CHECKPOINT, CHANGES, ...keys],
      args: [history, String(changedSince ?? "")],
    };
    const reply = await connection.run(call) as Reply | Fenced;
    if (reply === "fenced" || !reply.includes(LARGE, 2)) return reply;
    const large = keys.filter((_, i) => reply[i + 2] === LARGE);
    const [again, texts] = await connection.transact(
      [call, ["MGET", ...large]],
      PATIENT,
    ) as [Reply | Fenced, Value[]];
    return again === "fenced" ? again : complete(again, keys, large, texts);
  }

  function believe(
    key: SettingsKey,
    value: Value,
    at: Checkpoint,
  ): SettingsDocument | undefined | Promise<SettingsDocument | undefined> {
    if (value === "" || value === null) return undefined;
    const head = value === FOREIGN ? "foreign" : readHead(`${value}`, at);
    if (head === "foreign") return disbelieve(key);
    if (!head) return undefined;
    const { version, body, isPacked } = head;
    if (!isPacked) return { key, version, json: body };
    return unpack(head).then(
      (json) => ({ key, version, json }),
      () => disbelieve(key),
    );
  }

  function disbelieve(key: SettingsKey): undefined {
    if (logged.has(key) || logged.size === MAX_REMEMBERED) return;
    logged.add(key);
    telemetry?.log(
      "warn",
      "Redis holds a value that nobody of us has written",
      {
        key,
      },
    );
  }

  return async (query) => {
    const reply = await ask(query);
    if (reply === "fenced") return reply;
    const at = parseCheckpoint(reply[0] ?? "");
    if (at === undefined || at === "newer") {
      const documents = query.keys.map(() => undefined);
      return { checkpoint: undefined, documents, changed: undefined };
    }
    const documents = query.keys.map((key, i) =>
      believe(key, reply[i + 2] as Value, at)
    );
    return {
      checkpoint: at,
      documents: documents.some((d) => d instanceof Promise)
        ? await Promise.all(documents)
        : documents as (SettingsDocument | undefined)[],
      changed: reply[1] ?? undefined,
    };
  };
}

/** Puts `texts`, of the keys `large`, where the script has left them out. */
function complete(
  [mark, changed, ...values]: Reply,
  keys: readonly SettingsKey[],
  large: readonly SettingsKey[],
  texts: readonly Value[],
): Reply {
  const found = new Map(large.map((key, i) => [key, texts[i]!]));
  const whole = values.map((value, i) =>
    value === LARGE ? found.get(keys[i]!) ?? null : value
  );
  return [mark, changed, ...whole];
}
