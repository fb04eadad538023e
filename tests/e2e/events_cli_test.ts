/**
 * `holdfast events` against a real service, as processes.
 *
 * @module
 */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { type CliResult, runCli, startCli } from "../support/cli_process.ts";
import { needs } from "../support/needs.ts";
import { quietPort } from "../support/quiet_port.ts";
import { startService } from "../support/service_process.ts";

const SIGNAL = "signal.triggered";
const setup = (n: number) => `{"ticker":"SYNA","setup_id":"s-${n}"}`;
const lineOf = (line: string | undefined) => JSON.parse(line!);
const linesOf = ({ out }: CliResult) => out.split("\n").filter(Boolean);
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("events cli: tail shows each event once over a kill -9 and a restart", async () => {
    await using folder = await temporary();
    const env = { DATA_DIR: folder.path, PORT: `${quietPort()}` };
    const url = `http://127.0.0.1:${env.PORT}`;
    let service = await startService(env);
    try {
      await publish(url, 1, 3);
      await using all = startCli(url, ["tail", "--from", "earliest"]);
      await using some = startCli(url, ["tail", "signal.*", "--from", "3"]);
      const seen = [await take(all, 3), await take(some, 1)];
      await service.end("SIGKILL");
      service = await startService(env);
      await publish(url, 4, 6);
      seen.push(await take(all, 3), await take(some, 3));
      await service.end("SIGTERM");
      service = await startService(env);
      await publish(url, 7, 8);
      seen.push(await take(all, 2), await take(some, 2));
      deepEqual(seen, [
        ...[range(1, 3), range(3, 3)],
        ...[range(4, 6), range(4, 6)],
        ...[range(7, 8), range(7, 8)],
      ]);
      for (const tail of [all, some]) {
        equal(await tail.end("SIGINT"), 0);
        deepEqual(tail.told.map((line) => line.replace(/ after .*/, "")), [
          ...["Cut off", "Connected again", "Cut off", "Connected again"],
        ]);
      }
    } finally {
      await service.end("SIGTERM");
    }
  });

  Deno.test("events cli: tail ends quietly when its reader goes away", async () => {
    await using folder = await temporary();
    await using service = await startService({ DATA_DIR: folder.path });
    await publish(service.url, 1, 1);
    await using tail = startCli(service.url, ["tail", "--from", "1"]);
    deepEqual(await take(tail, 1), [1]);
    await tail.hangUp();
    await publish(service.url, 2, 2);
    equal(await tail.end(), 0);
    deepEqual(tail.told, []);
  });

  Deno.test("events cli: an export in a fresh service is the same log, once however often it is imported", async () => {
    await using folder = await temporary();
    const file = `${folder.path}/events.jsonl`;
    await using from = await startService({ DATA_DIR: `${folder.path}/a` });
    await using into = await startService({ DATA_DIR: `${folder.path}/b` });
    const numbers = '{"ticker":"SYNA","setup_id":"n","x":1e-7,"y":0.1,"z":' +
      `${Number.MAX_SAFE_INTEGER}}`;
    await done(runCli(from.url, [
      ...["publish", SIGNAL, numbers, "--key", "k-1"],
      ...["--time", "2026-01-02T21:00:00.5+01:00"],
    ]));
    await publish(from.url, 2, 1300);
    const exported = await done(runCli(from.url, ["export"]));
    match(exported.err, /^Exported 1300 events up to position 1300\n$/);
    ok(linesOf(exported)[0]!.includes(`"data":${numbers},`));
    await Deno.writeTextFile(file, exported.out);

    const first = await done(runCli(into.url, ["import", file]));
    deepEqual(lineOf(first.out), counts({ new: 1300 }));
    const again = await done(runCli(into.url, ["import", "-"], exported.out));
    deepEqual(lineOf(again.out), counts({ known: 1300 }));
    const back = await done(runCli(into.url, ["export"]));
    deepEqual(linesOf(back).map(placeless), linesOf(exported).map(placeless));

    const rest = await done(runCli(into.url, ["export", "--from", "1300"]));
    equal(linesOf(rest).length, 1);
    const none = await done(runCli(into.url, ["export", "orders.>"]));
    equal(none.out, "");
  });

  Deno.test("events cli: an import goes on when the service comes back after a kill -9, each event once", async () => {
    await using folder = await temporary();
    const file = `${folder.path}/events.jsonl`;
    const count = 20_000;
    const lines = range(1, count).map((n) =>
      `${JSON.stringify(envelope(n))}\n`
    );
    await Deno.writeTextFile(file, lines.join(""));
    const env = { DATA_DIR: folder.path, PORT: `${quietPort()}` };
    const url = `http://127.0.0.1:${env.PORT}`;
    let service = await startService(env);
    try {
      await using running = startCli(url, ["import", file]);
      for (const part of [0.2, 0.5]) {
        while (await headOf(url) < part * count);
        await service.end("SIGKILL");
        service = await startService(env);
      }
      deepEqual(lineOf(await running.next()), counts({ new: count }));
      equal(await running.end(), 0);
      const { out } = await done(runCli(url, ["export"]));
      deepEqual(
        out.split("\n").filter(Boolean).map((line) => lineOf(line).id),
        lines.map((line) => lineOf(line).id),
      );
    } finally {
      await service.end("SIGTERM");
    }
  });

  Deno.test("events cli: an import leaves out what only Holdfast publishes, and says so", async () => {
    await using folder = await temporary();
    await using from = await startService({ DATA_DIR: `${folder.path}/a` });
    await using into = await startService({ DATA_DIR: `${folder.path}/b` });
    const breaker = `${from.url}/api/user/global-circuit-breaker`;
    await (await fetch(breaker, {
      method: "PATCH",
      body: '{"max_daily_loss":300}',
    })).body?.cancel();
    await publish(from.url, 1, 2);
    const { out } = await done(runCli(from.url, ["export"]));
    const own = out.match(/"event_type":"settings\.updated"/g)!.length;
    ok(own > 0);
    const told = await runCli(into.url, ["import", "-"], out);
    equal(told.code, 1);
    deepEqual(lineOf(told.out), counts({ new: 2, skipped: own }));
    match(told.err, /events? of settings\.updated: only Holdfast itself/);
    const args = ["import", "-", "--skip-reserved"];
    const meant = await done(runCli(into.url, args, out));
    deepEqual(lineOf(meant.out), counts({ known: 2, skipped: own }));
  });

  Deno.test("events cli: replay takes a stretch of the log, by place and time, in every form", async () => {
    await using folder = await temporary();
    await using service = await startService({ DATA_DIR: folder.path });
    const { url } = service;
    await publish(url, 1, 4);
    await publish(url, 5, 5);
    const between = new Date(await committedAt(url, 5)).toISOString();
    const replay = async (...args: string[]) =>
      linesOf(await done(runCli(url, ["replay", ...args])));
    const positions = async (...args: string[]) =>
      (await replay(...args)).map((line) => lineOf(line).metadata.position);
    deepEqual(await positions("--from", "2", "--to", "3"), [2, 3]);
    deepEqual(await positions("--limit", "2"), [1, 2]);
    deepEqual(await positions("--to", "earliest"), [1]);
    deepEqual(await positions("--from", "head"), []);
    deepEqual(await positions("--from", "1h"), range(1, 5));
    deepEqual(await positions("--to", "1h"), []);
    deepEqual(await positions("--to", between), range(1, 4));
    deepEqual(await positions("--from", between), [5]);
    const flat = await replay("--form", "flat", "--from", "2", "--to", "3");
    deepEqual(flat.map((line) => lineOf(line).setup_id), ["s-2", "s-3"]);
    const clouds = await replay("--form", "cloudevents", "--limit", "1");
    equal(lineOf(clouds[0]).position, "1");
    const people = await replay("--no-json", "--to", "1");
    match(people[0]!, /^1 {2}\S+Z {2}signal\.triggered {2}SYNA {2}\{"ticker"/);
    deepEqual(await positions("orders.*", "market.>"), []);
    const beyond = await runCli(url, ["replay", "--from", "999"]);
    deepEqual([beyond.code, beyond.out], [1, ""]);
    match(beyond.err, /^Cannot read events after 998 as the log ends at /);
  });

  Deno.test("events cli: a dead letter is seen, sent again and settled; another is discarded", async () => {
    await using folder = await temporary();
    await using service = await startService({ DATA_DIR: folder.path });
    const { url } = service;
    const cli = async (...args: string[]) =>
      linesOf(await done(runCli(url, args))).map(lineOf);
    const [made] = await cli(
      ...["groups", "create", "billing", "--channel", "signal.*"],
      ...["--from", "earliest", "--max-attempts", "1"],
    );
    deepEqual([made.name, made.max_attempts, made.lag], ["billing", 1, 0]);
    await publish(url, 1, 3);
    await settle(url, "nack", 3);

    const letters = await cli("dead-letters", "list", "billing");
    deepEqual(letters.map(({ position }) => position), [1, 2, 3]);
    equal((await cli("groups"))[0].dead_letters, 3);
    const [letter] = await cli("dead-letters", "show", "billing", "1");
    deepEqual([letter.error, letter.event.data.setup_id], ["no", "s-1"]);
    const table = await done(
      runCli(url, ["dead-letters", "list", "--no-json"]),
    );
    match(table.out, /^GROUP .*\nbilling {2}1 .* no\n/);

    const [one] = await cli("dead-letters", "redrive", "billing", "1");
    deepEqual(one.redriven, [1]);
    await settle(url, "ack", 1);
    deepEqual(
      (await cli("dead-letters", "list")).map(({ position }) => position),
      [2, 3],
    );
    const unsure = await runCli(url, [
      "dead-letters",
      "redrive",
      "billing",
      "--all",
    ]);
    equal(unsure.code, 2);
    const all = ["billing", "--all", "--yes"];
    const [redriven] = await cli("dead-letters", "redrive", ...all);
    deepEqual(redriven.redriven, [2, 3]);
    await settle(url, "nack", 2);
    const why = ["--reason", "a test"];
    deepEqual(await cli("dead-letters", "discard", ...all, ...why), [
      { discarded: 2 },
    ]);
    deepEqual(await cli("dead-letters", "list"), []);

    equal((await cli("groups", "pause", "billing"))[0].state, "paused");
    equal((await cli("groups", "resume", "billing"))[0].state, "running");
    equal((await cli("groups", "seek", "billing", "2"))[0].checkpoint, 1);
    equal((await cli("groups", "show", "billing"))[0].lag, 2);
    await cli("groups", "delete", "billing", "--yes");
    const gone = await runCli(url, ["groups", "show", "billing"]);
    equal(gone.code, 1);
    match(gone.err, /^Cannot .*billing/);
  });

  Deno.test("events cli: what is wrong is told in words, with the exit code for it", async () => {
    await using folder = await temporary();
    await using service = await startService({ DATA_DIR: folder.path });
    const bad = ["publish", SIGNAL, '{"ticker":7}'];
    const refused = await runCli(service.url, bad);
    deepEqual([refused.code, refused.out], [1, ""]);
    match(
      refused.err,
      /^Cannot publish as it is refused:\n {2}data\.ticker must be .*\n {2}data\.setup_id is required\n$/,
    );
    const stranger = await runCli(service.url, ["publish", "no.such", "{}"]);
    match(stranger.err, /\n {2}event_type must be a channel, one of /);
    const nowhere = `http://127.0.0.1:${quietPort()}`;
    const unreached = await runCli(nowhere, ["tail"]);
    deepEqual([unreached.code, unreached.out], [1, ""]);
    match(
      unreached.err,
      /^Cannot reach Holdfast at .*: start it with "holdfast"/,
    );
    const blocked = await runCli("http://127.0.0.1:1", ["publish", "a", "{}"]);
    equal(blocked.code, 1);
    match(
      blocked.err,
      /^Cannot ask http:\S+ as Requests to port 1 are blocked/,
    );
    await using elsewhere = Deno.serve(
      { port: 0, onListen() {} },
      () => new Response(null, { status: 302, headers: { location: "/x" } }),
    );
    const there = `http://127.0.0.1:${elsewhere.addr.port}`;
    const sent = await runCli(there, ["publish", "a", "{}"]);
    equal(sent.code, 1);
    match(sent.err, /^Cannot ask http:\S+ as Encountered redirect /);
    const missing = await runCli(service.url, ["import", "/no/such/file"]);
    equal(missing.code, 1);
    match(missing.err, /^Cannot read \/no\/such\/file as /);
    equal((await runCli(nowhere, ["tail", "--foo"])).code, 2);
  });

  Deno.test("holdfast: without a command it serves, and its help names every flag", async () => {
    const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
    const [, ...start] = tasks.holdfast.command.split(" ");
    const run = async (...args: string[]) => {
      const options = { args: [...start, ...args], env: { PORT: "0" } };
      const ran = new Deno.Command(Deno.execPath(), options);
      const { code, stdout, stderr } = await ran.output();
      const text = new TextDecoder();
      return { code, out: text.decode(stdout), err: text.decode(stderr) };
    };
    for (const words of [["serve", "--help"], ["--port", "1", "--help"]]) {
      const { code, out } = await run(...words);
      equal(code, 0);
      match(out, /^Usage: holdfast \[serve\]/);
      match(out, /\n {2}--database-url DATABASE_URL\n/);
    }
    match((await run("--help")).out, /\n {2}serve {2,}Serve until/);
    match((await run("--version")).out, /^holdfast \d+\.\d+\.\d+\n$/);
    const wrong = await run("serve", "--nonsense");
    deepEqual([wrong.code, wrong.out], [2, ""]);
    const unknown = await run("srve");
    deepEqual([unknown.code, unknown.out], [2, ""]);
    match(
      unknown.err,
      /^Cannot run "srve" as there is no such command: .*serve/,
    );
  });
}

async function temporary() {
  const path = await Deno.makeTempDir();
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** A command that has to succeed. */
async function done(running: Promise<CliResult>): Promise<CliResult> {
  const result = await running;
  equal(result.code, 0, result.err);
  return result;
}

/** Publishes setups `from` to `to` from standard input, in order. */
async function publish(url: string, from: number, to: number): Promise<void> {
  const lines = range(from, to).map(setup).join("\n");
  const result = await done(runCli(url, ["publish", SIGNAL, "-"], lines));
  equal(linesOf(result).length, to - from + 1);
}

/** The positions of the next `count` lines, which must name them as published. */
async function take(
  tail: { next(): Promise<string | undefined> },
  count: number,
): Promise<number[]> {
  const positions: number[] = [];
  while (positions.length < count) {
    const { metadata, data } = lineOf(await tail.next());
    equal(data.setup_id, `s-${metadata.position}`);
    positions.push(metadata.position);
  }
  return positions;
}

function counts(some: Record<string, number>) {
  return {
    ...{ new: 0, known: 0, skipped: 0, lessened: 0 },
    ...{ invalid: 0, conflicts: 0, ...some },
  };
}

/** An event without what a log adds of its own. */
function placeless(line: string) {
  const { metadata, ...event } = JSON.parse(line);
  const { position: _p, epoch: _e, committed_at: _c, ...rest } = metadata;
  return { ...event, ...rest };
}

/** Event `n` as an export has it. */
function envelope(n: number) {
  return {
    id: `5f0c2ab3-7d1c-4a33-8b55-${`${n}`.padStart(12, "0")}`,
    event_type: SIGNAL,
    timestamp: "2026-01-02T21:00:00Z",
    data: { ticker: "SYNA", setup_id: `s-${n}` },
    metadata: { position: n },
  };
}

async function headOf(url: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/events?limit=1`);
  return (await answer.json()).head;
}

async function committedAt(url: string, position: number): Promise<number> {
  const answer = await fetch(`${url}/api/v1/events?after=${position - 1}`);
  const { events } = await answer.json();
  return Date.parse(events[0].metadata.committed_at);
}

/** Takes `count` events of the group and settles them. */
async function settle(url: string, how: "ack" | "nack", count: number) {
  const group = `${url}/api/v1/events/groups/billing`;
  for (let left = count; left > 0;) {
    const answer = await fetch(`${group}/next?wait=10`);
    const { deliveries } = await answer.json();
    const settled = deliveries.map((
      { position, token }: { position: number; token: string },
    ) => ({ position, token, ...how === "nack" && { error: "no" } }));
    const body = JSON.stringify({ deliveries: settled });
    const { ok: isSettled, body: rest } = await fetch(`${group}/${how}`, {
      method: "POST",
      body,
    });
    await rest?.cancel();
    ok(isSettled);
    left -= settled.length;
  }
}
