/**
 * In which words the fields of events are refused.
 *
 * @module
 */
import { mustBe } from "../../domain/event/fields.ts";
import { equal } from "../support/assert.ts";

Deno.test("what has no text in JSON can be told too", () => {
  const told = (value: unknown) => mustBe("x", value);
  equal(told(Object), "must be x: current value is function");
  equal(told(Symbol("s")), "must be x: current value is symbol");
});
