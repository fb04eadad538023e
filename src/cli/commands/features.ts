/**
 * `holdfast features`: computing vectors before they are needed, and forgetting
 * them.
 *
 * @module
 */
import { type Call, command, confirmed, YES } from "../command.ts";
import { UsageError } from "../failures.ts";
import type { Service } from "../http_client.ts";
import { bar, counted, fieldLines, harmless } from "../print.ts";
import { ServiceFailure } from "../service_failure.ts";

const FEATURES = "/api/v1/features";

/** Symbols of one request. */
const PART = 50;

/** Dates of one call: about sixteen years of them. */
const MOST_DATES = 6000;

/** Reasons that are told one by one up to so many. */
const MAX_TOLD = 20;

/** Has vectors computed. */
export const warmFeatures = command({
  name: "features warm",
  summary: "Have vectors computed before they are needed",
  usage: "SYMBOL…",
  takes: [1, 10_000],
  details: [
    "Of each symbol's newest bar, or of every weekday from FROM to TO. Days without a",
    "bar are counted and told nothing of. Started again it computes nothing twice.",
  ],
  options: {
    from: { type: "string", value: "DATE", help: "The first date: 2025-01-02" },
    to: {
      type: "string",
      value: "DATE",
      help: "The last date; the same as --from when absent",
    },
  },
  async run({ args, values, service, terminal, isForPeople }) {
    const dates = datesOf(values.from, values.to);
    const count = { cached: 0, computed: 0, without_bar: 0, failed: 0 };
    let told = 0;

    /** Has the newest vectors, or those of `date`, computed; which symbols have any. */
    async function pass(
      symbols: readonly string[],
      date: string | undefined,
      done: (count: number) => void,
    ): Promise<readonly Warmed[]> {
      const all: Warmed[] = [];
      for (let at = 0; at < symbols.length; at += PART) {
        all.push(...await warm(service, symbols.slice(at, at + PART), date));
        done(all.length);
      }
      for (const { state, says } of all) {
        if (state === "failed" && told++ < MAX_TOLD) {
          terminal.show("");
          terminal.tell(harmless(says!));
        }
      }
      return all;
    }

    const symbols = [...new Set(args)];
    // Who has no bar at all is told here, and not once a date.
    const newest = await pass(symbols, undefined, (done) => {
      terminal.show(
        `${bar(done, symbols.length)}  ${done}, the newest of each`,
      );
    });
    const known = newest.filter(({ state }) => state !== "failed");
    count.failed += newest.length - known.length;
    if (dates === undefined) {
      for (const { state } of known) count[state]++;
    }
    const all = known.length * (dates?.length ?? 0);
    for (const [i, date] of (dates ?? []).entries()) {
      const names = known.map(({ symbol }) => symbol);
      const before = i * names.length;
      const warmed = await pass(names, date, (done) => {
        terminal.show(
          `${bar(before + done, all)}  ${before + done} of ${all}, ${date}`,
        );
      });
      for (const { state } of warmed) count[state]++;
    }
    terminal.show("");
    await terminal.write(
      isForPeople
        ? `${
          counted(count.computed, "vector")
        } computed, ${count.cached} known, ${count.without_bar} without a bar, ${count.failed} failed\n`
        : `${JSON.stringify(count)}\n`,
    );
    const isUseless = count.cached + count.computed === 0;
    return count.failed > 0 || isUseless ? 1 : 0;
  },
});

/** What became of one vector. */
interface Warmed {
  readonly symbol: string;
  readonly state: "cached" | "computed" | "without_bar" | "failed";
  readonly says?: string;
}

interface Batch {
  readonly features: readonly {
    readonly symbol: string;
    readonly source: "cache" | "computed";
  }[];
  readonly errors: readonly {
    readonly symbol: string;
    readonly status: number;
    readonly detail: string;
  }[];
}

async function warm(
  service: Service,
  symbols: readonly string[],
  date: string | undefined,
): Promise<readonly Warmed[]> {
  const failed = (symbol: string, status: number, says: string): Warmed =>
    // Of a symbol that has bars, a day without one is nothing wrong.
    status === 404 && date !== undefined
      ? { symbol, state: "without_bar" }
      : { symbol, state: "failed", says };
  try {
    const { text } = await service.ask("POST", `${FEATURES}/batch`, {
      body: JSON.stringify({ symbols, date }),
      isRepeatable: true,
    });
    const { features, errors } = JSON.parse(text) as Batch;
    return [
      ...features.map(({ symbol, source }): Warmed => ({
        symbol,
        state: source === "cache" ? "cached" : "computed",
      })),
      ...errors.map(({ symbol, status, detail }) =>
        failed(symbol, status, detail)
      ),
    ];
  } catch (error) {
    // None of them has a vector: the answer is the problem of one of them.
    if (!(error instanceof ServiceFailure)) throw error;
    const { status } = error.facts;
    if (status !== 404 && status !== 422) throw error;
    if (status === 404 && date !== undefined) {
      return symbols.map((symbol) => failed(symbol, status, error.message));
    }
    const [symbol, ...others] = symbols;
    if (others.length === 0) return [failed(symbol!, status, error.message)];
    const each: Warmed[] = [];
    for (const one of symbols) each.push(...await warm(service, [one], date));
    return each;
  }
}

/** The weekdays from `from` to `to`; absent when neither is named. */
function datesOf(
  from: string | undefined,
  to: string | undefined,
): readonly string[] | undefined {
  if (from === undefined && to === undefined) return undefined;
  const first = parseDate("--from", from ?? to!);
  const last = parseDate("--to", to ?? from!);
  const dates: string[] = [];
  for (
    let day = first;
    Temporal.PlainDate.compare(day, last) <= 0;
    day = day.add({ days: 1 })
  ) {
    if (day.dayOfWeek <= 5) dates.push(day.toString());
    if (dates.length > MOST_DATES) {
      throw new UsageError(
        `Cannot warm more than ${MOST_DATES} dates at once: warm them in parts`,
      );
    }
  }
  if (dates.length > 0) return dates;
  throw new UsageError(
    `Cannot warm ${first} to ${last} as there is no weekday among them`,
  );
}

function parseDate(name: string, text: string): Temporal.PlainDate {
  try {
    if (/^\d{4}-\d\d-\d\d$/.test(text)) return Temporal.PlainDate.from(text);
  } catch {
    // As below.
  }
  throw new UsageError(
    `Cannot use ${name} ${text} as it is no date: write it as 2025-01-02`,
  );
}

/** Has vectors forgotten. */
export const invalidateFeatures = command({
  name: "features invalidate",
  summary: "Have vectors forgotten, on every instance",
  usage: "SYMBOL [DATE] | --all",
  takes: [0, 2],
  details: [
    "Seldom needed: a stored vector counts only while a computation would give the",
    "same. It asks for a key with the scope admin, as all users read the same vectors.",
  ],
  options: {
    all: { type: "boolean", help: "All of them; asks before" },
    yes: YES,
  },
  async run(call) {
    const { args, values, service, terminal, isForPeople } = call;
    if ((args.length === 0) !== (values.all === true)) {
      throw new UsageError(
        "Cannot tell which vectors are meant: name a SYMBOL, or all with --all, and only one of these",
      );
    }
    if (args.length === 0) await confirmed(call, "forget all vectors");
    const path = [FEATURES, ...args.map(encodeURIComponent)].join("/");
    const { text } = await service.ask("DELETE", path, { isRepeatable: true });
    const what = args.length === 0 ? "all vectors" : args.join(" ");
    await terminal.write(
      isForPeople ? `Forgot ${harmless(what)}\n` : `${text}\n`,
    );
  },
});

/** Shows how well they are cached. */
export const featureStats = command({
  name: "features stats",
  summary: "Show how well vectors are cached",
  usage: "",
  takes: [0, 0],
  options: {},
  async run({ service, terminal, isForPeople }: Call) {
    const { text } = await service.ask("GET", `${FEATURES}/stats`, {
      isRepeatable: true,
    });
    await terminal.write(isForPeople ? fieldLines(text) : `${text}\n`);
  },
});
