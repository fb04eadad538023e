/**
 * The route of order numbers.
 *
 * @module
 */
import { deepEqual, equal, match } from "../support/assert.ts";
import { createHarness } from "./harness.ts";

const PATH = "/api/orders/sequence";

Deno.test("numbers follow each other, by user and day", async () => {
  const { send } = createHarness();
  const take = async (body: unknown, user = "ann") =>
    (await send("POST", PATH, { body, headers: { "x-user-id": user } })).json;
  const day = "20250630";
  deepEqual(await take({ day }), { user_id: "ann", day, first: 1, last: 1 });
  deepEqual(await take({ day, count: 5 }), {
    user_id: "ann",
    day,
    first: 2,
    last: 6,
  });
  equal((await take({ day }, "bob")).first, 1);
  equal((await take({ day: "20250701" })).first, 1);
});

Deno.test("the day is today in UTC when absent", async () => {
  const { send, clock } = createHarness();
  const day = async () => (await send("POST", PATH, { body: {} })).json.day;
  equal(await day(), "20260102");
  await clock.advance(21 * 3600 * 1000);
  equal(await day(), "20260103");
});

Deno.test("a bad request is refused", async () => {
  const { send } = createHarness();
  const cases: [body: unknown, path: string, message: RegExp][] = [
    [{ day: "2025-06-30" }, "body.day", /YYYYMMDD/],
    [{ day: "20250231" }, "body.day", /YYYYMMDD/],
    [{ day: 20250630 }, "body.day", /must be a string/],
    [{ count: 0 }, "body.count", /at least 1/],
    [{ count: 1001 }, "body.count", /at most 1000/],
    [{ count: 1.5 }, "body.count", /whole number/],
    [{ count: 1e400 }, "body.count", /must be/],
    [{ cnt: 1 }, "body.cnt", /not known here/],
    [[], "body", /must be an object: current value is a list of 0/],
  ];
  for (const [body, path, message] of cases) {
    const { status, json, text } = await send("POST", PATH, { body });
    equal(status, 400, text);
    equal(json.errors[0].path, path);
    match(json.errors[0].message, message);
  }
});
