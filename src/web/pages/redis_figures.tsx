/**
 * The breaker before Redis, and the order numbers that were leased for it.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { type Look, readMetrics } from "../measures.ts";
import { Mark, Section } from "../parts/basics.tsx";
import { useEvery } from "../parts/every.ts";
import { counted } from "../words.ts";

const look = signal<Look | undefined>(undefined);

async function read(signal: AbortSignal): Promise<void> {
  look.value = await readMetrics(
    /^holdfast_(?:redis_breaker|sequence)/,
    signal,
  );
}

/** What this instance tells of both since its start. */
export function RedisFigures() {
  useEvery(read);
  const found = look.value;
  if (!found) return null;
  const value = (series: string) => found.get(`holdfast_${series}`) ?? 0;
  const trips = (reason: string) =>
    value(`redis_breaker_trips_total{reason="${reason}"}`);
  const isOpen = value("redis_breaker_open") > 0;
  return (
    <Section title="Breaker and order numbers">
      <p class="line">
        <Mark tone={isOpen ? "bad" : "good"}>
          {isOpen ? "Breaker open" : "Breaker closed"}
        </Mark>
        <span class="hint">
          {isOpen ? "Calls to Redis fail at once." : "Calls to Redis are sent."}
          {" "}
          It has opened {counted(trips("lost") + trips("late"), "time")}{" "}
          since this instance started: {trips("lost")} as Redis was lost,{" "}
          {trips("late")} as it answered late.
        </span>
      </p>
      <p class="line">
        <Mark tone="plain">
          {counted(value("sequence_blocks_total"), "block")} taken
        </Mark>
        <span class="hint">
          {counted(value("sequence_numbers_skipped_total"), "order number")}
          {" "}
          skipped, which nobody will get.
        </span>
      </p>
    </Section>
  );
}
