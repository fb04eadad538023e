/// <reference lib="deno.unstable" />
import { deepEqual } from "../support/assert.ts";
import plugin from "../../scripts/lint_plugin.ts";

function lint(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map(({ id, message }) =>
    `${id}: ${message}`
  );
}

function fires(file: string, source: string, expected: string): void {
  Deno.test(`lint: ${file} may not say \`${source}\``, () => {
    deepEqual(lint(file, source), [expected]);
  });
}

function passes(file: string, source: string): void {
  Deno.test(`lint: ${file} may say \`${source}\``, () => {
    deepEqual(lint(file, source), []);
  });
}

const impure = (what: string) =>
  `holdfast/pure-core: Cannot use ${what} as domain and ports are pure`;
const ambient = (what: string) =>
  `holdfast/no-ambient: Cannot use ${what} here as it is ambient`;

for (const file of ["domain/bars.ts", "ports/clock.ts"]) {
  fires(file, "f(Date.now());", impure("Date.now"));
  fires(file, 'f(Date["now"]());', impure("Date.now"));
  fires(file, "const clock = Date.now;", impure("Date.now"));
  fires(file, "f(new Date());", impure("new Date"));
  fires(file, "f(Date());", impure("new Date"));
  fires(file, "f(Temporal.Now.instant());", impure("Temporal.Now"));
  fires(file, "f(Math.random());", impure("Math.random"));
  fires(file, "crypto.randomUUID();", impure("crypto"));
  fires(file, "f(crypto.subtle);", impure("crypto"));
  fires(file, "performance.now();", impure("performance"));
  fires(file, "setTimeout(f, 1);", impure("setTimeout"));
  fires(file, "setInterval(f, 1);", impure("setInterval"));
  fires(file, "setImmediate(f);", impure("setImmediate"));
  fires(file, "queueMicrotask(f);", impure("queueMicrotask"));
  fires(file, "AbortSignal.timeout(1);", impure("AbortSignal.timeout"));
  fires(file, "fetch(url);", impure("fetch"));
  fires(file, "call(fetch);", impure("fetch"));
  fires(file, "const o = { fetch };", impure("fetch"));
  fires(file, "Deno.readTextFile(path);", impure("Deno"));
  fires(file, "type A = Deno.Addr;", impure("Deno"));
  fires(file, "process.exit(1);", impure("process"));
  fires(file, "globalThis.setTimeout(f);", impure("globalThis"));
  fires(file, "console.log(1);", impure("console"));
  fires(file, 'function f() { import("./other.ts"); }', impure("import()"));
  fires(file, "const { now } = Date;", impure("bare Date"));
  fires(file, "const M = Math;", impure("bare Math"));
  fires(file, "eval(text);", impure("eval"));

  passes(file, "f(new Date(ms).toISOString());");
  passes(file, "f(Math.max(1, 2), Date.parse(text), Date.UTC(1970));");
  passes(file, "signal?.throwIfAborted();");
  passes(file, "interface Http { fetch(): void; console: string }");
  passes(file, "http.fetch(1); http.console; const o = { fetch: 1 };");
  passes(file, "function f(process: number) { return process + 1; }");
  passes(file, "const { crypto = 1 } = o; f(crypto);");
  passes(file, 'import { fetch } from "./http.ts"; fetch();');
  passes(file, "class A { constructor(private self: B) { self.go(); } }");
  passes(file, "type Take = (performance: number) => void;");
}

fires("ports/a.ts", "await f();", impure("await at top level"));
fires(
  "ports/a.ts",
  "for await (const a of b) f(a);",
  impure("await at top level"),
);
fires("ports/a.ts", "await using a = b();", impure("await at top level"));
passes("ports/a.ts", "async function f() { await g(); }");
passes(
  "ports/a.ts",
  "const f = async () => { for await (const a of b) g(a); };",
);
fires("domain/a.ts", "async function f() {}", impure("async"));
fires("domain/a.ts", "const f = async () => {};", impure("async"));
fires("domain/a.ts", "const f = { async m() {} };", impure("async"));
fires("domain/a.ts", "await f();", impure("await"));
passes("domain/a.ts", "function f(): Promise<void> { return g(); }");

const WITHOUT_IO = ["services", "apps", "follower"].map((folder) =>
  `src/${folder}/a.ts`
);
const WITHOUT_TIME = [
  ...WITHOUT_IO,
  "src/http/app.ts",
  "src/http/routes/a.ts",
  "adapters/redis/a.ts",
];

for (const file of WITHOUT_TIME) {
  fires(file, "f(Date.now());", ambient("Date.now"));
  fires(file, "f(Date?.now());", ambient("Date.now"));
  fires(file, "f(Date[name]());", ambient("bare Date"));
  fires(file, "const { now } = Date;", ambient("bare Date"));
  fires(file, "const D = Date;", ambient("bare Date"));
  fires(file, "f((Date as Clock).now());", ambient("bare Date"));
  fires(file, "class Day extends Date {}", ambient("bare Date"));
  fires(file, "f(new Date());", ambient("new Date"));
  fires(file, "f(new Date(...none));", ambient("new Date"));
  fires(file, "f(new Date);", ambient("new Date"));
  fires(file, "f(Date(ms));", ambient("new Date"));
  fires(file, "f(Math.random());", ambient("Math.random"));
  fires(file, "const { random } = Math;", ambient("bare Math"));
  fires(file, "f(Temporal.Now.instant());", ambient("Temporal.Now"));
  fires(file, "const { Now } = Temporal;", ambient("bare Temporal"));
  fires(file, "new Intl.DateTimeFormat();", ambient("Intl.DateTimeFormat"));
  fires(
    file,
    'f(new Intl.DateTimeFormat("en").format());',
    ambient("Intl.DateTimeFormat"),
  );
  fires(file, "const { DateTimeFormat } = Intl;", ambient("bare Intl"));
  fires(file, 'new Function("return 1");', ambient("Function"));
  fires(file, 'Function("return 1")();', ambient("Function"));
  fires(file, "eval(text);", ambient("eval"));
  fires(file, "globalThis.Date.now();", ambient("globalThis"));
  fires(file, "self.Date.now();", ambient("self"));
  fires(file, "f(performance.now());", ambient("performance"));
  fires(file, "f(crypto.randomUUID());", ambient("crypto"));
  fires(file, "crypto.getRandomValues(bytes);", ambient("crypto"));
  fires(file, "const { subtle } = crypto;", ambient("crypto"));
  fires(file, "crypto.subtle.generateKey(kind);", ambient("crypto"));
  fires(file, "setTimeout(f, 1);", ambient("setTimeout"));
  fires(file, "setInterval(f, 1);", ambient("setInterval"));
  fires(file, "setImmediate(f);", ambient("setImmediate"));
  fires(file, "AbortSignal.timeout(1);", ambient("AbortSignal.timeout"));
  fires(file, "const { timeout } = AbortSignal;", ambient("bare AbortSignal"));
  fires(
    file,
    'import { setTimeout as wait } from "node:timers/promises"; wait(1);',
    ambient("setTimeout of node:timers/promises"),
  );
  fires(
    file,
    'import { randomUUID } from "node:crypto";',
    ambient("randomUUID of node:crypto"),
  );
  fires(
    file,
    'import * as hooks from "node:perf_hooks";',
    ambient("* of node:perf_hooks"),
  );

  passes(file, "f(clock.now(), new Date(ms), Date.parse(text));");
  passes(file, "f(Math.max(1, 2), Intl.NumberFormat);");
  passes(file, "const at: Date = a; type Day = Date; type M = typeof Math;");
  passes(file, "f(a instanceof Date, a instanceof AbortSignal);");
  passes(file, 'f(new Intl.DateTimeFormat("en").format(ms));');
  passes(file, 'crypto.subtle.digest("SHA-256", bytes);');
  passes(file, 'import { createHash } from "node:crypto";');
  passes(file, 'import { setImmediate } from "node:timers"; setImmediate(f);');
  passes(file, "async function f() { await g(); }");
}

for (const file of WITHOUT_IO) {
  fires(file, "console.log(1);", ambient("console"));
  fires(file, 'Deno.env.get("PORT");', ambient("Deno.env"));
  fires(file, "Deno.readTextFile(path);", ambient("Deno"));
  fires(file, "const { open } = Deno;", ambient("Deno"));
  fires(file, "fetch(url);", ambient("fetch"));
  fires(file, "new WebSocket(url);", ambient("WebSocket"));
  fires(file, "process.exit(1);", ambient("process"));
  fires(file, 'function f() { import("./a.ts"); }', ambient("import()"));
}

for (const file of ["src/http/app.ts", "adapters/redis/a.ts"]) {
  fires(file, 'Deno.env.get("PORT");', ambient("Deno.env"));
  fires(file, "f(process.env);", ambient("process.env"));
  passes(file, 'Deno.open(path); fetch(url); import("./a.ts");');
}

fires("src/cli.ts", 'Deno.env.get("PORT");', ambient("Deno.env"));
for (const file of ["src/cli.ts", "adapters/system/clock.ts"]) {
  passes(file, "setTimeout(f, 1); f(Date.now(), Math.random());");
  passes(file, "f(performance.now(), crypto.randomUUID());");
}

const scoped = "src/services/a.ts";
for (
  const own of [
    "function f(fetch: Fetch) { fetch(); }",
    "const f = (fetch = g) => fetch();",
    "const f = function fetch() { fetch(); };",
    "{ const fetch = g; fetch(); }",
    "{ function fetch() {} fetch(); }",
    "for (const fetch of all) fetch();",
    "try { g(); } catch (fetch) { f(fetch); }",
    "function f() { if (g) { var fetch = h; } fetch(); }",
    "function f({ a: { b: [fetch] } }: G) { fetch(); }",
    "type Take = (fetch: number) => void;",
    "interface Take { go(fetch: number): void; new (fetch: number): Take }",
    "abstract class A { abstract go(fetch: number): void }",
    "class A { constructor(private fetch: B) { fetch(); } fetch() {} }",
  ]
) {
  passes(scoped, own);
  fires(scoped, `${own} fetch(url);`, ambient("fetch"));
}
passes(scoped, "const fetch = g; function f() { fetch(); }");
passes(scoped, "f(); function f() { fetch(); } function fetch() {}");
passes(scoped, "interface Worker { id: string } let w: Worker;");
fires(scoped, "type fetch = Fetch; fetch(url);", ambient("fetch"));
fires(scoped, "const f = () => fetch;", ambient("fetch"));
fires(scoped, "const o = { [fetch]: 1 };", ambient("fetch"));
fires(scoped, "({ fetch } = o);", ambient("fetch"));
fires(scoped, "const { a = fetch } = o;", ambient("fetch"));
fires(scoped, "function f(a = fetch) {}", ambient("fetch"));
fires(scoped, "declare const fetch: Fetch;", ambient("fetch"));

fires("src/http/app.ts", "console.log(1);", ambient("console"));
passes("src/cli.ts", "console.log(1);");
fires("src/cli/tail.ts", "fetch(url);", ambient("fetch"));
fires("src/cli/tail.ts", "f(Date.now());", ambient("Date.now"));
passes("src/cli/process.ts", "f(fetch, Deno.stdin, Date.now());");
passes("src/main.ts", 'console.log(Deno.env.get("PORT"));');
passes("src/config.ts", 'Deno.env.get("PORT");');
passes("scripts/test.ts", 'console.log(Deno.env.get("PORT"));');
passes(
  "tests/http/a_test.ts",
  'console.log(Deno.env.get("PORT"), Date.now());',
);

const poor = (name: string) =>
  `holdfast/names: Cannot call it ${name} as that does not say what it is`;
fires("src/a.ts", "interface IClock {}", poor("IClock"));
fires("src/a.ts", "class ClockImpl {}", poor("ClockImpl"));
fires("src/a.ts", "class CacheManager {}", poor("CacheManager"));
fires("src/a.ts", "type TestHelpers = 1;", poor("TestHelpers"));
passes("src/a.ts", "class InvalidInput {} interface Id {} type IO = 1;");

const hidden = (what: string) =>
  `holdfast/no-ts-ignore: Cannot use ${what} as it hides errors`;
fires("tests/a.ts", "// @ts-ignore why not", hidden("@ts-ignore"));
fires("src/a.ts", "/* @ts-nocheck */", hidden("@ts-nocheck"));
passes("src/a.ts", "// @ts-expect-error the types lack it");
