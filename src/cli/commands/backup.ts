/**
 * `holdfast backup` and `holdfast restore`.
 *
 * @module
 */
import { command, confirmed, machineOf, YES } from "../command.ts";
import { UsageError } from "../failures.ts";
import type { ByHand } from "../machine.ts";
import { counted } from "../print.ts";
import type { Terminal } from "../terminal.ts";

/** Writes the database to one file. */
export const backup = command({
  name: "backup",
  summary: "Write the database to a file, also while services use it",
  usage: "FILE",
  takes: [1, 1],
  isLocal: true,
  details: [
    "The file holds what stood in the database at one moment. A database on Postgres",
    "is backed up by pg_dump: its line is shown, and as nothing was written it ends",
    "with 1.",
  ],
  options: {},
  async run(call) {
    const { args: [path = ""], flags, terminal, isForPeople } = call;
    const done = await (await machineOf(call)).backUp(flags, path);
    if ("commands" in done) {
      return await handOver(terminal, isForPeople, done, "Nothing was written");
    }
    const { position, bytes } = done;
    await terminal.write(
      isForPeople
        ? `Wrote ${path}: ${
          Math.ceil(bytes / 1024)
        } KiB, up to position ${position} of the log\n`
        : `${JSON.stringify({ path, ...done })}\n`,
    );
  },
});

/** Puts a backup in the place of the database. */
export const restore = command({
  name: "restore",
  summary: "Put a backup in the place of the database, while no service runs",
  usage: "FILE | --new-epoch",
  takes: [0, 1],
  isLocal: true,
  details: [
    "What was there before is kept beside it. The log gets another epoch, so that",
    "nobody takes its positions for those that were given out after the backup:",
    "followers and consumer groups are told, and groups go on after a seek. Order",
    "numbers that the database before had given out are not given out again; where",
    "it is lost, and Redis with it, those of the days since the backup may be. API",
    "keys that were revoked since the backup are good again: revoke them anew.",
    "",
    "A database on Postgres is restored by pg_restore: its lines are shown, of which",
    "the last one sets the epoch, and as nothing was done it ends with 1. Of the order",
    "numbers since the backup only Redis knows then: without one they may come again.",
  ],
  options: {
    "new-epoch": {
      type: "boolean",
      help: "Only give the log another epoch, after a restore by other means",
    },
    yes: YES,
  },
  async run(call) {
    const { args: [path], values, flags, terminal, isForPeople } = call;
    if ((path === undefined) !== (values["new-epoch"] === true)) {
      throw new UsageError(
        "Cannot tell what to restore: name a FILE, or --new-epoch alone",
      );
    }
    const machine = await machineOf(call);
    if (path === undefined) {
      await confirmed(call, "give the log another epoch");
      const { name, epoch } = await machine.beginEpoch(flags);
      await terminal.write(
        isForPeople
          ? `The log of ${name} has the epoch ${epoch} now\n`
          : `${JSON.stringify({ database: name, epoch })}\n`,
      );
      return 0;
    }
    const done = await machine.restore(
      flags,
      path,
      () => confirmed(call, `put ${path} in the place of the database`),
    );
    if ("commands" in done) {
      return await handOver(
        terminal,
        isForPeople,
        done,
        "Nothing was restored: stop the services first",
      );
    }
    const { position, replacedPosition, kept } = done;
    const lost = (replacedPosition ?? position) - position;
    if (kept !== undefined && replacedPosition === undefined) {
      terminal.tell(
        "What was there before could not be read: order numbers that it gave out after the backup may be given out again, unless Redis knows them",
      );
    }
    await terminal.write(
      isForPeople
        ? `Restored ${path}, up to position ${position} of the log\n` +
          (lost > 0
            ? `Left behind: ${counted(lost, "event")} after it\n`
            : "") +
          (kept === undefined ? "" : `What was there before is ${kept}\n`)
        : `${JSON.stringify({ path, ...done })}\n`,
    );
    return 0;
  },
});

/** Shows what others have to do. */
async function handOver(
  terminal: Terminal,
  isForPeople: boolean,
  { commands }: ByHand,
  why: string,
): Promise<number> {
  await terminal.write(
    isForPeople
      ? `${commands.join("\n")}\n`
      : `${JSON.stringify({ commands })}\n`,
  );
  terminal.tell(
    `${why}; Postgres has programs of its own for that: run the ${
      commands.length === 1 ? "line" : "lines"
    } above, with the password in PGPASSWORD or ~/.pgpass${
      commands.some((line) => line.includes("${DATABASE_URL"))
        ? ", and the whole address in DATABASE_URL"
        : ""
    }`,
  );
  return 1;
}
