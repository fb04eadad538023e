/**
 * `holdfast status`: how the service is, as it goes on.
 *
 * @module
 */
import { type Call, command, numberOption } from "../command.ts";
import type { ServiceFailure } from "../service_failure.ts";
import { isTransient } from "../service_failure.ts";
import { harmless, painter } from "../print.ts";

const OPTIONS = {
  every: {
    type: "string",
    value: "S",
    help: "Seconds between looks; 2 when absent",
  },
  once: { type: "boolean", help: "Look once" },
} as const;

interface Health {
  readonly status: "healthy" | "degraded" | "unhealthy";
  readonly reasons: readonly string[];
  readonly mode: string;
  readonly redis_status: string;
  readonly database_connected: boolean;
  readonly model_info: {
    readonly strategy: string;
    readonly version: string;
  } | null;
  readonly adapters: Readonly<Record<string, string>>;
  readonly version: string;
  readonly uptime_s: number;
  readonly timestamp: string;
}

/** Shows it. */
export const status = command({
  name: "status",
  summary: "Show how the service is, again and again on a terminal",
  usage: "",
  takes: [0, 0],
  details: [
    "Ends with Ctrl-C. Where no terminal reads it, it looks once, and ends with 1 when",
    "the service is unhealthy or does not answer.",
  ],
  options: OPTIONS,
  async run(call) {
    const { values, terminal, isForPeople } = call;
    const everyS = numberOption("--every", values.every, [1, 3600]) ?? 2;
    if (!isForPeople || !terminal.isOutputRead || values.once) {
      const { text, isServing } = await look(call);
      await terminal.write(isForPeople ? screen(call, text) : `${text}\n`);
      return isServing ? 0 : 1;
    }
    for (;;) {
      // Home, the new picture, and nothing of the old one below it.
      const picture = await look(call).then(
        ({ text }) => screen(call, text),
        (error) => {
          if (!isTransient(error)) throw error;
          return awayScreen(call, error);
        },
      );
      await terminal.write(
        `\x1b[H${picture.replaceAll("\n", "\x1b[K\n")}\x1b[J`,
      );
      await terminal.clock.sleep(everyS * 1000, terminal.stop);
    }
  },
});

async function look({ service }: Pick<Call, "service">) {
  const { status, text } = await service.ask("GET", "/health", {
    accepts: [503],
  });
  return { text, isServing: status < 400 };
}

const KINDS = {
  healthy: "good",
  degraded: "doubtful",
  unhealthy: "bad",
} as const;

function screen({ terminal }: Pick<Call, "terminal">, text: string): string {
  const health = JSON.parse(text) as Health;
  const paint = painter(terminal);
  const { model_info: model, adapters } = health;
  const rows: [string, string][] = [
    ["status", paint(KINDS[health.status], health.status)],
    [
      "mode",
      paint(health.mode === "normal" ? "good" : "doubtful", health.mode),
    ],
    [
      "database",
      health.database_connected ? "connected" : paint("bad", "away"),
    ],
    ["redis", health.redis_status],
    ...Object.entries(adapters).map(([port, name]): [string, string] => [
      port.replaceAll("_", " "),
      harmless(name),
    ]),
    ["model", model ? harmless(`${model.strategy} ${model.version}`) : "none"],
    ["up", duration(health.uptime_s)],
    ["version", harmless(health.version)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `${paint("strong", "Holdfast")}  ${harmless(health.timestamp)}`,
    "",
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...health.reasons.length > 0 ? [""] : [],
    ...health.reasons.map((reason) => paint("doubtful", harmless(reason))),
    "",
  ].join("\n");
}

function awayScreen(
  { terminal }: Pick<Call, "terminal">,
  { message }: ServiceFailure,
): string {
  const at = new Date(terminal.clock.now()).toISOString();
  const paint = painter(terminal);
  return `${paint("strong", "Holdfast")}  ${at}\n\n${
    paint("bad", harmless(message))
  }\n`;
}

function duration(seconds: number): string {
  const [days, hours] = [Math.floor(seconds / 86_400), seconds / 3600 % 24];
  const minutes = Math.floor(seconds / 60 % 60);
  const parts = [`${Math.floor(hours)} h`, `${minutes} min`];
  return [...days > 0 ? [`${days} d`] : [], ...parts].join(" ");
}
