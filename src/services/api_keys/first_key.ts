/**
 * The first of all keys: made where there is none, and told once.
 *
 * @module
 */
import type { ApiKeyText } from "../../../domain/api_key.ts";
import type {
  ApiKeyList,
  ApiKeyStore,
  StoredApiKey,
} from "../../../ports/api_key_store.ts";

/** A key that nobody has been told yet. */
export interface DrawnKey {
  readonly key: StoredApiKey;
  readonly text: ApiKeyText;
}

/** Makes the first key. */
export interface FirstKey {
  /**
   * The keys, with the first one where `list` has none; that one is told. What
   * fails may be done again: a key whose fate is not known is kept in mind, as
   * the store may have it, and nobody else could tell it.
   */
  settle(list: ApiKeyList): Promise<ApiKeyList>;
}

/** Creates what makes it, once, of what `draw` gives, and hands it to `tell`. */
export function createFirstKey(parts: {
  readonly store: Pick<ApiKeyStore, "add" | "read">;
  readonly draw: () => Promise<DrawnKey>;
  readonly tell: (first: DrawnKey) => void;
}): FirstKey {
  const { store, draw, tell } = parts;
  let drawn: DrawnKey | undefined;
  return {
    async settle(list) {
      let now = list;
      if (list.keys?.length === 0) {
        drawn ??= await draw();
        await store.add(drawn.key, { onlyFirst: true });
        now = await store.read();
      }
      // Of several instances one was first.
      if (drawn && now.keys?.some(({ id }) => id === drawn?.key.id)) {
        tell(drawn);
      }
      return now;
    },
  };
}
