/**
 * Work on many things, some at a time.
 *
 * @module
 */

/**
 * What `work` gives for each of `items`, in their order, `concurrency` at a
 * time. After a failure none is begun any more.
 *
 * @throws The first failure, when all that was under way has ended.
 */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const failures: unknown[] = [];
  let next = 0;
  async function go(): Promise<void> {
    while (next < items.length && failures.length === 0) {
      const place = next++;
      try {
        results[place] = await work(items[place]!);
      } catch (error) {
        failures.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, go));
  if (failures.length > 0) throw failures[0];
  return results;
}
