/**
 * What may name an instrument.
 *
 * @module
 */
import fc from "fast-check";
import { parseSymbol, SYMBOL_PATTERN } from "../../domain/symbol.ts";
import { equal, match, ok, throws } from "../support/assert.ts";

Deno.test("a symbol is upper-cased and freed of space around it", () => {
  equal(parseSymbol("aapl"), "AAPL");
  equal(parseSymbol(" brk.b\n"), "BRK.B");
});

Deno.test("symbols of every venue are taken", () => {
  const symbols = [
    "A",
    "BRK.B",
    "RDS-A",
    "^GSPC",
    "EURUSD=X",
    "BTC_USDT",
    "7203.T",
  ];
  for (const symbol of [...symbols, "1INCH", "X".repeat(32)]) {
    equal(parseSymbol(symbol), symbol);
  }
});

const REFUSED = [
  "",
  " ",
  "X".repeat(33),
  ".",
  "..",
  ".A",
  "-A",
  "../X",
  "..\\X",
  "A/B",
  "A\\B",
  "A:B",
  "A B",
  "A\nB",
  "A\0",
  "A%2FB",
  "A,B",
  "A*",
  "{A}",
  "AÄ",
  "ß",
  "ﬁ",
  "ſ",
  "ı",
  "Ａ",
];

for (const text of REFUSED) {
  Deno.test(`${JSON.stringify(text)} is no symbol`, () => {
    throws(() => parseSymbol(text), {
      name: "InvalidInput",
      message: /^Cannot use symbol ".*" as it must be /s,
    });
  });
}

Deno.test("the message of a long text is short", () => {
  throws(() => parseSymbol("x".repeat(1e6)), (error: Error) => {
    ok(error.message.length < 300);
    return true;
  });
});

const nasty = fc.string({
  unit: fc.constantFrom(..."aZ09.._=^-/\\:%~ \0\nßſ"),
  maxLength: 40,
});

Deno.test("whatever is taken is safe in a path and in a key", () => {
  fc.assert(
    fc.property(fc.oneof(nasty, fc.string({ unit: "binary" })), (text) => {
      let symbol: string;
      try {
        symbol = parseSymbol(text);
      } catch (error) {
        equal((error as Error).name, "InvalidInput");
        return;
      }
      match(symbol, new RegExp(SYMBOL_PATTERN));
      ok(!/[/\\:\s\0%]/.test(symbol));
      ok(!symbol.startsWith("."));
      equal(
        new URL(`${symbol}.x`, "file:///dir/").pathname.split("/").length,
        3,
      );
      equal(parseSymbol(symbol), symbol);
    }),
    { numRuns: 1000 },
  );
});
