/**
 * What Redis's failures mean.
 *
 * @module
 */
import {
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  ErrorReply,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
} from "@redis/client";
import type { RedisAddress } from "./address.ts";

/** No answer came in time. */
export class DeadlineExceeded extends Error {
  /** Tells this error from others. */
  override readonly name = "DeadlineExceeded";

  /** Builds the error. */
  constructor() {
    super("no answer in time");
  }
}

/** Why a server cannot be used. */
export interface RedisFault {
  /**
   * - `away`: it does not answer.
   * - `state`: it answers, and is not in a state to be used.
   * - `setup`: somebody has to set it up otherwise.
   */
  readonly kind: "away" | "state" | "setup";
  /** The end of a sentence: what is wrong, and what to do about it. */
  readonly reason: string;
}

/** A server that was reached and cannot be used. */
export class Unfit extends Error {
  /** Tells this error from others. */
  override readonly name = "Unfit";
  /** Why. */
  readonly fault: RedisFault;

  /** Builds the error. */
  constructor(kind: RedisFault["kind"], reason: string) {
    super(reason);
    this.fault = { kind, reason };
  }
}

/** By code of the reply (https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors). */
const FAULTS: Readonly<Record<string, RedisFault>> = {
  BUSY: state(
    "a script of somebody else is running; it can be ended by SCRIPT KILL",
  ),
  LOADING: state("it is still loading its data"),
  MASTERDOWN: state("it is a replica that has lost its master"),
  MISCONF: state(
    "it cannot save its data and refuses writes; see its log and its disk, or set stop-writes-on-bgsave-error no",
  ),
  NOREPLICAS: state("it has fewer replicas than min-replicas-to-write"),
  READONLY: state("it is a replica; name the master, or promote it"),
  DENIED: setup(
    "it runs in protected mode; set a password or bind it to an address",
  ),
  NOAUTH: setup(
    "it asks for a password; set REDIS_PASSWORD, or put one into REDIS_URL",
  ),
  WRONGPASS: setup(
    "it refuses the user or the password; mend REDIS_PASSWORD or REDIS_URL",
  ),
};

/** Codes of a connection that could not be made. */
const AWAY: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "there is no such host",
  ECONNRESET: "the connection was lost",
  EPIPE: "the connection was lost",
};

const LOST = [
  ClientClosedError,
  ClientOfflineError,
  DisconnectsClientError,
  SocketClosedUnexpectedlyError,
];

const LATE = [ConnectionTimeoutError, SocketTimeoutError, DeadlineExceeded];

/**
 * The code of an error reply, such as `NOSCRIPT`; empty when the error is none.
 *
 * Redis 6.2 puts what a command said within a script behind a preface; of a
 * lack of permission there is a sentence only, which differs from Redis 7.0 to
 * Redis 8 and Valkey.
 */
export function codeOf(error: unknown): string {
  if (!(error instanceof ErrorReply)) return "";
  const said = error.message.replace(
    /^ERR Error running script .*?: -?(?=[A-Z]+ )/,
    "",
  );
  const denial = /The user executing the script can't|ACL failure in script/;
  if (denial.test(said)) return "NOPERM";
  return /^[A-Z]+/.exec(said)?.[0] ?? "ERR";
}

/** Why the server cannot be used, if `error` tells of that; a reply may also be about the call alone. */
export function faultOf(error: unknown): RedisFault | undefined {
  if (error instanceof Unfit) return error.fault;
  if (error instanceof ErrorReply) return faultOfReply(error);
  const { code = "", message } = error as Error & { readonly code?: string };
  if (/CERT|ALTNAME|UNABLE_TO/.test(code)) {
    return setup(
      `its certificate is not believed (${message}); name its authority in REDIS_CA_PATH, or mend the certificate`,
    );
  }
  return away(whyAway(error));
}

/** Why a connection has failed, or could not be made, with `error`. */
export function connectionFaultOf(error: unknown): RedisFault {
  return faultOf(error) ?? away(`it says ${firstLine(error as Error)}`);
}

/** How messages call a server. */
export function serverName({ host, port, db }: RedisAddress): string {
  return `Redis at ${host.includes(":") ? `[${host}]` : host}:${port}/${db}`;
}

function faultOfReply(reply: ErrorReply): RedisFault | undefined {
  const code = codeOf(reply);
  if (code === "NOPERM") {
    return setup(`its user lacks a permission: it says ${firstLine(reply)}`);
  }
  if (/AUTH <password> called without/.test(reply.message)) {
    return setup(
      "it knows no password for that user; mend REDIS_PASSWORD or REDIS_URL",
    );
  }
  if (/DB index is out of range/.test(reply.message)) {
    return setup(
      "it has no database of that number; mend REDIS_DB or REDIS_URL",
    );
  }
  return FAULTS[code];
}

/** Whether nothing came in time. */
export function isLate(error: unknown): boolean {
  return LATE.some((late) => error instanceof late);
}

function whyAway(error: unknown): string {
  const { code = "", message } = error as Error & { code?: string };
  if (isLate(error)) return "it does not answer";
  if (LOST.some((lost) => error instanceof lost)) return AWAY.ECONNRESET!;
  return AWAY[code] ?? `the connection failed: ${message}`;
}

/** What was said, without the arguments, among which a password may be. */
export function firstLine({ message }: Error): string {
  return message
    .replace(/(?: script: (?:[0-9a-f]+, )?on @|,? with args).*/s, "")
    .slice(0, 200);
}

function away(reason: string): RedisFault {
  return { kind: "away", reason };
}

function state(reason: string): RedisFault {
  return { kind: "state", reason };
}

function setup(reason: string): RedisFault {
  return { kind: "setup", reason };
}
