/**
 * Says whether a test file can run where it was started.
 *
 * Bare `deno test` grants nothing: files that need a permission register one
 * skipped test that tells why, instead of failing or vanishing.
 *
 * @module
 */

type Permission = "read" | "write" | "net" | "env" | "run" | "sys";

/**
 * Whether every permission is granted; if not, registers the reason as a
 * skipped test. Call it at the top of a file and guard its tests with it.
 *
 * The reason is printed too, from which `deno task test` fails where
 * `REQUIRE_SERVICES=1`; under bare `deno test` a skip stays a skip.
 */
export async function needs(
  file: string,
  permissions: readonly Permission[],
): Promise<boolean> {
  const missing: string[] = [];
  for (const name of permissions) {
    const { state } = await Deno.permissions.query({ name });
    if (state !== "granted") missing.push(`--allow-${name}`);
  }
  if (missing.length === 0) return true;
  skip(file, `it needs ${missing.join(" ")}; \`deno task test\` grants them`);
  return false;
}

/** Registers the one skipped test that stands for a whole file. */
export function skip(file: string, reason: string): void {
  const name = `${file.replace(/^.*\/(?=tests\/)/, "")}: skipped, as ${reason}`;
  console.log(name);
  Deno.test({ name, ignore: true, fn() {} });
}
