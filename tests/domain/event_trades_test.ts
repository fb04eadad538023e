/**
 * Events of trades as publishers send them: whose they are, and of how much.
 *
 * @module
 */
import { parsePublications } from "../../domain/event/publication.ts";
import { CHANNELS } from "../../domain/event/registry.ts";
import { deepEqual } from "../support/assert.ts";

const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";

function parse(body: unknown, mayNameUsers = false) {
  return parsePublications(body, {
    registry: CHANNELS,
    atMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    user: "42",
    mayNameUsers,
    newId: () => ID,
  });
}

Deno.test("what is always somebody's is its publisher's when it names nobody", () => {
  const userOf = (event_type: string, metadata?: object, isAdmin = false) => {
    const { example: data } = CHANNELS.find(event_type)!;
    const [one] = parse({ event_type, data, metadata }, isAdmin);
    return [one!.event.meta.user, one!.ignored];
  };
  for (const channel of ["orders.executed", "positions.updated"]) {
    deepEqual(userOf(channel), ["42", []]);
    deepEqual(userOf(channel, { source: "slice" }), ["42", []]);
    deepEqual(userOf(channel, { user: "7" }), ["42", ["metadata.user"]]);
    // The operator speaks for others.
    deepEqual(userOf(channel, undefined, true), ["42", []]);
    deepEqual(userOf(channel, { user: "7" }, true), ["7", []]);
  }
  deepEqual(userOf("setup.received", undefined, true), [undefined, []]);
  deepEqual(userOf("setup.received", { user: "7" }, true), ["7", []]);
});

Deno.test("units of a position may be fractions, in quotes or not", () => {
  const data = CHANNELS.find("positions.updated")!.example;
  for (const qty of [100, -100, 0, 0.125, "0.00000001", "-12", "1e-8"]) {
    const more = { qty_change: qty, new_qty: qty };
    const flat = { event_type: "positions.updated", ...data, ...more };
    deepEqual(JSON.parse(parse(flat)[0]!.event.json), { ...data, ...more });
  }
});
