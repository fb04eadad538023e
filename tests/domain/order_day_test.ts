/**
 * The day of an order is the one on the user's calendar.
 *
 * @module
 */
import fc from "fast-check";
import {
  formatChainId,
  parseChainId,
  resolveDay,
} from "../../domain/order/client_order_id.ts";
import { sequenceDayAt } from "../../domain/sequence.ts";
import { QUARTER_MS, rememberByQuarter } from "../../domain/time_zone.ts";
import { deepEqual, equal } from "../support/assert.ts";

const ZONES = [
  "UTC",
  "Asia/Kolkata",
  "America/New_York",
  "America/Sao_Paulo",
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
];

Deno.test("a day begins and ends at midnight where the user is", () => {
  const at = (iso: string, zone: string) =>
    sequenceDayAt(Date.parse(iso), zone) as string;
  deepEqual([
    at("2026-01-05T18:29:59.999Z", "Asia/Kolkata"),
    at("2026-01-05T18:30:00.000Z", "Asia/Kolkata"),
    at("2025-12-31T18:30:00.000Z", "Asia/Kolkata"),
    at("2024-02-29T04:59:59.999Z", "America/New_York"),
    at("2024-02-29T05:00:00.000Z", "America/New_York"),
    at("2024-03-01T04:59:59.999Z", "America/New_York"),
    // Clocks are set on at midnight: the day begins at one.
    at("2018-11-04T02:59:59.999Z", "America/Sao_Paulo"),
    at("2018-11-04T03:00:00.000Z", "America/Sao_Paulo"),
    // 30 December 2011 was left out.
    at("2011-12-30T09:59:59.999Z", "Pacific/Apia"),
    at("2011-12-30T10:00:00.000Z", "Pacific/Apia"),
  ], [
    "20260105",
    "20260106",
    "20260101",
    "20240228",
    "20240229",
    "20240229",
    "20181103",
    "20181104",
    "20111229",
    "20111231",
  ]);
});

Deno.test("where there is no such zone the day is that of UTC", () => {
  for (const zone of ["", "Mars/Olympus", "+02:00"]) {
    equal(sequenceDayAt(Date.UTC(2026, 0, 5, 23, 59), zone), "20260105");
  }
});

Deno.test("days never go back in a zone, whatever its clocks do, and remembering them changes nothing", () => {
  const dayAt = rememberByQuarter(sequenceDayAt);
  for (const zone of ZONES) {
    let before = "";
    // Past a leap day, by uneven steps of less than a day.
    for (
      let ms = Date.UTC(2023, 11, 28);
      ms < Date.UTC(2025, 0, 5);
      ms += 19 * 3_600_000 + 13 * 60_000
    ) {
      const day: string = sequenceDayAt(ms, zone);
      if (day < before) throw new Error(`${zone}: ${day} after ${before}`);
      before = day;
      equal(dayAt(ms, zone), day);
      const last = ms - ms % QUARTER_MS + QUARTER_MS - 1;
      equal(dayAt(last, zone), sequenceDayAt(last, zone));
    }
  }
});

Deno.test("an id names the day of its user, wherever and whenever he reads it", () => {
  const instants = fc.integer({
    min: Date.UTC(2020, 0, 1),
    max: Date.UTC(2032, 11, 31),
  });
  const zones = fc.constantFrom(...ZONES);
  const away = fc.integer({ min: 0, max: 180 * 86_400_000 });
  fc.assert(
    fc.property(instants, zones, zones, away, (ms, zone, other, later) => {
      const day = sequenceDayAt(ms, zone);
      const chain = formatChainId({ mode: "SWI", day, number: 7 });
      const seen = sequenceDayAt(ms + later, other);
      equal(resolveDay(parseChainId(chain)!, seen), day);
    }),
    { numRuns: 300 },
  );
});
