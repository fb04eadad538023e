/**
 * Commands on a whole service in this process: settings, features, numbers,
 * adapters, status.
 *
 * @module
 */
import { parseConfig } from "../../src/config.ts";
import { runCommandLine } from "../../src/cli/mod.ts";
import { type Holdfast, openHoldfast } from "../../src/holdfast.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { recordingTerminal } from "../support/cli_terminal.ts";
import { needs } from "../support/needs.ts";

const STOP_LOSS = "mode_configs.scalp.sltp.stop_loss_percent";

type Run = (
  words: string | readonly string[],
  given?: Parameters<typeof recordingTerminal>[1],
) => Promise<{
  code: number;
  said: string;
  told: string;
  shown: readonly string[];
}>;

/** Runs `work` with a command line that asks a service of its own. */
async function withService(work: (run: Run) => Promise<void>): Promise<void> {
  await using holdfast = await openHoldfast(
    parseConfig({ STORE: "memory", LOG_LEVEL: "error" }),
  );
  await work(commandLineOf(holdfast));
}

function commandLineOf({ app }: Holdfast): Run {
  return async (words, given) => {
    const terminal = recordingTerminal(
      ({ path, method, headers, body }) =>
        app.fetch(
          new Request(`http://127.0.0.1:8080${path}`, {
            method,
            headers,
            ...body !== "" && { body },
          }),
        ),
      given,
    );
    const args = typeof words === "string" ? words.split(" ") : words;
    const code = await runCommandLine(args, terminal);
    const { said, told, shown } = terminal;
    return { code, said: said.join(""), told: told.join("\n"), shown };
  };
}

if (await needs(import.meta.url, ["read", "env", "net"])) {
  Deno.test("cli settings: got whole, by group and alone; set, compared, traced, reset", async () => {
    await withService(async (run) => {
      const all = JSON.parse((await run("settings get")).said);
      const before = all.mode_configs.scalp.sltp.stop_loss_percent;
      const group = await run("settings get mode_configs.scalp.sltp");
      deepEqual(JSON.parse(group.said), all.mode_configs.scalp.sltp);
      equal((await run(`settings get ${STOP_LOSS}`)).said, `${before}\n`);
      equal(
        (await run(`settings get ${STOP_LOSS} --no-json`)).said,
        `${before}\n`,
      );
      const people = await run(
        "settings get mode_configs.scalp.sltp --no-json",
      );
      match(people.said, /^setting +value\nmode_configs\.scalp\.sltp\./);

      const set = await run(`settings set ${STOP_LOSS} 1.25`);
      equal(set.code, 0);
      equal(JSON.parse(set.said).sltp.stop_loss_percent, 1.25);
      equal((await run(`settings get ${STOP_LOSS}`)).said, "1.25\n");

      const diff = await run("settings diff --no-json");
      match(diff.said, new RegExp(`${STOP_LOSS} +1\\.25 +${before} `));
      match(diff.said, /^1 of \d+ settings differ from the defaults$/m);

      const history = await run("settings history");
      const change = JSON.parse(history.said.trim().split("\n").at(-1)!);
      deepEqual(change.changes, [
        { path: STOP_LOSS, old_value: before, new_value: 1.25 },
      ]);
      const traced = await run(`settings history ${STOP_LOSS} --no-json`);
      match(traced.said, new RegExp(`${STOP_LOSS}: ${before} → 1\\.25\n`));

      equal((await run(`settings reset ${STOP_LOSS}`)).code, 0);
      equal((await run(`settings get ${STOP_LOSS}`)).said, `${before}\n`);
    });
  });

  Deno.test("cli settings: a place in every document can be changed", async () => {
    await withService(async (run) => {
      const places: readonly [path: string, value: string][] = [
        [STOP_LOSS, "1.3"],
        ["scalp_reentry.enabled", "true"],
        ["circuit_breaker.global.enabled", "false"],
        ["capital_allocation", '{"scalp_percent":35,"position_percent":10}'],
        ["global_trading.timezone", "Europe/Berlin"],
        ["notifications.enabled", "false"],
        ["custom", '{"mine":[1,2]}'],
        ["mode_configs.swing.sltp", '{"stop_loss_percent":3.5}'],
        ["safety_settings.ultra.max_loss_percent_in_window", "-2.5"],
      ];
      for (const [path, value] of places) {
        const { code, told } = await run(["settings", "set", path, value]);
        deepEqual([code, told], [0, ""], path);
        const { said } = await run(["settings", "get", path]);
        const shown = JSON.parse(said);
        const wanted = /^[-{[\d]|true|false/.test(value)
          ? JSON.parse(value)
          : value;
        if (typeof wanted !== "object") equal(shown, wanted, path);
        else {for (const name of Object.keys(wanted)) {
            deepEqual(shown[name], wanted[name], path);
          }}
      }
    });
  });

  Deno.test("cli settings: what cannot be is refused in a sentence", async () => {
    await withService(async (run) => {
      const wrong: readonly [words: string, code: number, says: RegExp][] = [
        [
          "settings get mode_configs.scalp.sltpp",
          2,
          /^Cannot find settings at .*; did you mean mode_configs\.scalp\.sltp\?$/,
        ],
        ["settings set nowhere 1", 2, /^Cannot find settings at "nowhere"/],
        ["settings set mode_configs {}", 2, /several documents/],
        ["settings set capital_allocation 7", 2, /as it is a group/],
        [`settings set ${STOP_LOSS} much`, 1, /stop_loss_percent/],
        ["settings reset", 2, /name a PATH, or all with --all/],
        ["settings reset --all", 2, /say so with --yes$/],
        [`settings reset ${STOP_LOSS} --all`, 2, /only one of these$/],
        ["settings history --limit 0", 2, /whole number from 1 to/],
      ];
      for (const [words, code, says] of wrong) {
        const done = await run(words);
        equal(done.code, code, words);
        match(done.told, says);
      }
      equal((await run("settings reset --all --yes")).code, 0);
    });
  });

  Deno.test("cli settings: whose they are, --user says", async () => {
    await withService(async (run) => {
      await run(`settings set ${STOP_LOSS} 1.4 --user anna`);
      equal((await run(`settings get ${STOP_LOSS} --user anna`)).said, "1.4\n");
      ok((await run(`settings get ${STOP_LOSS}`)).said !== "1.4\n");
    });
  });

  Deno.test("cli features: warmed once, counted, forgotten", async () => {
    await withService(async (run) => {
      const words = "features warm SYNA SYNB --from 2025-01-10 --to 2025-01-14";
      const first = await run(words);
      deepEqual([first.code, JSON.parse(first.said)], [0, {
        cached: 0,
        computed: 6,
        without_bar: 0,
        failed: 0,
      }]);
      match(first.shown.at(-2)!, /^\[#{30}\] 100 % {2}6 of 6, 2025-01-14$/);
      equal(first.shown.at(-1), "");
      const again = await run(words);
      deepEqual(JSON.parse(again.said).cached, 6);
      // Those of the dates, and the newest of each.
      equal(JSON.parse((await run("features stats")).said).computations, 8);
      equal((await run("features invalidate SYNA 2025-01-14")).code, 0);
      const third = JSON.parse((await run(words)).said);
      deepEqual([third.cached, third.computed], [5, 1]);
      equal((await run("features invalidate --all --yes")).code, 0);
      equal(JSON.parse((await run(words)).said).computed, 6);
      const newest = await run("features warm SYNA --no-json");
      match(newest.said, /^\d vectors? computed, \d known, 0 without a bar/);
    });
  });

  Deno.test("cli features: symbols and days without bars are told apart from failures", async () => {
    await withService(async (run) => {
      const gone = await run("features warm SYNA NOPE");
      equal(gone.code, 1);
      equal(JSON.parse(gone.said).failed, 1);
      equal(gone.told, "Cannot read bars of NOPE as the symbol is unknown");
      const dated = await run(
        "features warm SYNA NOPE --from 2025-01-13 --to 2025-01-14",
      );
      deepEqual(JSON.parse(dated.said), {
        cached: 0,
        computed: 2,
        without_bar: 0,
        failed: 1,
      });
      const alone = await run("features warm NOPE");
      deepEqual([alone.code, JSON.parse(alone.said).failed], [1, 1]);
      const past = await run(
        "features warm SYNA --from 1970-01-01 --to 1970-01-02",
      );
      deepEqual([past.code, JSON.parse(past.said).without_bar], [1, 2]);
      for (
        const [words, says] of [
          ["features warm SYNA --from 2025-02-30", /it is no date/],
          [
            "features warm SYNA --from 2025-06-28 --to 2025-06-29",
            /no weekday/,
          ],
          ["features warm SYNA --from 1900-01-01 --to 2025-01-01", /in parts$/],
          ["features invalidate", /name a SYMBOL/],
        ] as const
      ) {
        const { code, told } = await run(words);
        equal(code, 2);
        match(told, says);
      }
    });
  });

  Deno.test("cli sequence: numbers, once a key", async () => {
    await withService(async (run) => {
      const words = "sequence --count 3 --day 20260102";
      const one = JSON.parse((await run(words)).said);
      deepEqual([one.first, one.last], [1, 3]);
      const named = `${words} --key the-same-request`;
      const two = await run(named);
      equal(JSON.parse(two.said).first, 4);
      equal((await run(named)).said, two.said);
      equal((await run(`${named} --no-json`)).said, "4 to 6 of 20260102\n");
    });
  });

  Deno.test("cli adapters: listed, pinned and released", async () => {
    await withService(async (run) => {
      const list = await run("adapters --no-json");
      match(list.said, /^feature_store +memory +- /m);
      match(list.said, /Mode normal, Redis disabled/);
      equal((await run("adapters pin feature_store memory")).code, 0);
      match(
        (await run("adapters list --no-json")).said,
        /^feature_store +memory +memory /m,
      );
      const released = await run("adapters release feature_store");
      equal(JSON.parse(released.said).pinned, null);
      const wrong = await run("adapters pin feature_store parquet");
      equal(wrong.code, 1);
      match(wrong.told, /^Cannot /);
    });
  });

  Deno.test("cli status: a line of JSON for programs, a picture for people", async () => {
    await withService(async (run) => {
      const line = await run("status");
      equal(line.code, 0);
      equal(line.said.split("\n").length, 2);
      equal(JSON.parse(line.said).mode, "normal");
      const once = await run("status --once --no-json");
      match(once.said, /^Holdfast {2}.*\n\nstatus +healthy\nmode +normal\n/);
    });
  });
}

const HEALTH = {
  status: "unhealthy",
  reasons: ["Cannot reach the database\x1b[2J"],
  mode: "degraded",
  redis_status: "disconnected",
  database_connected: false,
  model_info: null,
  adapters: { event_bus: "sqlite" },
  version: "1",
  uptime_s: 90_061,
  timestamp: "2026-01-02T21:00:00.000Z",
};

Deno.test("cli status: an unhealthy service is shown, and ends with 1", async () => {
  const terminal = recordingTerminal(() =>
    Response.json(HEALTH, { status: 503 })
  );
  equal(await runCommandLine(["status", "--once", "--no-json"], terminal), 1);
  const said = terminal.said.join("");
  match(said, /^status +unhealthy$/m);
  match(said, /^up +1 d 1 h 1 min$/m);
  ok(!said.includes("\x1b"), "what comes from elsewhere steers no terminal");
});

Deno.test("cli status: on a terminal it goes on until it is interrupted, also while nobody answers", async () => {
  let asked = 0;
  const terminal = recordingTerminal(() => {
    if (++asked === 2) {
      throw new TypeError("fetch failed", {
        cause: new Error("client error (Connect): refused"),
      });
    }
    if (asked === 4) terminal.interrupt();
    return Response.json({ ...HEALTH, status: "healthy" });
  }, { isOutputRead: true });
  equal(await runCommandLine(["status"], terminal), 130);
  equal(terminal.said.length, 3);
  ok(terminal.said.every((picture) => picture.startsWith("\x1b[H")));
  match(terminal.said[1]!, /Cannot reach Holdfast/);
});

Deno.test("cli status: into a file or a pipe it looks once, and steers no terminal there", async () => {
  const terminal = recordingTerminal(() => {
    if (terminal.asked.length === 2) terminal.interrupt();
    return Response.json({ ...HEALTH, status: "healthy" });
  });
  equal(await runCommandLine(["status", "--no-json"], terminal), 0);
  equal(terminal.asked.length, 1);
  ok(!terminal.said.join("").includes("\x1b"));
});
