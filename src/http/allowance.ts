/**
 * How a caller is told how often he may ask.
 *
 * @module
 */
import type { RateLimit } from "../services/rate_limit.ts";
import { RequestRefused } from "./errors.ts";
import type { AnswerHeaders } from "./route.ts";

/**
 * Counts a request of `actor`; gives the headers that tell him what is left.
 *
 * @throws {RequestRefused} When he has asked too often.
 */
export function admitTo(limit: RateLimit, actor: string): AnswerHeaders {
  const { isAllowed, remaining, waitMs } = limit.take(actor);
  const { perSecond, burst } = limit;
  const waitS = Math.ceil(waitMs / 1000);
  const headers = {
    "RateLimit-Policy": `"caller";q=${burst};w=${burst / perSecond}`,
    "RateLimit": `"caller";r=${remaining};t=${waitS}`,
  };
  if (isAllowed) return headers;
  throw new RequestRefused(
    "rate_limited",
    `Cannot take more than ${perSecond} requests a second from one caller: ` +
      `try again in ${Math.ceil(waitMs) / 1000} s`,
    { headers: { ...headers, "Retry-After": `${waitS}` } },
  );
}
