/**
 * The dashboard: the page that the service shows of itself.
 *
 * @module
 */
import { render } from "preact";
import { Dashboard } from "./dashboard.tsx";

render(<Dashboard />, document.getElementById("dashboard")!);
