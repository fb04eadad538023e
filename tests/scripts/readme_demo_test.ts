import {
  maskedDemo,
  readDemo,
  replaceDemo,
} from "../../scripts/readme_demo.ts";
import { equal, notEqual } from "../support/assert.ts";

const README =
  "before\n<!-- demo -->\nold\nlines\n<!-- end of demo -->\nafter\n";

Deno.test("readme demo: it stands between its markers, and is put there", () => {
  equal(readDemo(README), "old\nlines");
  const replaced = replaceDemo(README, "$& new");
  equal(readDemo(replaced), "$& new");
  equal(replaced.replace("$& new", "old\nlines"), README);
  equal(readDemo("no markers"), undefined);
});

Deno.test("readme demo: only ids and times may differ from run to run", () => {
  const line = (id: string, time: string, position: number) =>
    `${position}  ${time}  {"id":"${id}"}`;
  const [a, b] = [
    "01a1fec9-8dea-7b58-9a85-65bf1f15cc66",
    "01a1fec9-9117-7b48-afd8-8ad17c0b3f16",
  ];
  const printed = maskedDemo(line(a, "2026-11-21T15:46:24.385Z", 1));
  equal(maskedDemo(line(b, "2026-11-22T05:46:24.1Z", 1)), printed);
  notEqual(maskedDemo(line(b, "2026-11-22T05:46:24.1Z", 2)), printed);
});
