/**
 * `holdfast settings`: reading, changing and comparing a user's settings, whose
 * paths are those of the comparison and the reference page.
 *
 * @module
 */
import type { JsonObject } from "../../../domain/json_value.ts";
import type { Documents } from "../../../domain/settings/catalogue.ts";
import { command, confirmed, numberOption, YES } from "../command.ts";
import { UsageError } from "../failures.ts";
import type { Service } from "../http_client.ts";
import { counted, harmless, table } from "../print.ts";

const SETTINGS = "/api/user/settings";

/** How paths are typed, for the help. */
const PATHS: readonly string[] = [
  "PATH names a setting or a group, such as mode_configs.scalp.sltp, as the page",
  "/docs/settings lists them. Whose settings they are, --user says.",
];

/** Shows settings. */
export const getSettings = command({
  name: "settings get",
  summary: "Show settings, or one of them",
  usage: "[PATH]",
  takes: [0, 1],
  details: PATHS,
  options: {},
  async run({ args: [path], service, terminal, isForPeople }) {
    const tree = await terminal.openSettingsTree();
    const { value, rows } = tree.show(await readSettings(service), path);
    await terminal.write(
      !isForPeople
        ? `${JSON.stringify(value)}\n`
        : rows.length === 1 && rows[0]![0] === path
        ? `${harmless(rows[0]![1])}\n`
        : `${table(["setting", "value"], rows)}\n`,
    );
  },
});

/** Changes one, or a group. */
export const setSetting = command({
  name: "settings set",
  summary: "Change a setting, or several of a group",
  usage: "PATH VALUE",
  takes: [2, 2],
  details: [
    ...PATHS,
    "VALUE is JSON; what is none is taken for a text. Of a group it is an object of",
    "those that change.",
  ],
  options: {},
  async run({ args: [path = "", text = ""], service, terminal, isForPeople }) {
    const tree = await terminal.openSettingsTree();
    const { route, patch } = tree.patch(path, parseValue(text));
    const { text: answer } = await service.ask("PATCH", route, {
      body: JSON.stringify(patch),
      isRepeatable: true,
    });
    await terminal.write(isForPeople ? `Changed ${path}\n` : `${answer}\n`);
  },
});

/** Asks for all documents, as they stand at one moment. */
async function readSettings(service: Service): Promise<Documents> {
  const { text } = await service.ask("GET", "/api/user/settings", {
    query: [["include", "all"]],
    isRepeatable: true,
  });
  const { documents } = JSON.parse(text) as {
    readonly documents: Readonly<
      Record<string, { readonly value: JsonObject }>
    >;
  };
  return Object.fromEntries(
    Object.entries(documents).map(([name, { value }]) => [name, value]),
  );
}

/** Reads a value as it is typed: JSON, or else a text. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

interface Difference {
  readonly path: string;
  readonly current: unknown;
  readonly default: unknown;
  readonly risk_level?: string;
}

/** Compares with the defaults. */
export const diffSettings = command({
  name: "settings diff",
  summary: "Show which settings differ from the defaults",
  usage: "",
  takes: [0, 0],
  details: ["Ends with 0 whether there are any or not."],
  options: {},
  async run({ service, terminal, isForPeople }) {
    const { text } = await service.ask("GET", `${SETTINGS}/comparison`, {
      isRepeatable: true,
    });
    if (!isForPeople) return void await terminal.write(`${text}\n`);
    const { groups, total_settings } = JSON.parse(text) as {
      readonly total_settings: number;
      readonly groups: Readonly<
        Record<string, { readonly differences: readonly Difference[] }>
      >;
    };
    const differences = Object.values(groups)
      .flatMap(({ differences }) => differences);
    if (differences.length > 0) {
      const rows = differences.map((difference) => [
        difference.path,
        JSON.stringify(difference.current ?? null),
        JSON.stringify(difference.default ?? null),
        difference.risk_level ?? "-",
      ]);
      const heading = ["setting", "value", "default", "risk"];
      await terminal.write(`${table(heading, rows)}\n\n`);
    }
    await terminal.write(
      `${differences.length} of ${
        counted(total_settings, "setting")
      } differ from the defaults\n`,
    );
  },
});

/** Gives settings their defaults. */
export const resetSettings = command({
  name: "settings reset",
  summary: "Give settings their defaults",
  usage: "PATH | --all",
  takes: [0, 1],
  details: PATHS,
  options: {
    all: { type: "boolean", help: "All of them; asks before" },
    yes: YES,
  },
  async run(call) {
    const { args: [path], values, service, terminal, isForPeople } = call;
    if ((path === undefined) !== (values.all === true)) {
      throw new UsageError(
        "Cannot tell what to reset: name a PATH, or all with --all, and only one of these",
      );
    }
    if (path === undefined) {
      await confirmed(call, "give all settings their defaults");
    }
    const [route, body] = path === undefined
      ? ["load-defaults", { preview: false }]
      : ["reset", { path }];
    const { text } = await service.ask("POST", `${SETTINGS}/${route}`, {
      body: JSON.stringify(body),
      isRepeatable: true,
    });
    await terminal.write(
      isForPeople ? `${harmless(JSON.parse(text).message)}\n` : `${text}\n`,
    );
  },
});

interface Page {
  readonly entries: readonly {
    readonly document: string;
    readonly version: number;
    readonly at: string;
    readonly actor: string;
    readonly changes: readonly {
      readonly path: string;
      readonly old_value: unknown;
      readonly new_value: unknown;
    }[];
  }[];
  readonly next_after: number | null;
}

/** Shows the past. */
export const historyOfSettings = command({
  name: "settings history",
  summary: "Show who changed what, and when, oldest first",
  usage: "[PATH]",
  takes: [0, 1],
  details: PATHS,
  options: {
    after: {
      type: "string",
      value: "VERSION",
      help: "Only changes after this version",
    },
    limit: { type: "string", value: "N", help: "End after so many changes" },
  },
  async run({ args: [path], values, service, terminal, isForPeople }) {
    const most = numberOption("--limit", values.limit, [1, 1e9]) ?? Infinity;
    let after: number | null =
      numberOption("--after", values.after, [0, 1e15]) ??
        0;
    for (let left = most; after !== null && left > 0;) {
      const { text } = await service.ask("GET", `${SETTINGS}/history`, {
        query: [
          ["after", `${after}`],
          ["limit", `${Math.min(left, 200)}`],
          ...path === undefined ? [] : [["path", path] as const],
        ],
        isRepeatable: true,
      });
      const { entries, next_after }: Page = JSON.parse(text);
      await terminal.write(
        entries.map((entry) =>
          isForPeople ? linesOf(entry) : `${JSON.stringify(entry)}\n`
        ).join(""),
      );
      left -= entries.length;
      after = next_after;
    }
  },
});

function linesOf(
  { at, version, document, actor, changes }: Page["entries"][number],
): string {
  const show = (value: unknown) => JSON.stringify(value ?? null);
  const head = `${at}  version ${version}  ${document}  by ${actor}`;
  const lines = changes.map(({ path, old_value, new_value }) =>
    `  ${path}: ${show(old_value)} → ${show(new_value)}`
  );
  return [head, ...lines].map((line) => `${harmless(line)}\n`).join("");
}
