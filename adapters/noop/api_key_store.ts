/**
 * No keys are held: whoever comes is not known, and none can be made.
 *
 * @module
 */
import {
  checkHash,
  checkNewKey,
  checkUses,
} from "../../ports/api_key_rules.ts";
import type { ApiKeyStore } from "../../ports/api_key_store.ts";
import { admit } from "../../ports/arguments.ts";
import { PortError } from "../../ports/port_error.ts";

/** Opens a store that holds nothing. */
export function openNoopApiKeyStore(): ApiKeyStore {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("API key store", closed, signal);
  return {
    async read(known, signal) {
      enter(signal);
      return known === 0 ? { revision: 0 } : { revision: 0, keys: [] };
    },
    async add(key, _options, signal) {
      enter(signal);
      checkNewKey(key);
      throw new PortError(
        "unsupported",
        "Cannot keep an API key as there is no place for it: use a database",
      );
    },
    async rotate(_id, hash, _formerUntil, signal) {
      enter(signal);
      checkHash(hash);
      return false;
    },
    async remove(_id, signal) {
      enter(signal);
      return false;
    },
    async touch(uses, signal) {
      enter(signal);
      checkUses(uses);
    },
    async pepper(proposed, signal) {
      enter(signal);
      return proposed;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
