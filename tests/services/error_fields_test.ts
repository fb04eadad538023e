/**
 * How a failure stands in a log line.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import { errorFields } from "../../src/services/error_fields.ts";
import { deepEqual, match } from "../support/assert.ts";

Deno.test("a port's error is told with its code and what the technology said", () => {
  const cause = new Error("database is locked");
  deepEqual(errorFields(new PortError("unavailable", "Cannot", { cause })), {
    error: "Cannot",
    code: "unavailable",
    cause: "database is locked",
  });
  deepEqual(errorFields(new PortError("full", "Cannot", { cause: 7 })), {
    error: "Cannot",
    code: "full",
    cause: undefined,
  });
});

Deno.test("an error that nobody foresaw is told with its stack", () => {
  const { error, stack, ...rest } = errorFields(new TypeError("a mistake"));
  deepEqual([error, rest], ["a mistake", {}]);
  match(String(stack), /error_fields_test/);
});

Deno.test("what is no error at all is told as a text", () => {
  deepEqual(errorFields("gone"), { error: "gone" });
  deepEqual(errorFields(undefined), { error: "undefined" });
});
