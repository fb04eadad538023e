/**
 * What concurrent clients did to registers and were told about it.
 *
 * @module
 */

/** When a client asked what of which register. */
export interface Call {
  readonly client: string;
  /** Which register. */
  readonly key: string;
  /** When the call was made, in monotonic milliseconds. */
  readonly start: number;
  /** When its outcome was known, on the same clock. */
  readonly end: number;
}

/** A read that was answered. */
export interface Read extends Call {
  readonly kind: "read";
  readonly outcome: "ok";
  /** What was read; `undefined` when nothing was stored. */
  readonly value: string | undefined;
  /** The version that came with it; 0 when nothing was stored. */
  readonly version: number;
  /** Whether the answer was said to be the newest. */
  readonly verified: boolean;
}

/** A read without an answer; it says nothing about the register. */
export interface FailedRead extends Call {
  readonly kind: "read";
  readonly outcome: "failed";
}

/** A write that was acknowledged. */
export interface AcknowledgedWrite extends Call {
  readonly kind: "write";
  readonly outcome: "ok";
  readonly value: string;
  readonly version: number;
}

/** A write that may have happened or may yet happen, or certainly did not. */
export interface UnacknowledgedWrite extends Call {
  readonly kind: "write";
  readonly outcome: "unknown" | "failed";
  readonly value: string;
}

/** One call of a client, and what it was told. */
export type Operation =
  | Read
  | FailedRead
  | AcknowledgedWrite
  | UnacknowledgedWrite;

/** A value and the version that it has. */
export interface Versioned {
  readonly value: string | undefined;
  readonly version: number;
}

/** Takes down what clients do. */
export interface History {
  /** In the order in which the outcomes were known. */
  readonly operations: readonly Operation[];
  /** Reads `key`; when that fails, throws what `read` throws. */
  read(
    client: string,
    key: string,
    read: () => Promise<Versioned & { readonly verified: boolean }>,
  ): Promise<void>;
  /**
   * Writes `value`, which best is a new one, so that whoever reads it is known
   * to have seen this write. When it fails, throws what `write` throws.
   *
   * @param write Gives the version that was acknowledged.
   */
  write(
    client: string,
    key: string,
    value: string,
    write: () => Promise<number>,
  ): Promise<void>;
}

/**
 * Makes an empty history.
 *
 * @param monotonic A clock in milliseconds that never goes back.
 * @param happened What a failed write leaves behind: `unknown` unless it is
 * certain that the write did not happen and will not.
 */
export function createHistory(
  monotonic: () => number,
  happened: (error: unknown) => "unknown" | "failed",
): History {
  const operations: Operation[] = [];
  return {
    operations,
    async read(client, key, read) {
      const call = { client, key, kind: "read", start: monotonic() } as const;
      try {
        const { value, version, verified } = await read();
        const answer = { value, version, verified, outcome: "ok" } as const;
        operations.push({ ...call, ...answer, end: monotonic() });
      } catch (error) {
        operations.push({ ...call, outcome: "failed", end: monotonic() });
        throw error;
      }
    },
    async write(client, key, value, write) {
      const start = monotonic();
      const call = { client, key, kind: "write", start, value } as const;
      try {
        const version = await write();
        operations.push({ ...call, outcome: "ok", version, end: monotonic() });
      } catch (error) {
        const outcome = happened(error);
        operations.push({ ...call, outcome, end: monotonic() });
        throw error;
      }
    },
  };
}
