/**
 * `holdfast events` where it cannot do all it is asked, as a process.
 *
 * @module
 */
import { deepEqual, equal, match } from "../support/assert.ts";
import { runCli } from "../support/cli_process.ts";
import { needs } from "../support/needs.ts";
import { startService } from "../support/service_process.ts";

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("events cli: an import names the line whose id is that of another event", async () => {
    await using service = await startInFolder();
    const { url } = service;
    const text = (...events: unknown[]) =>
      events.map((event) => `${JSON.stringify(event)}\n`).join("");
    const other = { ...envelope(2), data: { ticker: "X", setup_id: "other" } };
    equal((await runCli(url, ["import", "-"], text(other))).code, 0);
    const lines = text(...[1, 2, 3].map(envelope));
    const stopped = await runCli(url, ["import", "-"], lines);
    deepEqual([stopped.code, stopped.out], [1, ""]);
    match(
      stopped.err,
      /^Cannot publish line 2: .*\nStopped: 2 new events, 0 known, 0 left out, 1 conflict; of what follows line 2, up to line 3 is published/,
    );
    const args = ["import", "-", "--skip-conflicts"];
    const skipped = await runCli(url, args, `${lines}{\n`);
    equal(skipped.code, 1);
    match(skipped.err, /^Cannot publish line 2: [^]*Cannot import line 4 as /);
    const all = await runCli(url, [...args, "--skip-invalid"], `${lines}{\n`);
    deepEqual(JSON.parse(all.out), {
      ...{ new: 0, known: 2, skipped: 0, lessened: 0 },
      ...{ invalid: 1, conflicts: 1 },
    });
    equal(all.code, 1);
  });

  Deno.test("events cli: an output without room is told in a sentence, and how to go on", async () => {
    await using service = await startInFolder();
    const one = `${JSON.stringify(envelope(1))}\n`;
    equal((await runCli(service.url, ["import", "-"], one)).code, 0);
    const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
    const [, ...start] = tasks.events.command.split(" ");
    const { code, stderr } = await new Deno.Command("sh", {
      args: [
        ...["-c", 'exec "$@" > /dev/full', "sh", Deno.execPath()],
        ...[...start, "export"],
      ],
      env: { HOLDFAST_URL: service.url },
      stdin: "null",
    }).output();
    equal(code, 1);
    match(
      new TextDecoder().decode(stderr),
      /^Cannot write the output as No space left .* \(no event is written for sure: export again\)\n$/,
    );
  });
}

/** A service with nothing in its log. */
async function startInFolder() {
  const path = await Deno.makeTempDir();
  const service = await startService({ DATA_DIR: path });
  return {
    url: service.url,
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await Deno.remove(path, { recursive: true });
    },
  };
}

/** Event `n` as an export has it. */
function envelope(n: number) {
  return {
    id: `5f0c2ab3-7d1c-4a33-8b55-${`${n}`.padStart(12, "0")}`,
    event_type: "signal.triggered",
    timestamp: "2026-01-02T21:00:00Z",
    data: { ticker: "SYNA", setup_id: `s-${n}` },
  };
}
