/**
 * Every test of the dashboard: `deno task test:browser`.
 *
 * @module
 */
import "./events.ts";
import "./forms.ts";
import "./operations.ts";
import "./overview.ts";
import "./pages.ts";
import "./paper_run.ts";
import "./settings.ts";
import "./sign_in.ts";
