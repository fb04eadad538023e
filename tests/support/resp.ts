/**
 * Commands to a Redis without the client under test.
 *
 * @module
 */
import type { TcpAddress } from "./tcp_proxy.ts";

/** What a Redis answers, in the second version of its protocol. */
export type RedisReply = string | number | null | readonly RedisReply[];

/** An error that a Redis answered with; the message begins with its code. */
export class RedisError extends Error {
  override readonly name = "RedisError";
}

/** How long a command may take: a frozen server does not hang a test. */
const DEADLINE_MS = 15_000;

/**
 * Sends one command on a connection of its own.
 *
 * @throws {RedisError} When the answer is an error. Another error when there is
 * no answer.
 */
export async function sendRedis(
  { hostname, port }: TcpAddress,
  args: readonly (string | number)[],
): Promise<RedisReply> {
  using connection = await Deno.connect({ hostname, port });
  const timer = setTimeout(() => connection.close(), DEADLINE_MS);
  try {
    for (let bytes = formatCommand(args); bytes.length > 0;) {
      bytes = bytes.subarray(await connection.write(bytes));
    }
    return await readReply(connection, args);
  } finally {
    clearTimeout(timer);
  }
}

async function readReply(
  connection: Deno.Conn,
  args: readonly (string | number)[],
): Promise<RedisReply> {
  const chunk = new Uint8Array(65_536);
  let bytes = new Uint8Array();
  for (;;) {
    const count = await connection.read(chunk);
    if (count === null) {
      throw new Deno.errors.UnexpectedEof(`no answer to ${args.join(" ")}`);
    }
    const more = new Uint8Array(bytes.length + count);
    more.set(bytes);
    more.set(chunk.subarray(0, count), bytes.length);
    bytes = more;
    const parsed = parseReply(bytes, 0);
    if (parsed) return parsed.reply;
  }
}

/** A command as it stands on the wire and in an append-only file. */
export function formatCommand(
  args: readonly (string | number)[],
): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const parts = args.map((arg) => {
    const length = encoder.encode(`${arg}`).length;
    return `$${length}\r\n${arg}\r\n`;
  });
  return encoder.encode(`*${args.length}\r\n${parts.join("")}`);
}

/**
 * The reply that begins at `at`, and where the next one does; `undefined` when
 * it is not all there.
 */
export function parseReply(
  bytes: Uint8Array,
  at: number,
): { reply: RedisReply; next: number } | undefined {
  const lineEnd = bytes.indexOf(13, at);
  if (lineEnd < 0 || lineEnd + 1 >= bytes.length) return undefined;
  const text = (from: number, to: number) =>
    new TextDecoder().decode(bytes.subarray(from, to));
  const line = text(at + 1, lineEnd);
  let next = lineEnd + 2;
  switch (text(at, at + 1)) {
    case "+":
      return { reply: line, next };
    case "-":
      throw new RedisError(line);
    case ":":
      return { reply: Number(line), next };
    case "$": {
      const end = next + Number(line);
      if (end < next) return { reply: null, next };
      if (end + 2 > bytes.length) return undefined;
      return { reply: text(next, end), next: end + 2 };
    }
    case "*": {
      if (line === "-1") return { reply: null, next };
      const reply: RedisReply[] = [];
      while (reply.length < Number(line)) {
        const item = parseReply(bytes, next);
        if (!item) return undefined;
        reply.push(item.reply);
        next = item.next;
      }
      return { reply, next };
    }
  }
  throw new Error(`Cannot read a reply as it begins: ${text(at, at + 20)}`);
}
