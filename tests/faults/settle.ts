/**
 * Waiting for a state that nobody tells of.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";

const LOOK_MS = 20;

/**
 * Waits until `look` gives something that `holds`, and returns it.
 *
 * @throws When that takes longer than `limitMs`, with what it gave last.
 */
export async function until<T>(
  limitMs: number,
  look: () => Promise<T>,
  holds: (seen: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() > deadline) {
      const said = Deno.inspect(seen, { breakLength: 120 });
      throw new Error(`Cannot wait longer than ${limitMs} ms as it is ${said}`);
    }
    await sleep(LOOK_MS);
  }
}
