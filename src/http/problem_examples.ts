/**
 * A problem of every kind, for the reference page.
 *
 * @module
 */
import type { FieldError, ProblemCode } from "./errors.ts";

/** What stands in one problem and not in every one of its kind. */
export interface ProblemExample {
  /** One sentence on what went wrong and how to go on. */
  readonly detail: string;
  /** The path of the request. */
  readonly instance: string;
  /** What is wrong with its parts. */
  readonly errors?: readonly FieldError[];
  /** More members, for programs. */
  readonly [fact: string]: unknown;
}

const EVENTS = "/api/v1/events";
const FEATURES = "/api/v1/features/SYNA/2025-06-30";
const GENERATE = "/api/v1/signals/generate";
const SETTINGS = "/api/user/settings";
const EPOCH = "019b7ca9-8c88-7000-87fb-f7479cb86dfe";

/** One problem of each kind. */
export const PROBLEM_EXAMPLES: Readonly<Record<ProblemCode, ProblemExample>> = {
  invalid: {
    detail:
      "Cannot accept the request as body.top_n must be at least 0: current value is -1",
    instance: GENERATE,
    errors: [{
      path: "body.top_n",
      message: "must be at least 0: current value is -1",
    }],
  },
  unidentified: {
    detail:
      "Cannot serve this without an API key: send the header Authorization: Bearer hf_…",
    instance: SETTINGS,
  },
  rate_limited: {
    detail:
      "Cannot take more than 100 requests a second from one caller: try again in 0.25 s",
    instance: SETTINGS,
  },
  forbidden: {
    detail:
      "Cannot let key k3u9x0a7b2qd do this as it lacks the scope admin: use a key that has it",
    instance: "/api/admin/defaults",
  },
  unacceptable: {
    detail:
      "Cannot accept these settings (Mode scalp) as sltp.take_profit_percent must be at most 50: current value is 51",
    instance: "/api/futures/ginie/modes/scalp",
    errors: [{
      path: "sltp.take_profit_percent",
      message: "must be at most 50: current value is 51",
    }],
  },
  cross_site: {
    detail:
      "Cannot accept a change as it was sent by a web page of another site",
    instance: SETTINGS,
  },
  not_found: {
    detail:
      'Cannot find mode "turbo" as there are ultra, scalp, swing, position only',
    instance: "/api/futures/ginie/modes/turbo",
  },
  no_route: {
    detail: 'Cannot find "/api/v2" as there is no such route: see /docs',
    instance: "/api/v2",
  },
  wrong_method: {
    detail: 'Cannot DELETE "/api/v1/events" as it takes GET, HEAD, POST only',
    instance: EVENTS,
  },
  epoch_changed: {
    detail:
      `Cannot resume as the log has another epoch: it is ${EPOCH} now; read on from position 0 of that`,
    instance: EVENTS,
    epoch: EPOCH,
    earliest: 1,
  },
  fenced: {
    detail:
      "Cannot settle the event at position 1207 as that delivery is not yours any more: its lease is over, or it was settled",
    instance: "/api/v1/events/groups/billing/ack",
    positions: "1207",
  },
  conflict: {
    detail:
      "Cannot publish as id 019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b is that of another event, at position 1207: give another event an id of its own",
    instance: EVENTS,
    position: 1207,
  },
  expired: {
    detail: "Cannot read events after 7 as the oldest one held is 1001",
    instance: EVENTS,
    earliest: 1001,
  },
  version_conflict: {
    detail:
      "Cannot write user:default:settings:all as it was changed meanwhile: expected version 7, current value is 9",
    instance: SETTINGS,
    key: "user:default:settings:all",
    version: 9,
  },
  too_slow: {
    detail:
      "Cannot wait longer for the body as it has not come whole within 30 s: send it again, faster or in parts",
    instance: EVENTS,
  },
  too_large: {
    detail: "Cannot accept the body as it is larger than 2097152 bytes",
    instance: EVENTS,
  },
  misdirected: {
    detail:
      'Cannot serve host "example.org" as this service answers on localhost only',
    instance: "/health",
  },
  corrupt: {
    detail: "Cannot read SYNA as its file is damaged",
    instance: FEATURES,
  },
  quarantined: {
    detail: "Cannot use SYNA on 2025-06-30 as it is in quarantine",
    instance: FEATURES,
  },
  cancelled: {
    detail: "Cannot read the body as the client stopped sending",
    instance: EVENTS,
  },
  internal: {
    detail:
      "Cannot answer as something went wrong here: please report it with the request id",
    instance: GENERATE,
  },
  unsupported: {
    detail: "Cannot publish events as they are switched off",
    instance: EVENTS,
  },
  closed: {
    detail: "Cannot take the request as the service shuts down: send it again",
    instance: EVENTS,
  },
  unavailable: {
    detail: "Cannot write as the database cannot be reached: try again",
    instance: SETTINGS,
  },
  timeout: {
    detail: "Cannot tell whether it was written as the database did not answer",
    instance: SETTINGS,
  },
  full: {
    detail: "Cannot write as no room is left",
    instance: SETTINGS,
  },
};
