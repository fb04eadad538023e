/**
 * Hashes, and how they are compared.
 *
 * @module
 */
import fc from "fast-check";
import {
  hmacSha256,
  isSameHash,
  isSameText,
} from "../../src/services/sha256.ts";
import { equal } from "../support/assert.ts";

Deno.test("the HMAC is that of RFC 4231, its second case", () => {
  equal(
    hmacSha256("Jefe", "what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

Deno.test("texts are the same when every character is", () => {
  const texts = fc.oneof(fc.string(), fc.string({ unit: "binary" }));
  fc.assert(fc.property(texts, texts, (one, other) => {
    equal(isSameText(one, other), one === other);
    equal(isSameText(one, one.slice()), true);
    equal(isSameText(one, `${one}x`), false);
  }));
  const key = `hf_abcdefghij09_${"A".repeat(43)}`;
  const hash = "0123456789abcdef".repeat(4);
  for (
    const [text, isSame] of [[key, isSameText], [hash, isSameHash]] as const
  ) {
    equal(isSame(text, text), true);
    equal(isSame(text, ""), false);
    for (let i = 0; i < text.length; i++) {
      const other = `${text.slice(0, i)}!${text.slice(i + 1)}`;
      equal(isSame(text, other), false, `${i}`);
    }
  }
});
