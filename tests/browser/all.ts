/**
 * Every test of the dashboard: `deno task test:browser`.
 *
 * @module
 */
import "./events.ts";
import "./operations.ts";
import "./overview.ts";
import "./pages.ts";
import "./settings.ts";
import "./sign_in.ts";
