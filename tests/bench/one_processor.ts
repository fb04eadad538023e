/**
 * Measuring on one processor: between idle ones each message waits until the
 * other has woken up, which takes longer than everything that is to be measured.
 *
 * @module
 */

/**
 * Does `work` with this process, the servers that it starts meanwhile and the
 * processes `others` on one processor; on any of them, and says so, where there
 * is no `taskset`.
 */
export async function onOneProcessor<T>(
  work: () => Promise<T>,
  others: readonly number[] = [],
): Promise<T> {
  const pids = [Deno.pid, ...others];
  const pinAll = (processors: string) =>
    Promise.all(pids.map((pid) => pin(pid, processors)));
  if (!(await pinAll("0")).every((isPinned) => isPinned)) {
    console.log("not on one processor, as there is no taskset");
    return await work();
  }
  try {
    return await work();
  } finally {
    await pinAll(`0-${navigator.hardwareConcurrency - 1}`);
  }
}

/** Keeps every thread of process `pid` on `processors`; whether it could. */
async function pin(pid: number, processors: string): Promise<boolean> {
  const args = ["--all-tasks", "--cpu-list", "--pid", processors, `${pid}`];
  try {
    const { success } = await new Deno.Command("taskset", {
      args,
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
