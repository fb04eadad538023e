/**
 * SHA-256 is that of the standard.
 *
 * @module
 */
import fc from "fast-check";
import { sha256 } from "../../domain/sha256.ts";
import { deepEqual, equal } from "../support/assert.ts";

/** What the platform says. */
async function byPlatform(text: string): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

Deno.test("sha256: the examples of the standard", () => {
  const cases = {
    "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq":
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  };
  for (const [text, digest] of Object.entries(cases)) {
    equal(sha256(text).toHex(), digest);
  }
});

Deno.test("sha256: texts of every length around the blocks", async () => {
  for (let length = 0; length < 260; length++) {
    const text = "x".repeat(length);
    deepEqual(sha256(text), await byPlatform(text), `${length} characters`);
  }
});

Deno.test("sha256: any text", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "binary", maxLength: 500 }),
      async (text) => deepEqual(sha256(text), await byPlatform(text)),
    ),
  );
});
