/**
 * What every adapter of the API key store asks of its arguments.
 *
 * @module
 */
import { MAX_KEY_NAME_CHARS } from "../domain/api_key.ts";
import {
  MAX_API_KEYS,
  MAX_KEY_USES,
  type StoredApiKey,
} from "./api_key_store.ts";
import { PortError } from "./port_error.ts";

const HASH_SHAPE = /^[0-9a-f]{64}$/;

/** Checks the key given to `ApiKeyStore.add`. */
export function checkNewKey(key: StoredApiKey): void {
  const { name, scopes, user, expiresAt, createdAt, hash } = key;
  if (name === "" || name.length > MAX_KEY_NAME_CHARS || name.includes("\0")) {
    throw refusal(
      `its name must have 1 to ${MAX_KEY_NAME_CHARS} characters, none of them NUL`,
    );
  }
  if (scopes.length === 0 || new Set(scopes).size < scopes.length) {
    throw refusal("its scopes must be one or more, each once");
  }
  if (user === undefined && !scopes.includes("admin")) {
    throw refusal(
      "it is nobody's: without the scope admin it must have a user",
    );
  }
  for (const at of [createdAt, expiresAt ?? 0]) {
    if (!Number.isSafeInteger(at)) {
      throw refusal(`its times must be whole milliseconds: found ${at}`);
    }
  }
  checkHash(hash);
}

/** Checks what a secret is checked against. */
export function checkHash(hash: string): void {
  if (!HASH_SHAPE.test(hash)) throw refusal("its hash is none");
}

/** Checks what is given to `ApiKeyStore.touch`. */
export function checkUses({ size }: ReadonlyMap<unknown, number>): void {
  if (size <= MAX_KEY_USES) return;
  throw new PortError(
    "invalid",
    `Cannot note uses of API keys as there may be ${MAX_KEY_USES} of them: found ${size}`,
  );
}

/** What `ApiKeyStore.add` throws when the id is taken. */
export function idTaken(): PortError {
  return new PortError(
    "conflict",
    "Cannot keep an API key as its id is that of another one: make it again",
  );
}

/** What `ApiKeyStore.add` throws when there is no room. */
export function noRoom(): PortError {
  return new PortError(
    "full",
    `Cannot keep an API key as there are ${MAX_API_KEYS}: revoke those that nobody uses`,
  );
}

function refusal(reason: string): PortError {
  return new PortError("invalid", `Cannot keep an API key as ${reason}`);
}
