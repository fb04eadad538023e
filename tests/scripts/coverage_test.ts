import { deepEqual, equal } from "../support/assert.ts";
import {
  coverageProblems,
  coverageTable,
  type FileCoverage,
  parseLcov,
} from "../../scripts/coverage.ts";

const LCOV = `SF:/repo/domain/a.ts
FN:1,f
FNDA:0,f
DA:1,3
DA:2,0
DA:3,1
LH:2
LF:3
end_of_record
SF:/repo/tests/a_test.ts
DA:1,1
end_of_record
SF:/repo/src/main.ts
DA:1,1
end_of_record
`;

function of(file: string, covered: number, lines: number): FileCoverage {
  return { file, covered, lines };
}

Deno.test("coverage: a report is read, files of other folders aside", () => {
  deepEqual(parseLcov(LCOV, "/repo"), [
    of("domain/a.ts", 2, 3),
    of("src/main.ts", 1, 1),
  ]);
  deepEqual(parseLcov("", "/repo"), []);
});

Deno.test("coverage: the table shows folders and their low files", () => {
  const table = coverageTable([
    of("domain/a.ts", 95, 100),
    of("domain/b.ts", 100, 100),
    of("adapters/redis/a.ts", 9499, 10000),
    of("src/main.ts", 0, 10),
  ]);
  equal(
    table,
    `Line coverage           lines      %
domain                    200   97.5
adapters                10000   94.9
  adapters/redis/a.ts   10000   94.9
adapters/redis          10000   94.9
  adapters/redis/a.ts   10000   94.9
src                        10    0.0
  src/main.ts              10    0.0`,
  );
});

Deno.test("coverage: a gated folder below the floor is a problem", () => {
  deepEqual(
    coverageProblems([
      of("domain/a.ts", 94, 100),
      of("domain/b.ts", 95, 100),
      of("adapters/redis/a.ts", 100, 100),
      of("src/main.ts", 0, 10),
    ]),
    ["line coverage of domain is 94.5 %, below 95 %"],
  );
});

Deno.test("coverage: a folder may have a higher floor than the one around it", () => {
  deepEqual(coverageProblems([of("adapters/redis/a.ts", 99, 100)]), [
    "line coverage of adapters/redis is 99.0 %, below 100 %",
  ]);
});

Deno.test("coverage: ports of types only have no lines and are complete", () => {
  deepEqual(coverageProblems([of("ports/clock.ts", 0, 0)]), []);
  deepEqual(coverageProblems([]), []);
});

Deno.test("coverage: what could not be tested does not count", () => {
  const files = [
    of("adapters/memory/a.ts", 99, 100),
    of("adapters/redis/a.ts", 1, 100),
  ];
  equal(coverageProblems(files).length, 2);
  deepEqual(coverageProblems(files, ["adapters/redis"]), []);
});
