/**
 * Order numbers as one writes them in an afternoon: a counter in Redis. They
 * are wrong.
 *
 * The run of faults has to find that out, or it finds nothing.
 *
 * @module
 */
import { redis, serve } from "../faults/afternoon_parts.ts";

serve(async (request, user) => {
  const { day, count } = await request.json();
  const last = await redis("INCRBY", `user:${user}:sequence:${day}`, count);
  if (typeof last !== "number") throw new Error("there is no Redis");
  return Response.json({ user_id: user, day, first: last - count + 1, last });
});
