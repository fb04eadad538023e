/**
 * Who asks: the one place that knows.
 *
 * There are no keys yet. A service that only this machine can reach believes
 * the `X-User-Id` header, and takes who comes without one for the operator; any
 * other believes nobody.
 *
 * @module
 */
import { InvalidInput } from "../../domain/invalid_input.ts";
import { parseUserId, type UserId } from "../../domain/user_id.ts";

/** Who asks. */
export interface Caller {
  /** Whose settings, numbers and events are meant. */
  readonly user: UserId;
  /** Whether the caller may administer, and act for others. */
  readonly isAdmin: boolean;
}

/** Tells who asks. */
export interface Identity {
  /**
   * The caller of `request`.
   *
   * @throws {Unidentified} When nobody can be believed here.
   * @throws {InvalidInput} When the user id is malformed.
   */
  identify(headers: Headers): Caller;
}

/** The caller when no header names one: the operator. */
export const DEFAULT_CALLER: Caller = {
  user: parseUserId("default"),
  isAdmin: true,
};

/** Says that the service cannot tell who asks. */
export class Unidentified extends Error {
  /** Tells this error from others. */
  override readonly name = "Unidentified";
}

/** Says that the caller is known and may not do that. */
export class Forbidden extends Error {
  /** Tells this error from others. */
  override readonly name = "Forbidden";
}

/**
 * Lets pass who may administer.
 *
 * @throws {Forbidden} Else.
 */
export function requireAdmin({ user, isAdmin }: Caller): void {
  if (isAdmin) return;
  throw new Forbidden(
    `Cannot let ${user} do this as it is for the operator`,
  );
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

/** Most callers that are remembered, so that ids are not parsed each time. */
const MAX_REMEMBERED = 1000;

/**
 * Creates the identity of a listener.
 *
 * @param options.loopback Whether only this machine can reach the listener.
 */
export function createIdentity(
  options: { readonly loopback: boolean },
): Identity {
  const known = new Map<string, Caller>();
  return {
    identify(headers) {
      if (!options.loopback) {
        throw new Unidentified(
          "Cannot serve this as callers are told apart on a loopback address " +
            "only, until API keys come: start with HOST=127.0.0.1",
        );
      }
      const id = headers.get("x-user-id");
      if (id === null) return DEFAULT_CALLER;
      const remembered = known.get(id);
      if (remembered) return remembered;
      const caller = { user: parse(id), isAdmin: false };
      if (known.size === MAX_REMEMBERED) known.clear();
      known.set(id, caller);
      return caller;
    },
  };
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
