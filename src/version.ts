/**
 * The version of this program.
 *
 * @module
 */
import manifest from "../deno.json" with { type: "json" };

/** Semantic version, as the release is called. */
export const VERSION: string = manifest.version;
