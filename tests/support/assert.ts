/**
 * Strict assertions under short names.
 *
 * On Deno the named exports of `node:assert/strict` are the loose ones (2.9.6:
 * `equal(1, "1")` passes), so tests take theirs from here; a test below
 * `tests/support_test.ts` holds them to it.
 *
 * @module
 */
export {
  deepStrictEqual as deepEqual,
  doesNotThrow,
  fail,
  match,
  notDeepStrictEqual as notDeepEqual,
  notStrictEqual as notEqual,
  ok,
  rejects,
  strictEqual as equal,
  throws,
} from "node:assert";
