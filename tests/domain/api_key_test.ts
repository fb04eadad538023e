/**
 * API keys: their form, and what their scopes hold.
 *
 * @module
 */
import fc from "fast-check";
import {
  API_KEY_SCOPES,
  drawApiKeyId,
  formatApiKey,
  grantedBy,
  idOfKey,
  isApiKeyText,
  KEY_SECRET_BYTES,
  parseApiKeyId,
} from "../../domain/api_key.ts";
import { deepEqual, equal, match, ok, throws } from "../support/assert.ts";

const ID = parseApiKeyId("abcdefghij09");

Deno.test("a key says its id, and nothing else of it can be guessed", () => {
  fc.assert(fc.property(
    fc.uint8Array({
      minLength: KEY_SECRET_BYTES,
      maxLength: KEY_SECRET_BYTES,
    }),
    (secret) => {
      const text = formatApiKey(ID, secret);
      match(text, /^hf_abcdefghij09_[A-Za-z0-9_-]{43}$/);
      ok(isApiKeyText(text));
      equal(idOfKey(text), ID);
      const base64 = text.slice(16).replaceAll("-", "+").replaceAll("_", "/");
      const read = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      deepEqual(read, secret);
    },
  ));
});

Deno.test("what is no key is told from one", () => {
  const secret = "A".repeat(43);
  ok(isApiKeyText(`hf_abcdefghij09_${secret}`));
  for (
    const text of [
      "",
      secret,
      `hf_abcdefghij09_${secret}A`,
      `hf_abcdefghij09_${secret.slice(1)}`,
      `hf_ABCDEFGHIJ09_${secret}`,
      `hf_abcdefghij0_${secret}`,
      `HF_abcdefghij09_${secret}`,
      `hf_abcdefghij09_${secret.slice(1)}=`,
      `hf_abcdefghij09_${secret}\n`,
      ` hf_abcdefghij09_${secret}`,
      `hf_abcdefghij09_${secret.slice(1)}ü`,
    ]
  ) {
    equal(isApiKeyText(text), false, text);
  }
  for (const text of ["", "abc", "ABCDEFGHIJ09", "abcdefghij09x", "a b"]) {
    throws(() => parseApiKeyId(text), { name: "InvalidInput" });
  }
});

Deno.test("each letter of an id comes from as many bytes as any other", () => {
  const counts = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    let calls = 0;
    const draw = (count: number) =>
      new Uint8Array(count).fill(calls++ === 0 ? byte : 0);
    const [letter] = drawApiKeyId(draw);
    const drawn = calls > 1 ? "none" : letter!;
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  equal(counts.get("none"), 4);
  counts.delete("none");
  equal(counts.size, 36);
  deepEqual([...new Set(counts.values())], [7]);
});

Deno.test("admin holds every scope, the others themselves alone", () => {
  deepEqual(grantedBy(["admin"]), API_KEY_SCOPES);
  deepEqual(grantedBy(["trade"]), ["trade"]);
  deepEqual(grantedBy(["read", "write"]), ["read", "write"]);
});
