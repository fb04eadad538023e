/**
 * How contract suites are run.
 *
 * @module
 */

/** The laws of a port, by name. */
export type Laws<Subject> = Record<
  string,
  (subject: Subject) => Promise<void>
>;

/** Laws that an adapter may break, each with the reason. */
export type Waivers<L> = { readonly [law in keyof L]?: string };

/**
 * Holds each subject that `open` returns to every law, save those waived by
 * name; a waiver is printed with its reason.
 */
export function testLaws<Subject extends AsyncDisposable, L>(
  adapter: string,
  laws: L & Laws<Subject>,
  open: () => Promise<Subject>,
  waived: Waivers<L>,
): void {
  for (
    const [law, hold] of Object.entries<(s: Subject) => Promise<void>>(laws)
  ) {
    const why = waived[law as keyof L];
    if (why !== undefined) {
      console.log(`${adapter}: "${law}" is waived, as ${why}`);
      continue;
    }
    Deno.test(`${adapter}: ${law}`, async () => {
      await using subject = await open();
      await hold(subject);
    });
  }
}
