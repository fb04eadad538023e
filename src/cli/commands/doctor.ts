/**
 * `holdfast doctor`: whether a service would run well here, and what to do.
 *
 * @module
 */
import type { Finding } from "../../../ports/finding.ts";
import { type Call, command, confirmed, machineOf, YES } from "../command.ts";
import { CommandFailed, UsageError } from "../failures.ts";
import { counted, harmless, painter } from "../print.ts";

const OPTIONS = {
  deep: {
    type: "boolean",
    help: "Read every page of a database file, however long that takes",
  },
  "take-over": {
    type: "boolean",
    help: "Let a Redis of another database follow this one; asks before",
  },
  yes: YES,
} as const;

/** Examines all that a service stands on. */
export const doctor = command({
  name: "doctor",
  summary: "Look whether a service would run well here, and say what mends it",
  usage: "",
  takes: [0, 0],
  isLocal: true,
  details: [
    "Looks at configuration, data folder, disk, database, migrations, Redis, clocks,",
    "ports, market data and model, in less than two seconds, and changes nothing.",
    "Ends with 0 when a service would run, 1 when something has failed, 2 when the",
    "configuration is wrong.",
  ],
  options: OPTIONS,
  async run(call) {
    if (call.values["take-over"]) return await takeOver(call);
    const machine = await machineOf(call);
    const { findings, isConfigured } = await machine.examine(
      call.flags,
      call.values.deep ?? false,
    );
    const failed = findings.filter(({ level }) => level === "fail");
    if (call.isForPeople) await showFindings(call, findings);
    else {
      const ok = failed.length === 0;
      await call.terminal.write(`${JSON.stringify({ ok, findings })}\n`);
    }
    if (!isConfigured) return 2;
    return failed.length > 0 ? 1 : 0;
  },
});

const KINDS = { ok: "good", warn: "doubtful", fail: "bad" } as const;

async function showFindings(
  { terminal }: Pick<Call, "terminal">,
  findings: readonly Finding[],
): Promise<void> {
  const paint = painter(terminal);
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, level, says, mend }) => [
    `${paint(KINDS[level], level.padEnd(4))}  ${check.padEnd(width)}  ${
      harmless(says)
    }`,
    ...mend === undefined
      ? []
      : [`${" ".repeat(width + 8)}${paint("faint", `→ ${harmless(mend)}`)}`],
  ]);
  const count = (level: Finding["level"]) =>
    findings.filter((finding) => finding.level === level).length;
  const end = count("fail") > 0
    ? paint("bad", `${counted(count("fail"), "check")} failed`)
    : paint("good", "A service would run here");
  const doubts = count("warn");
  const rest = doubts === 0 ? "" : `, ${counted(doubts, "warning")}`;
  await terminal.write(`${lines.join("\n")}\n\n${end}${rest}\n`);
}

async function takeOver(call: Call<typeof OPTIONS>): Promise<number> {
  const { flags, values, terminal, isForPeople } = call;
  if (values.deep) {
    throw new UsageError(
      "Cannot take over and look deeply: do one after the other",
    );
  }
  const found = await (await machineOf(call)).foreignRedis(flags);
  if (!found) {
    await terminal.write(
      isForPeople
        ? "Nothing to take over: no other database uses this Redis\n"
        : `${JSON.stringify({ taken_over: false })}\n`,
    );
    return 0;
  }
  const { name, others } = found;
  terminal.tell(
    `${name} follows another database, whose services go on without Redis once it is taken over: stop them first. ` +
      (others === undefined
        ? "Who is connected may not be asked."
        : others === 0
        ? "Nobody else is connected to it."
        : `${counted(others, "other connection")} to it ${
          others === 1 ? "is" : "are"
        } open.`),
  );
  await confirmed(call, `let ${name} follow this database`);
  if (!await found.takeOver()) {
    throw new CommandFailed(
      `Cannot take ${name} over as somebody has just changed it: the services of the other database are running; stop them first`,
    );
  }
  await terminal.write(
    isForPeople
      ? `${name} follows this database now; values of the other one are left in it and not believed\n`
      : `${JSON.stringify({ taken_over: true })}\n`,
  );
  return 0;
}
