/**
 * SHA-256 is that of the standard.
 *
 * @module
 */
import { sha256 } from "../../src/services/sha256.ts";
import { equal } from "../support/assert.ts";

Deno.test("sha256: the examples of the standard, and text beyond ASCII", () => {
  const cases = {
    "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq":
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    // printf 'é€' | sha256sum
    "é€": "f0165711145fd4315008feb1f589eb75f63fb382417be0782a1c1cab418bc0c4",
  };
  for (const [text, digest] of Object.entries(cases)) {
    equal(sha256(text).toHex(), digest);
  }
});
