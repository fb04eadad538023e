/**
 * Measuring on one processor: between idle ones each message waits until the
 * other has woken up, which takes longer than everything that is to be measured.
 *
 * @module
 */

/**
 * Does `work` with this process, and the servers that it starts meanwhile, on
 * one processor; on any of them, and says so, where there is no `taskset`.
 */
export async function onOneProcessor<T>(work: () => Promise<T>): Promise<T> {
  const all = `0-${navigator.hardwareConcurrency - 1}`;
  if (!await pin("0")) {
    console.log("not on one processor, as there is no taskset");
    return await work();
  }
  try {
    return await work();
  } finally {
    await pin(all);
  }
}

/** Keeps every thread of this process on `processors`; whether it could. */
async function pin(processors: string): Promise<boolean> {
  const args = ["--all-tasks", "--cpu-list", "--pid", processors];
  try {
    const { success } = await new Deno.Command("taskset", {
      args: [...args, `${Deno.pid}`],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
