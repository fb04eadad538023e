/**
 * The audit log port: which changes administrators have asked for.
 *
 * `tests/contracts/audit_log.ts` is the definition of this port. It belongs to
 * the database of record.
 *
 * @module
 */
import type { UserId } from "../domain/user_id.ts";

/** Most calls of one answer. */
export const MAX_AUDIT_PAGE = 1000;

/** Calls that one call forgets, at most. */
export const MAX_AUDIT_TRIM = 1000;

/** A call that is about to be answered. It has no bodies, headers or queries. */
export interface AdminCall {
  /** Who asks: the id of a key, or a user where there are no keys. */
  readonly actor: string;
  /** For whom. */
  readonly user: UserId;
  /** Which operation, by its id in the OpenAPI document. */
  readonly operation: string;
  /** The method of the request. */
  readonly method: string;
  /** The path of the request, without its query. */
  readonly path: string;
  /** The name of the request in logs and answers. */
  readonly requestId: string;
}

/** A call as it is kept. */
export interface AuditRecord extends AdminCall {
  /** Its number: they rise in the order of the commits, perhaps with gaps. */
  readonly id: number;
  /** When it came: milliseconds since the Unix epoch. */
  readonly at: number;
  /** What it was answered; `undefined` while it is not, or when nobody knows. */
  readonly status: number | undefined;
}

/**
 * Holds calls from before they take effect. Who reads on from the last id that
 * it has seen misses none. Callers own retries; adapters never retry.
 */
export interface AuditLog extends AsyncDisposable {
  /**
   * Keeps a call that has not taken effect yet, durably.
   *
   * @returns Its id.
   * @throws {PortError} When it is not kept, or nobody knows; `unsupported`
   * where there is no place for it.
   */
  begin(call: AdminCall, signal?: AbortSignal): Promise<number>;

  /** Keeps what the call `id` was answered; nothing where it is no longer held. */
  finish(id: number, status: number, signal?: AbortSignal): Promise<void>;

  /**
   * Calls with ids above `after`, in their order.
   *
   * @param query `limit` is from 1 to `MAX_AUDIT_PAGE`.
   * @throws {PortError} `invalid` when `after` or `limit` is outside its range.
   */
  list(
    query: { readonly after: number; readonly limit: number },
    signal?: AbortSignal,
  ): Promise<readonly AuditRecord[]>;

  /**
   * Forgets calls that came before `beforeMs`, the oldest first.
   *
   * @returns How many are gone, at most `MAX_AUDIT_TRIM`; there may be more to
   * forget when it is that.
   */
  trim(beforeMs: number, signal?: AbortSignal): Promise<number>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
