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
    const { position, bytes, leftovers } = done;
    for (const left of leftovers) {
      terminal.tell(`Removed ${left}, which a backup that was killed had left`);
    }
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
    "it is lost, and Redis with it, those of the days since the backup may be.",
    "",
    "API keys stay as they were: those of the database before go on, and those that",
    "were revoked stay so. Where it is lost, or was not made from the same one, keys",
    "are those of the backup, and good again although they were revoked since: that",
    "is said, and --revoke-keys leaves none. Without any, the next start prints one.",
    "",
    "A database on Postgres is restored by pg_restore: its lines are shown, of which",
    "the last one sets the epoch, and as nothing was done it ends with 1. Of the order",
    "numbers since the backup only Redis knows then: without one they may come again.",
    "Its API keys are those of the backup.",
  ],
  options: {
    "new-epoch": {
      type: "boolean",
      help: "Only give the log another epoch, after a restore by other means",
    },
    "revoke-keys": {
      type: "boolean",
      help: "Leave no API key; the next start prints a first one",
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
    const revokesKeys = values["revoke-keys"] === true;
    if (path === undefined) {
      await confirmed(call, "give the log another epoch");
      const { name, ...done } = await machine.beginEpoch(flags, revokesKeys);
      const { epoch, keyCount } = done;
      if (keyCount > 0) tellGoodAgain(terminal, keyCount);
      await terminal.write(
        isForPeople
          ? `The log of ${name} has the epoch ${epoch} now\n` +
            (revokesKeys ? `${NO_KEYS}\n` : "")
          : `${JSON.stringify({ database: name, ...done })}\n`,
      );
      return 0;
    }
    const done = await machine.restore(
      flags,
      path,
      revokesKeys,
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
    const { position, replacedPosition, kept, keys, keyCount } = done;
    if (keys === "restored" && keyCount > 0) {
      tellGoodAgain(terminal, keyCount);
    }
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
          (kept === undefined ? "" : `What was there before is ${kept}\n`) +
          (keys === "kept" ? `API keys are as they were: ${keyCount}\n` : "") +
          (keys === "revoked" ? `${NO_KEYS}\n` : "")
        : `${JSON.stringify({ path, ...done })}\n`,
    );
    return 0;
  },
});

const NO_KEYS =
  "No API key is left: the next start prints a first one, unless AUTH is off";

/** Says that keys are good that should perhaps not be. */
function tellGoodAgain({ tell }: Terminal, count: number): void {
  tell(
    `API keys are those of the backup (${count}): any that was revoked or rotated since is good again; ` +
      "see holdfast keys list after the start, or leave none with holdfast restore --new-epoch --revoke-keys",
  );
}

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
