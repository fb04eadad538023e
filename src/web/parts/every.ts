/**
 * What is done again and again while a part of the page is shown.
 *
 * @module
 */
import { useEffect } from "preact/hooks";
import { status } from "../live.ts";

/** How long what was seen stands until the next look. */
const STANDS_MS = 2000;

/**
 * Looks at once, again and again, and when the mode or an adapter has changed.
 * A look that fails is forgotten: the stream of statuses tells that the service
 * is away.
 */
export function useEvery(
  look: (signal: AbortSignal) => Promise<void>,
  standsMs = STANDS_MS,
): void {
  const changed = status.value?.changes.at(-1)?.at;
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const go = async () => {
      await look(stop.signal).catch(() => {});
      if (!stop.signal.aborted) timer = setTimeout(go, standsMs);
    };
    go();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [changed]);
}
