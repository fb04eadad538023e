/**
 * `holdfast adapters`: which adapter each port is on, and pinning it.
 *
 * @module
 */
import { command } from "../command.ts";
import { fieldLines, table } from "../print.ts";

const ADAPTERS = "/api/admin/adapters";

interface Adapters {
  readonly mode: string;
  readonly redis_status: string;
  readonly reason: string | null;
  readonly adapters: readonly {
    readonly port: string;
    readonly active: string;
    readonly pinned: string | null;
    readonly choices: readonly string[];
  }[];
}

/** Lists them. */
export const listAdapters = command({
  name: "adapters list",
  summary: "Show which adapter each port is on",
  usage: "",
  takes: [0, 0],
  options: {},
  async run({ service, terminal, isForPeople }) {
    const { text } = await service.ask("GET", ADAPTERS, { isRepeatable: true });
    if (!isForPeople) return void await terminal.write(`${text}\n`);
    const { mode, redis_status, reason, adapters } = JSON.parse(
      text,
    ) as Adapters;
    const rows = adapters.map(({ port, active, pinned, choices }) => [
      port,
      active,
      pinned ?? "-",
      choices.join(", "),
    ]);
    const heading = ["port", "active", "pinned", "choices"];
    await terminal.write(`${table(heading, rows)}\n\n`);
    const why = reason === null ? "" : `: ${reason}`;
    await terminal.write(`Mode ${mode}, Redis ${redis_status}${why}\n`);
  },
});

/** Pins a port. */
export const pinAdapter = command({
  name: "adapters pin",
  summary: "Pin a port to an adapter, whatever the mode",
  usage: "PORT ADAPTER",
  takes: [2, 2],
  details: [
    "Changes where reads come from, never how a write is acknowledged. Lasts until",
    "it is released or that process ends; others are not changed.",
  ],
  options: {},
  async run({ args: [port = "", adapter = ""], ...call }) {
    await put(call, port, adapter);
  },
});

/** Releases a port. */
export const releaseAdapter = command({
  name: "adapters release",
  summary: "Let the mode decide again which adapter a port is on",
  usage: "PORT",
  takes: [1, 1],
  options: {},
  async run({ args: [port = ""], ...call }) {
    await put(call, port, null);
  },
});

async function put(
  { service, terminal, isForPeople }: Pick<
    Parameters<typeof listAdapters.run>[0],
    "service" | "terminal" | "isForPeople"
  >,
  port: string,
  adapter: string | null,
): Promise<void> {
  const { text } = await service.ask(
    "PUT",
    `${ADAPTERS}/${encodeURIComponent(port)}`,
    { body: JSON.stringify({ adapter }), isRepeatable: true },
  );
  await terminal.write(isForPeople ? fieldLines(text) : `${text}\n`);
}
