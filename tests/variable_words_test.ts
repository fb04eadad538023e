/**
 * What people are told of the variables is so.
 *
 * @module
 */
import { runService } from "../src/serve.ts";
import { describeVariables } from "../src/variable_words.ts";
import { VARIABLES } from "../src/variables.ts";
import { equal, ok } from "./support/assert.ts";

const takes = (name: string, value: string) =>
  VARIABLES[name as keyof typeof VARIABLES].safeParse(value).success;

for (const { name, mayBe, fallback } of describeVariables()) {
  Deno.test(`${name} may be ${mayBe}, as it is told`, () => {
    const [, from, to] = /from (\d+) to (\d+)/.exec(mayBe) ?? [];
    const [, names] = /^one of (.*)/.exec(mayBe) ?? [];
    const [, example] = / such as ([^\s,]+)/.exec(mayBe) ?? [];
    for (const value of [from, to, ...names?.split(", ") ?? []]) {
      if (value !== undefined) ok(takes(name, value), value);
    }
    if (to !== undefined) ok(!takes(name, `${Number(to) + 1}`));
    if (names !== undefined) ok(!takes(name, names));
    if (example !== undefined) equal(takes(name, example), !/</.test(example));
    if (fallback !== undefined) ok(takes(name, fallback), fallback);
  });
}

Deno.test("serve --help tells of every variable what it may be, and what it is when not given", async () => {
  const said: string[] = [];
  const speaker = {
    say: (line: string) => said.push(line),
    complain: said.push,
  };
  equal(await runService(["--help"], AbortSignal.abort(), speaker), 0);
  for (const { flag, name, mayBe, fallback, means } of describeVariables()) {
    const end = fallback === undefined ? "" : `; ${fallback} when not given`;
    const lines =
      `  ${flag} ${name}\n      ${means}\n      May be ${mayBe}${end}\n`;
    ok(`${said.join("\n")}\n`.includes(lines), lines);
  }
});
