import { deepEqual } from "../support/assert.ts";
import { docFaults } from "../../scripts/doc_lint.ts";

const privateType = (place: string) =>
  `error[private-type-ref]: public type 'A["b"]' references private type 'B'
  --> ${place}
   | 
34 |   readonly b: B;
   |   ^
   = hint: make the referenced type public or remove the reference

`;

Deno.test("doc lint: what is not documented is a fault anywhere", () => {
  const output = `error[missing-jsdoc]: exported symbol lacks documentation
 --> /repo/adapters/sqlite/log.ts:4:17
  | 
4 | export function f(a: number) { return a; }
  |                 ^


error: Found 1 documentation lint errors.
`;
  deepEqual(docFaults(output), [
    "/repo/adapters/sqlite/log.ts:4:17: exported symbol lacks documentation",
  ]);
});

Deno.test("doc lint: a private type is a fault in domain and ports only", () => {
  const message = `public type 'A["b"]' references private type 'B'`;
  const output = privateType("/repo/domain/a.ts:1:1") +
    privateType("/repo/adapters/parquet/a.ts:1:1") +
    privateType("/repo/ports/a.ts:2:1");
  deepEqual(docFaults(output), [
    `/repo/domain/a.ts:1:1: ${message}`,
    `/repo/ports/a.ts:2:1: ${message}`,
  ]);
});
