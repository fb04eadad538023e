/**
 * Who asks: the one place that knows.
 *
 * With keys, whoever shows a good one is its user, and who may administer may
 * act for another. Without, on a listener that only this machine can reach, the
 * `X-User-Id` header is believed, and who comes without one is the operator.
 *
 * @module
 */
import { API_KEY_SCOPES, type ApiKeyScope } from "../../domain/api_key.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import { parseUserId, type UserId } from "../../domain/user_id.ts";
import type { KeyCheck, KeyChecks } from "../services/api_keys.ts";

/** Who asks. */
export interface Caller {
  /** Whose settings, numbers and events are meant. */
  readonly user: UserId;
  /** Whether the caller may administer, and act for others. */
  readonly isAdmin: boolean;
  /** Who does it, for those who look later: the id of a key, else the user. */
  readonly actor: string;
  /** What the caller may do. */
  readonly scopes: readonly ApiKeyScope[];
  /** Aborts when the caller's key is not good any more; never when absent. */
  readonly ended?: AbortSignal;
}

/** Tells who asks. */
export interface Identity {
  /**
   * The caller of a request; at once for all who were known before.
   *
   * @throws {Unidentified} When nobody can be believed here.
   * @throws {Forbidden} When he names a user whom he may not act for.
   * @throws {InvalidInput} When the user id is malformed.
   * @throws {PortError} When keys cannot be looked up now.
   */
  identify(headers: Headers): Caller | Promise<Caller>;
}

/** The operator, as whom a caller acts who is nobody in particular. */
const OPERATOR = parseUserId("default");

/** The caller when no header names one: the operator. */
export const DEFAULT_CALLER: Caller = {
  user: OPERATOR,
  isAdmin: true,
  actor: OPERATOR,
  scopes: API_KEY_SCOPES,
};

/** What users may do of themselves: all but to administer. */
const OF_USERS = API_KEY_SCOPES.filter((scope) => scope !== "admin");

/** Says that the service cannot tell who asks. */
export class Unidentified extends Error {
  /** Tells this error from others. */
  override readonly name = "Unidentified";
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;

  /** Builds the error; `isKeyBad` tells that there was a key. */
  constructor(message: string, isKeyBad: boolean) {
    super(message);
    this.challenge = isKeyBad ? 'Bearer error="invalid_token"' : "Bearer";
  }
}

/** Says that the caller is known and may not do that. */
export class Forbidden extends Error {
  /** Tells this error from others. */
  override readonly name = "Forbidden";
}

/**
 * Lets pass who may do what `scope` says.
 *
 * @throws {Forbidden} Else.
 */
export function requireScope(caller: Caller, scope: ApiKeyScope): void {
  if (caller.scopes.includes(scope)) return;
  const { user, actor, scopes } = caller;
  if (actor === user) {
    throw new Forbidden(`Cannot let ${user} do this as it is for the operator`);
  }
  throw new Forbidden(
    scopes === OF_USERS
      ? `Cannot do this for ${user} as it is for the operator: leave X-User-Id out`
      : `Cannot let key ${actor} do this as it lacks the scope ${scope}: use a key that has it`,
  );
}

/**
 * Lets pass whose key is good still, as an answer may have been waited for.
 *
 * @throws {Unidentified} Else.
 */
export function requireStillGood({ ended }: Pick<Caller, "ended">): void {
  if (ended?.aborted) throw new Unidentified(WHY.unknown, true);
}

/**
 * Whose settings a caller means who names `user`; his own when he names nobody.
 *
 * @throws {Forbidden} When they are those of somebody else.
 */
export function subjectOf(caller: Caller, user: UserId | undefined): UserId {
  if (user === undefined || user === caller.user || caller.isAdmin) {
    return user ?? caller.user;
  }
  throw new Forbidden(
    `Cannot show ${caller.user} what belongs to ${user} as it is not his own: ` +
      "leave user out",
  );
}

/** Most users that are remembered, so that ids are not parsed each time. */
const MAX_REMEMBERED = 1000;

/**
 * Creates the identity of a listener.
 *
 * @param options.keys Tells keys apart; absent where only this machine can
 * reach the listener and everybody is believed.
 */
export function createIdentity(
  { keys }: { readonly keys?: KeyChecks | undefined } = {},
): Identity {
  const known = new Map<string, Caller>();

  function named(id: string): Caller {
    const remembered = known.get(id);
    if (remembered) return remembered;
    const user = parse(id);
    const caller = { user, isAdmin: false, actor: user, scopes: OF_USERS };
    if (known.size === MAX_REMEMBERED) known.clear();
    known.set(id, caller);
    return caller;
  }

  function callerOf(checked: KeyCheck, id: string | null): Caller {
    if (typeof checked === "string") throw new Unidentified(WHY[checked], true);
    const { user = OPERATOR, scopes, ended, id: actor } = checked;
    const isAdmin = scopes.includes("admin");
    if (id === null || id === user) {
      return { user, isAdmin, actor, scopes, ended };
    }
    if (isAdmin) return { ...named(id), actor, ended };
    throw new Forbidden(
      `Cannot act for another user as key ${actor} is ${user}'s: leave X-User-Id out`,
    );
  }

  return {
    identify(headers) {
      const id = headers.get("x-user-id");
      if (!keys) return id === null ? DEFAULT_CALLER : named(id);
      const text = keyIn(headers);
      if (text === undefined) throw new Unidentified(NO_KEY, false);
      const checked = keys.check(text);
      return checked instanceof Promise
        ? checked.then((checked) => callerOf(checked, id))
        : callerOf(checked, id);
    },
  };
}

const NO_KEY =
  "Cannot serve this without an API key: send the header Authorization: Bearer hf_…";

/** Why a key is not good. */
const WHY = {
  unknown:
    "Cannot accept this API key as it is none of this service, or was revoked or rotated: ask the operator for another one",
  expired:
    "Cannot accept this API key as it has expired: ask the operator for another one",
};

/** The key that `headers` show. */
function keyIn(headers: Headers): string | undefined {
  const given = headers.get("authorization");
  if (given === null) return headers.get("x-api-key") ?? undefined;
  return /^bearer +(\S+)$/i.exec(given)?.[1];
}

function parse(id: string): UserId {
  try {
    return parseUserId(id);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const message = `${error.message} (header X-User-Id)`;
    throw new InvalidInput(message, [{ path: "header.X-User-Id", message }]);
  }
}
