/**
 * How many WebSockets there may be.
 *
 * @module
 */
import {
  createSocketSeats,
  MAX_SOCKETS,
  MAX_USER_SOCKETS,
} from "../../src/http/routes/socket_seats.ts";
import { equal, throws } from "../support/assert.ts";

Deno.test("sockets are counted by user and in total, each once", () => {
  let open = 0;
  const seats = createSocketSeats({ gauge: (_, value) => void (open = value) });
  const leaves = Array.from(
    { length: MAX_USER_SOCKETS },
    () => seats.take("a"),
  );
  throws(() => seats.take("a"), { code: "unavailable", message: /yours/ });
  for (const leave of leaves.slice(0, 2)) {
    leave();
    leave();
  }
  equal(open, MAX_USER_SOCKETS - 2);
  for (let i = open; i < MAX_SOCKETS; i++) seats.take(`u${i}`);
  equal(open, MAX_SOCKETS);
  throws(() => seats.take("z"), { code: "unavailable", message: /4096 are/ });
});
