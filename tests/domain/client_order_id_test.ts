/**
 * Client order ids: what is generated is read back, and nothing else is.
 *
 * @module
 */
import fc from "fast-check";
import {
  daysBetween,
  formatChainId,
  formatClientOrderId,
  MAX_ORDER_ID_CHARS,
  MODE_CODES,
  ORDER_TYPES,
  parseChainId,
  parseClientOrderId,
  readChainId,
  readModeCode,
  resolveDay,
} from "../../domain/order/client_order_id.ts";
import {
  parseSequenceDay,
  type SequenceDay,
  sequenceDayAt,
} from "../../domain/sequence.ts";
import { deepEqual, equal, match, ok, throws } from "../support/assert.ts";

const DAY_MS = 86_400_000;

/** What venues take. */
const VENUE = /^[.A-Z:/a-z0-9_-]{1,36}$/;

const modes = fc.constantFrom(...Object.values(MODE_CODES));
const types = fc.constantFrom(...ORDER_TYPES);
const numbers = fc.oneof(
  fc.integer({ min: 1, max: 120_000 }),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
);

/** Every day from 2019 to the end of 2033. */
function* days(): Generator<SequenceDay> {
  const end = Date.UTC(2033, 11, 31);
  for (let ms = Date.UTC(2019, 0, 1); ms <= end; ms += DAY_MS) {
    yield sequenceDayAt(ms);
  }
}

const after = (day: SequenceDay, count: number) =>
  sequenceDayAt(
    Date.parse(day.replace(/(..)(..)$/, "-$1-$2")) + count * DAY_MS,
  );

Deno.test("an id is mode, day, number and type, as venues take them", () => {
  const day = parseSequenceDay("20260106");
  const chain = formatChainId({ mode: "ULT", day, number: 1 });
  equal(chain, "ULT-06JAN-00001");
  equal(formatClientOrderId(chain, "E"), "ULT-06JAN-00001-E");
  const longest = formatClientOrderId(
    formatChainId({ mode: "POS", day, number: Number.MAX_SAFE_INTEGER }),
    "DCA3",
  );
  ok(longest.length <= MAX_ORDER_ID_CHARS);
  match(longest, VENUE);
});

Deno.test("what is generated is read back, on every day, and its year is found", () => {
  for (const day of days()) {
    const [mode] = fc.sample(modes, { numRuns: 1, seed: Number(day) });
    for (const type of ORDER_TYPES) {
      const number = Number(day) % 99_999 + 1;
      const chain = formatChainId({ mode: mode!, day, number });
      const id = formatClientOrderId(chain, type);
      const parsed = parseClientOrderId(id)!;
      if (
        parsed.chain !== chain || parsed.mode !== mode ||
        parsed.type !== type || parsed.number !== number ||
        !VENUE.test(id) ||
        formatClientOrderId(parsed.chain, parsed.type) !== id
      ) throw new Error(`${id} is not what was generated`);
    }
    const parsed = parseChainId(formatChainId({ mode: mode!, day, number: 1 }));
    for (const away of [-182, -180, -31, -1, 0, 1, 5, 31, 180, 182]) {
      const found = resolveDay(parsed!, after(day, away));
      if (found !== day) throw new Error(`${day} seen ${away} days later`);
    }
  }
});

Deno.test("any number is read back, and the ids of two are never the same", () => {
  const some = fc.record({ mode: modes, number: numbers, type: types });
  fc.assert(
    fc.property(some, some, (a, b) => {
      const day = parseSequenceDay("20281231");
      const [one, two] = [a, b].map(({ mode, number, type }) =>
        formatClientOrderId(formatChainId({ mode, day, number }), type)
      );
      match(one!, VENUE);
      const { mode, number, type } = parseClientOrderId(one!)!;
      deepEqual({ mode, number, type }, { ...a });
      const isSame = a.mode === b.mode && a.number === b.number &&
        a.type === b.type;
      equal(one === two, isSame);
    }),
  );
});

Deno.test("numbers above 99 999 take more digits, one by one", () => {
  const day = parseSequenceDay("20261231");
  const of = (number: number) => formatChainId({ mode: "SCA", day, number });
  deepEqual([99_999, 100_000, 100_001, 1_000_000].map(of), [
    "SCA-31DEC-99999",
    "SCA-31DEC-100000",
    "SCA-31DEC-100001",
    "SCA-31DEC-1000000",
  ]);
});

Deno.test("an id of December seen in January is of last year, and the other way", () => {
  const resolve = (id: string, reference: string) =>
    resolveDay(parseChainId(id)!, parseSequenceDay(reference)) as string;
  equal(resolve("ULT-31DEC-00001", "20260101"), "20251231");
  equal(resolve("ULT-01JAN-00001", "20251231"), "20260101");
  equal(resolve("ULT-31DEC-00001", "20251230"), "20251231");
  equal(resolve("ULT-29FEB-00001", "20240229"), "20240229");
  equal(resolve("ULT-29FEB-00001", "20250301"), "20240229");
  equal(resolve("ULT-29FEB-00001", "20260302"), "20280229");
  equal(resolve("ULT-29FEB-00001", "21000201"), "20960229");
  // As near on both sides: of the past.
  equal(resolve("ULT-01JAN-00001", "20240702"), "20240101");
  equal(
    daysBetween(parseSequenceDay("20240101"), parseSequenceDay("20240702")),
    183,
  );
});

Deno.test("a text is the id of an order exactly when it is generated as it stands", () => {
  const near = fc.stringMatching(
    /^(ULT|SCA|SCR|ult)-[0-3]\d(JAN|FEB|APR|DEC|Dec)-\d{4,7}-(E|SL|TP[0-5]|DCA[0-4]|RB|e|)$/,
  );
  let known = 0;
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (text) => {
      const parsed = parseClientOrderId(text);
      if (!parsed) return;
      known++;
      const day = resolveDay(parsed, parseSequenceDay("20240229"));
      const { mode, number, type } = parsed;
      const chain = formatChainId({ mode, day, number });
      equal(formatClientOrderId(chain, type), text);
    }),
    { numRuns: 3000 },
  );
  ok(known > 20, `${known} ids`);
});

const FOREIGN = [
  "",
  "-",
  "E",
  "x-Hf3kPq-0001",
  "web_8LzQ3vK1",
  "ios_ULT-06JAN-00001-E",
  "ULT-FALLBACK-A1B2C3D4-E",
  "ULT-06JAN-00001",
  "ULT-06JAN-00001-",
  "ULT-06JAN-00001-TP5",
  "ULT-06JAN-00001-TP",
  "ULT-06JAN-00001-DCA4",
  "ULT-06JAN-00001-E-E",
  "ULT-06JAN-00001-toString",
  "ULT-06JAN-0001-E",
  "ULT-06JAN-000001-E",
  "ULT-06JAN-00000-E",
  "ULT-06JAN-99999999999999999-E",
  "ULT-06JAN-9999999999999999-E",
  "ULT-6JAN-00001-E",
  "ULT-00JAN-00001-E",
  "ULT-32JAN-00001-E",
  "ULT-30FEB-00001-E",
  "ULT-31APR-00001-E",
  "ULT-06JÄN-00001-E",
  "ULT-06XYZ-00001-E",
  "SCR-06JAN-00001-E",
  "ult-06JAN-00001-E",
  "ULT-06jan-00001-E",
  "ULT-06JAN-00001-e",
  " ULT-06JAN-00001-E",
  "ULT-06JAN-00001-E\n",
  "ULT-06JAN-00001-E\0",
  "ULT-06JAN-0000１-E",
];

for (const text of FOREIGN) {
  Deno.test(`${JSON.stringify(text)} is the id of another program`, () => {
    equal(parseClientOrderId(text), undefined);
  });
}

Deno.test("29FEB is a day, as some years have it", () => {
  equal(parseClientOrderId("POS-29FEB-00007-HSL")?.dayOfMonth, 29);
});

Deno.test("a mode is read by its code and by its name, a chain without a type", () => {
  deepEqual(
    ["ULT", "ultra", "ultra_fast", "SCA", "scalp", "SWI", "POS", "position"]
      .map(readModeCode),
    ["ULT", "ULT", "ULT", "SCA", "SCA", "SWI", "POS", "POS"],
  );
  for (const text of ["", "SCR", "ult", "Ultra", "toString", "__proto__"]) {
    throws(() => readModeCode(text), { name: "InvalidInput" });
  }
  equal(readChainId("ULT-06JAN-00001").number, 1);
  for (const text of ["", "ULT-06JAN-00001-E", "ULT-30FEB-00001"]) {
    throws(() => readChainId(text), { name: "InvalidInput" });
  }
});
