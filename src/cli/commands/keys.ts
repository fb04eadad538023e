/**
 * `holdfast keys`: who may call the service.
 *
 * @module
 */
import {
  API_KEY_SCOPES,
  type ApiKeyId,
  type ApiKeyScope,
  idOfKey,
  isApiKeyText,
  MAX_KEY_NAME_CHARS,
  parseApiKeyId,
} from "../../../domain/api_key.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import { command, confirmed, numberOption, YES } from "../command.ts";
import { UsageError } from "../failures.ts";
import { fieldLines, table } from "../print.ts";

const KEYS = "/api/admin/api-keys";

const DAY_S = 24 * 3600;

/** What is shown of a key in a list. */
interface Key {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly user: string | null;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

/** Lists keys. */
export const listKeys = command({
  name: "keys list",
  summary: "List API keys, who they belong to and when they were last used",
  usage: "",
  takes: [0, 0],
  options: {},
  async run({ service, terminal, isForPeople }) {
    const { text } = await service.ask("GET", KEYS, { isRepeatable: true });
    const { api_keys: keys } = JSON.parse(text) as {
      readonly api_keys: readonly Key[];
    };
    if (!isForPeople) {
      const lines = keys.map((key) => `${JSON.stringify(key)}\n`);
      return await terminal.write(lines.join(""));
    }
    const heading = ["ID", "NAME", "SCOPES", "USER", "EXPIRES", "LAST USED"];
    const rows = keys.map((key) => [
      key.id,
      key.name,
      key.scopes.join(","),
      key.user ?? "-",
      key.expires_at ?? "never",
      key.last_used_at ?? "never",
    ]);
    await terminal.write(`${table(heading, rows)}\n`);
  },
});

/** Makes a key. */
export const createKey = command({
  name: "keys create",
  summary: "Make an API key, and print it: it is shown this once",
  usage: "NAME --scopes SCOPE,…",
  takes: [1, 1],
  details: [
    "A key without the scope admin belongs to a user, whom --of names.",
    "A terminal is shown the key alone; else the output is JSON, with the key in key.",
  ],
  options: {
    scopes: {
      type: "string",
      value: "SCOPE,…",
      help: `What it may be used for: ${API_KEY_SCOPES.join(", ")}`,
    },
    of: { type: "string", value: "USER", help: "Whose it is" },
    days: {
      type: "string",
      value: "DAYS",
      help: "How long it is good; for ever when not given",
    },
  },
  async run({ args: [name = ""], values, service, terminal, isForPeople }) {
    if (name === "" || name.length > MAX_KEY_NAME_CHARS) {
      throw new UsageError(
        `Cannot name a key so as a name has 1 to ${MAX_KEY_NAME_CHARS} characters`,
      );
    }
    const days = numberOption("--days", values.days, [1, 3660]);
    const scopes = scopesOf(values.scopes);
    if (values.of === undefined && !scopes.includes("admin")) {
      throw new UsageError(
        "Cannot tell whose the key is, as only one with the scope admin is nobody's: give --of USER",
      );
    }
    const { text } = await service.ask("POST", KEYS, {
      body: JSON.stringify({
        name,
        scopes,
        user: values.of,
        expires_in_s: days === undefined ? undefined : days * DAY_S,
      }),
    });
    const { key, id } = JSON.parse(text);
    if (!isForPeople) return await terminal.write(`${text}\n`);
    terminal.tell(`Made key ${id}; this is the only time that it is shown`);
    await terminal.write(`${key}\n`);
  },
});

/** Gives a key another secret. */
export const rotateKey = command({
  name: "keys rotate",
  summary: "Give an API key another secret, and print it",
  usage: "ID",
  takes: [1, 1],
  details: ["The present secret ends at once, or after --grace."],
  options: {
    grace: {
      type: "string",
      value: "SECONDS",
      help: "How long the present secret stays good",
    },
  },
  async run({ args: [text = ""], values, service, terminal, isForPeople }) {
    const id = idIn(text);
    const graceS = numberOption("--grace", values.grace, [0, 7 * DAY_S]) ?? 0;
    const path = `${KEYS}/${id}/rotate`;
    const body = JSON.stringify({ grace_s: graceS });
    const { text: answer } = await service.ask("POST", path, { body });
    if (!isForPeople) return await terminal.write(`${answer}\n`);
    const { key, former_until: until } = JSON.parse(answer);
    terminal.tell(
      until === null
        ? "The secret before is good for nothing any more"
        : `The secret before is good until ${until}`,
    );
    await terminal.write(`${key}\n`);
  },
});

/** Ends a key. */
export const revokeKey = command({
  name: "keys revoke",
  summary: "End an API key",
  usage: "ID",
  takes: [1, 1],
  details: [
    "Other instances refuse it within 5 seconds. Of a whole key that was found",
    "somewhere the id is taken, and nothing else sent or shown.",
  ],
  options: { yes: YES },
  async run(call) {
    const { args: [given = ""], service, terminal, isForPeople } = call;
    const id = idIn(given);
    await confirmed(call, `revoke key ${id}`);
    await service.ask("DELETE", `${KEYS}/${id}`);
    const text = JSON.stringify({ revoked: id });
    await terminal.write(isForPeople ? fieldLines(text) : `${text}\n`);
  },
});

/** The id that `text` is, or has in it where a whole key was found somewhere. */
function idIn(text: string): ApiKeyId {
  if (isApiKeyText(text)) return idOfKey(text);
  try {
    return parseApiKeyId(text);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new UsageError(`${error.message}: see holdfast keys list`);
  }
}

function scopesOf(text: string | undefined): readonly ApiKeyScope[] {
  const names = text?.split(",").map((name) => name.trim()) ?? [];
  const known = API_KEY_SCOPES.filter((scope) => names.includes(scope));
  if (names.length > 0 && names.every((name) => isScope(name))) return known;
  throw new UsageError(
    `Cannot tell what the key is for: give --scopes, one or more of ${
      API_KEY_SCOPES.join(", ")
    }, separated by commas`,
  );
}

function isScope(name: string): boolean {
  return API_KEY_SCOPES.some((scope) => scope === name);
}
