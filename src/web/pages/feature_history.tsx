/**
 * The 158 features of a symbol over its last 250 days: a small chart a family.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { call, type Refused } from "../api.ts";
import { Fault, Section } from "../parts/basics.tsx";
import { Field, restOf } from "../parts/field.tsx";

/** Trading days that are shown. */
const DAYS = 250;

/** Calendar days that are looked through for them. */
const MAX_CALENDAR_DAYS = 380;

/** Days that are asked for first; then twice as many each time, as drawing takes time too. */
const FIRST_DAYS = 12;

/** Days that are asked for at a time, at most. */
const MAX_AT_A_TIME = 96;

interface Vector {
  readonly date: string;
  readonly features: Readonly<Record<string, number | null>>;
}

/** What the form says. */
const wanted = { symbol: signal("SYNA"), last: signal("") };

const symbol = signal<string | undefined>(undefined);
const vectors = signal<readonly Vector[]>([]);
const fault = signal<unknown>(undefined);
const isReading = signal(false);

let reading = new AbortController();

/**
 * Reads the days up to `last`, or to the symbol's newest where it is empty, the
 * newest first, and shows them as they come.
 */
export async function showHistory(name: string, last: string): Promise<void> {
  wanted.symbol.value = name;
  wanted.last.value = last;
  reading.abort();
  reading = new AbortController();
  const stop = reading.signal;
  symbol.value = name;
  vectors.value = [];
  fault.value = undefined;
  isReading.value = true;
  try {
    const days = weekdaysBefore(last || (await ask({}, name, stop)).date);
    for (
      let next = FIRST_DAYS;
      days.length > 0 && vectors.value.length < DAYS;
      next = Math.min(2 * next, MAX_AT_A_TIME)
    ) {
      const found = await Promise.all(
        days.splice(0, Math.min(next, DAYS - vectors.value.length))
          .map((day) => read(name, day, stop)),
      );
      if (stop.aborted) return;
      const there = found.filter((one) => "date" in one);
      if (there.length === 0 && vectors.value.length === 0) throw found[0];
      // Where there are no bars for weeks the history begins.
      if (there.length === 0) break;
      vectors.value = [...there.reverse(), ...vectors.value];
    }
  } catch (error) {
    if (!stop.aborted) fault.value = error;
  } finally {
    if (!stop.aborted) isReading.value = false;
  }
}

/** The vector of a day, or why there is none: no bar, or too few before it. */
async function read(
  name: string,
  date: string,
  stop: AbortSignal,
): Promise<Vector | Refused> {
  try {
    return await ask({ date }, name, stop);
  } catch (error) {
    const { status } = error as Refused;
    if (status === 404 || status === 422) return error as Refused;
    throw error;
  }
}

/** The vector of one symbol: there is no answer without it. */
async function ask(
  when: { readonly date?: string },
  name: string,
  signal: AbortSignal,
): Promise<Vector> {
  const { body } = await call<{ readonly features: readonly [Vector] }>(
    "POST",
    "/api/v1/features/batch",
    { body: { symbols: [name], ...when }, signal },
  );
  return body.features[0];
}

/** The weekdays up to `last`, the newest first; what is no date, for the service to refuse. */
function weekdaysBefore(last: string): string[] {
  const days: string[] = [];
  const end = Date.parse(`${last}T00:00:00Z`);
  if (Number.isNaN(end)) return [last];
  for (let back = 0; back < MAX_CALENDAR_DAYS; back++) {
    const date = new Date(end - back * 86_400_000);
    if (date.getUTCDay() % 6 !== 0) days.push(date.toISOString().slice(0, 10));
  }
  return days;
}

/** The form that asks for a symbol, and its charts. */
export function FeatureHistory() {
  const days = vectors.value;
  const names = Object.keys(days.at(-1)?.features ?? {});
  const families = Map.groupBy(names, familyOf);
  const [first, last] = [days.at(0)?.date, days.at(-1)?.date];
  return (
    <Section
      title={`Features of ${symbol.value ?? "a symbol"}`}
      aside={
        <span class="hint" role="status">
          {isReading.value ? "reading… " : ""}
          {first && `${days.length} days, ${first} to ${last}`}
        </span>
      }
    >
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          showHistory(wanted.symbol.value.trim(), wanted.last.value);
        }}
      >
        <Field
          label="Symbol"
          of={wanted.symbol}
          name="symbols"
          error={fault.value}
          required
        />
        <Field
          label="Until"
          of={wanted.last}
          name="date"
          error={fault.value}
          type="date"
        />
        <button type="submit">Show charts</button>
      </form>
      <Fault message={restOf(fault.value, ["symbols", "date"])} />
      <div class="multiples">
        {[...families].map(([family, names]) => (
          <Family key={family} family={family} names={names} days={days} />
        ))}
      </div>
      {names.length > 0 && (
        <p class="hint">
          {names.length}{" "}
          features. Lines of a family share their scale; the strongest one is
          the longest window.
        </p>
      )}
    </Section>
  );
}

/** `ROC` of `ROC20`; the shape of a single day is one family. */
function familyOf(name: string): string {
  if (/^K[A-Z]/.test(name)) return "K (shape of a day)";
  if (/^(?:OPEN|HIGH|LOW|CLOSE|VWAP)\d$/.test(name)) return "Prices";
  return name.replace(/\d+$/, "");
}

function Family(
  { family, names, days }: {
    family: string;
    names: readonly string[];
    days: readonly Vector[];
  },
) {
  const lines = names.map((name) => days.map(({ features }) => features[name]));
  const values = lines.flat().filter((value) => typeof value === "number");
  const low = Math.min(...values);
  const high = Math.max(...values);
  const height = high - low || 1;
  const points = (line: readonly (number | null | undefined)[]) =>
    line.flatMap((value, i) =>
      typeof value === "number"
        ? [
          `${(200 * i / Math.max(1, line.length - 1)).toFixed(1)},${
            (48 - 46 * (value - low) / height).toFixed(1)
          }`,
        ]
        : []
    ).join(" ");
  return (
    <figure>
      <figcaption>
        <span class="chart-title">{family}</span>
        <span>{low.toPrecision(2)} … {high.toPrecision(2)}</span>
      </figcaption>
      <svg
        viewBox="0 0 200 50"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${family}: ${names.join(", ")} between ${low} and ${high}`}
      >
        {lines.map((line, i) => (
          <polyline
            key={names[i]}
            points={points(line)}
            opacity={0.25 + 0.75 * (i + 1) / lines.length}
          />
        ))}
      </svg>
    </figure>
  );
}
