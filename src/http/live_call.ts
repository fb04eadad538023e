/**
 * A call on its way through the application.
 *
 * @module
 */
import { type Caller, DEFAULT_CALLER, requireStillGood } from "./identity.ts";
import type { Call, CallContext } from "./route.ts";

/** A server that is never shut down. */
const NEVER = new AbortController().signal;

/**
 * A call while it is read; once it has been, it is the handler's `Call`.
 *
 * The signal is made when somebody asks for it: in Deno that takes as long as
 * a small answer altogether.
 */
export class LiveCall implements CallContext {
  /** What the schemas of the route made of the path. */
  params: unknown;
  /** What they made of the query. */
  query: unknown;
  /** What they made of the headers. */
  headers: unknown;
  /** What they made of the body. */
  body: unknown;
  /** Who asks. */
  caller: Caller = DEFAULT_CALLER;
  /** The request itself. */
  readonly request: Request;
  /** Names the request. */
  readonly requestId: string;
  /** Aborts when the server shuts down. */
  readonly shutdown: AbortSignal;
  #signal: AbortSignal | undefined;

  /** Begins a call. */
  constructor(
    request: Request,
    requestId: string,
    shutdown: AbortSignal | undefined,
  ) {
    this.request = request;
    this.requestId = requestId;
    this.shutdown = shutdown ?? NEVER;
  }

  /** What stands around the call: itself. */
  get context(): CallContext {
    return this;
  }

  /** Aborts when the client has gone. */
  get signal(): AbortSignal {
    return this.#signal ??= this.request.signal;
  }

  /** Whether a handler failed because its client had gone. */
  get isAbandoned(): boolean {
    return this.#signal?.aborted ?? false;
  }

  /**
   * Refuses to show anything to a key that has ended while it was waited for.
   * What has changed something says so all the same.
   *
   * @throws {Unidentified}
   */
  refuseIfOver(): void {
    if (this.request.method === "GET") requireStillGood(this.caller);
  }

  /**
   * The call as its handler sees it. The route's own schemas have read the
   * fields, which the types of the table no longer know.
   */
  asRead(): Call {
    return this as unknown as Call;
  }
}
