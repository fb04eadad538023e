/**
 * Days of trading and days of number series.
 *
 * @module
 */
import { parseSequenceDay, sequenceDayAt } from "../../domain/sequence.ts";
import {
  dateOfEpochDay,
  epochDayOf,
  parseTradingDate,
} from "../../domain/trading_date.ts";
import { equal, ok, throws } from "../support/assert.ts";

const DAY_MS = 86_400_000;
const LAST_DAY = Date.UTC(2100, 11, 31) / DAY_MS;

Deno.test("every date from 1970 to 2100 is read, counted and written", () => {
  let before = "";
  for (let day = 0; day <= LAST_DAY; day++) {
    const date = dateOfEpochDay(day);
    if (parseTradingDate(date) !== date || epochDayOf(date) !== day) {
      throw new Error(`day ${day} is not ${date}`);
    }
    if (!(before < date)) throw new Error(`${date} does not follow ${before}`);
    before = date;
  }
  equal(before, "2100-12-31");
});

Deno.test("the calendar is the Gregorian one", () => {
  equal(dateOfEpochDay(0), "1970-01-01");
  equal(dateOfEpochDay(19_782), "2024-02-29");
  equal(epochDayOf(parseTradingDate("2000-02-29")), 11_016);
  equal(epochDayOf(parseTradingDate("1969-12-31")), -1);
  parseTradingDate("2000-02-29");
});

const NO_DATES = [
  "",
  "2024-02-30",
  "2023-02-29",
  "2100-02-29",
  "2024-13-01",
  "2024-00-01",
  "2024-01-00",
  "2024-01-32",
  "2024-1-1",
  "20240101",
  "2024/01/01",
  "2024-01-01T00:00:00Z",
  " 2024-01-01",
  "2024-01-01\n",
  "+002024-01-01",
  "-02024-01-01",
  "today",
  "２０２４-01-01",
  "../../../01",
];

for (const text of NO_DATES) {
  Deno.test(`${JSON.stringify(text)} is no date`, () => {
    throws(() => parseTradingDate(text), {
      name: "InvalidInput",
      message: `Cannot use date ${
        JSON.stringify(text)
      } as it must be a calendar date written YYYY-MM-DD`,
    });
  });
}

Deno.test("a day of another age is out of range", () => {
  for (const text of ["00010101", "19691231", "22000101", "99991231"]) {
    throws(() => parseSequenceDay(text), {
      name: "InvalidInput",
      message:
        `Cannot use day ${text} as it must be of a year from 1970 to 2199`,
    });
  }
});

Deno.test("every day of a series from 1970 to 2100 is read, in order", () => {
  let before = "";
  for (let day = 0; day <= LAST_DAY; day++) {
    const text = sequenceDayAt(day * DAY_MS);
    ok(parseSequenceDay(text) === text && before < text, text);
    before = text;
  }
  equal(before, "21001231");
});

Deno.test("a day of a series ends with the day in UTC", () => {
  const midnight = Date.UTC(2026, 0, 3);
  equal(sequenceDayAt(midnight - 1), "20260102");
  equal(sequenceDayAt(midnight), "20260103");
  equal(sequenceDayAt(midnight + DAY_MS - 1), "20260103");
});

const NO_DAYS = [
  "",
  "20240230",
  "20231301",
  "2024-01-01",
  "2024010",
  "202401011",
  " 20240101",
  "20240101\n",
  "2024 0101",
  "today",
];

for (const text of NO_DAYS) {
  Deno.test(`${JSON.stringify(text)} is no day of a series`, () => {
    throws(() => parseSequenceDay(text), {
      name: "InvalidInput",
      message: `Cannot use day ${
        JSON.stringify(text)
      } as it must be a calendar day written YYYYMMDD`,
    });
  });
}

Deno.test("a day of a series is of a year from 1970 to 2199", () => {
  for (const text of ["19700101", "21991231"]) {
    equal(parseSequenceDay(text), text);
  }
  for (const text of ["19691231", "22000101"]) {
    throws(() => parseSequenceDay(text), {
      name: "InvalidInput",
      message:
        `Cannot use day ${text} as it must be of a year from 1970 to 2199`,
    });
  }
});
