/**
 * Tests that wait most of the time, run beside each other.
 *
 * @module
 */

/** What happens, by what it shows. */
export type Cases = Readonly<Record<string, () => Promise<void>>>;

/**
 * Registers `cases` as the steps of one test, of which up to `lanes` run at a
 * time. Each has to clean up; that all of them have, is seen at the end.
 */
export function testSideBySide(
  name: string,
  lanes: number,
  cases: Cases,
): void {
  Deno.test(name, async (test) => {
    const waiting = Object.entries(cases).values();
    async function work(): Promise<void> {
      for (const [name, fn] of waiting) {
        await test.step({
          name,
          fn,
          // Steps see each other's servers.
          sanitizeOps: false,
          sanitizeResources: false,
          sanitizeExit: false,
        });
      }
    }
    await Promise.all(Array.from({ length: lanes }, work));
  });
}
