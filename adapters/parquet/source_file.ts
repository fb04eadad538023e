/**
 * What a file system says of a file, and what becomes of it.
 *
 * @module
 */
import type { TradingSymbol } from "../../domain/symbol.ts";
import { PortError } from "../../ports/port_error.ts";
import { Damage, damaged } from "./damage.ts";

/**
 * Tells one content of a file from another, as far as the file system can.
 *
 * @throws {Damage} When it is no file, such as a pipe that may never end.
 */
export function identityOf(info: Deno.FileInfo): string {
  if (!info.isFile) damaged("it is not a file");
  const { dev, ino, size, mtime } = info;
  return `${dev}:${ino}:${size}:${mtime?.getTime()}`;
}

/**
 * Checks that an open file is still what it was.
 *
 * @throws {PortError} `unavailable` when it is being written to in place.
 */
export async function checkUnchanged(
  handle: Deno.FsFile,
  identity: string,
  name: string,
): Promise<void> {
  if (identityOf(await handle.stat()) === identity) return;
  throw new PortError(
    "unavailable",
    `Cannot read ${name} as it is being written to`,
  );
}

/** Whether an error says that there is no such file or directory. */
export function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory;
}

/**
 * The error of the port for whatever was thrown while `name` was read; what is
 * not the file system's doing is the file's.
 *
 * @param symbol The symbol whose file it is.
 */
export function portErrorOf(
  error: unknown,
  name: string,
  symbol?: TradingSymbol,
): PortError {
  if (error instanceof PortError) return error;
  if (isMissing(error) && symbol !== undefined) return unknownSymbol(symbol);
  if (
    error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable
  ) {
    const message = `Cannot read ${name} as permission is denied`;
    return new PortError("unavailable", message, { cause: error });
  }
  if (error instanceof Error && "code" in error) {
    const message = `Cannot read ${name} as the file system fails`;
    return new PortError("unavailable", message, { cause: error });
  }
  const reason = error instanceof Damage
    ? error.message
    : "it is damaged and cannot be decoded";
  return new PortError("corrupt", `Cannot read ${name} as ${reason}`, {
    cause: error,
  });
}

function unknownSymbol(symbol: TradingSymbol): PortError {
  return new PortError(
    "not_found",
    `Cannot read bars of ${symbol} as the symbol is unknown`,
  );
}
