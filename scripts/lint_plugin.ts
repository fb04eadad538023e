/**
 * Lint rules of this repository: where time, chance and I/O may not come in,
 * and how things may not be called.
 *
 * @module
 */
/// <reference lib="deno.unstable" />
import { globalUses } from "./lint_globals.ts";

type Node = Deno.lint.Node;

/** Bring in I/O, whatever is done with them. */
const INPUT_AND_OUTPUT = [
  "BroadcastChannel",
  "Deno",
  "EventSource",
  "WebSocket",
  "Worker",
  "caches",
  "fetch",
  "localStorage",
  "navigator",
  "process",
  "sessionStorage",
];

/** Bring in time and chance, by themselves or under another name. */
const TIME_AND_CHANCE = [
  "AbortSignal.timeout",
  "Date.now",
  "Function",
  "Intl.DateTimeFormat",
  "Math.random",
  "Temporal.Now",
  "bare AbortSignal",
  "bare Date",
  "bare Intl",
  "bare Math",
  "bare Temporal",
  "crypto",
  "eval",
  "globalThis",
  "new Date",
  "performance",
  "self",
  "setImmediate",
  "setInterval",
  "setTimeout",
];

/** What a digest is depends on its input alone. */
const NO_CHANCE = ["crypto.subtle.digest"];

/**
 * Time and chance by way of Node. `setImmediate` is let through: it ends this
 * turn of the event loop, which is how SQLite's group commit gathers a group.
 */
const AMBIENT_IMPORT =
  /^node:(?:timers(?!.* setImmediate$)|perf_hooks|crypto (?:\*|default|random|webcrypto|generate|getRandom))/;

/** No time, chance or I/O in domain and ports; nothing to wait for in domain. */
const pureCore: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context);
    if (!/^(?:domain|ports)\//.test(path)) return {};
    const inDomain = path.startsWith("domain/");
    function report(node: Node, what: string): void {
      const message = `Cannot use ${what} as domain and ports are pure`;
      const hint = "Take what it gives as an argument, or through a port.";
      context.report({ node, message, hint });
    }
    function reportAwait(node: Node): void {
      const ancestors = context.sourceCode.getAncestors(node);
      if (inDomain) report(node, "await");
      else if (!ancestors.some(isFunction)) report(node, "await at top level");
    }
    function reportAsync(node: Node & { async: boolean }): void {
      if (node.async && inDomain) report(node, "async");
    }
    return {
      ...globalUses(
        [...INPUT_AND_OUTPUT, ...TIME_AND_CHANCE, "console", "queueMicrotask"],
        [],
        report,
      ),
      ImportExpression: (node) => report(node, "import()"),
      AwaitExpression: reportAwait,
      "ForOfStatement[await=true]": reportAwait,
      "VariableDeclaration[kind='await using']": reportAwait,
      FunctionDeclaration: reportAsync,
      FunctionExpression: reportAsync,
      ArrowFunctionExpression: reportAsync,
    };
  },
};

/** Time, chance and I/O from ports, the environment from the configuration. */
const noAmbient: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context);
    const isLogic = /^src\/(?:services|apps|follower|cli\/(?!process\.ts$))/
      .test(path);
    const isTimeless = isLogic || path.startsWith("src/http/") ||
      /^adapters\/(?!system\/)/.test(path);
    const banned: string[] = [];
    if (isTimeless) banned.push(...TIME_AND_CHANCE);
    if (isLogic) banned.push(...INPUT_AND_OUTPUT);
    if (
      !/^(?:scripts|tests|examples)\/|^src\/(?:config|main)\.ts$/.test(path)
    ) {
      banned.push("Deno.env", "process.env");
    }
    if (/^src\/(?!(?:main|cli)\.ts$)/.test(path)) banned.push("console");
    function report(node: Node, name: string): void {
      const hint = "Time, chance, I/O, settings and logs come through ports.";
      const message = `Cannot use ${name} here as it is ambient`;
      context.report({ node, message, hint });
    }
    return {
      ...globalUses(banned, NO_CHANCE, report),
      ImportExpression(node) {
        if (isLogic) report(node, "import()");
      },
      ImportDeclaration(node) {
        if (!isTimeless || node.importKind === "type") return;
        for (const specifier of node.specifiers) {
          const name = importedName(specifier);
          if (!AMBIENT_IMPORT.test(`${node.source.value} ${name}`)) continue;
          report(specifier, `${name} of ${node.source.value}`);
        }
      },
    };
  },
};

/** No prefix or suffix that says nothing. */
const names: Deno.lint.Rule = {
  create(context) {
    function check(node: { id: Deno.lint.Identifier | null }): void {
      const name = node.id?.name ?? "";
      if (!/^I[A-Z][a-z]|(?:Impl|Manager|Helpers?|Utils?)$/.test(name)) return;
      const message = `Cannot call it ${name} as that does not say what it is`;
      context.report({ node: node.id!, message });
    }
    return {
      ClassDeclaration: check,
      TSInterfaceDeclaration: check,
      TSTypeAliasDeclaration: check,
    };
  },
};

/** `@ts-expect-error` with a reason says more, and tells when it is over. */
const noTsIgnore: Deno.lint.Rule = {
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          const found = /^\s*@ts-(?:ignore|nocheck)\b/.exec(comment.value);
          if (!found) continue;
          const message = `Cannot use ${found[0].trim()} as it hides errors`;
          context.report({ range: comment.range, message });
        }
      },
    };
  },
};

function pathOf(context: Deno.lint.RuleContext): string {
  const root = import.meta.dirname!.replace(/scripts$/, "");
  return context.filename.replaceAll("\\", "/").replace(root, "");
}

function importedName(
  specifier: Deno.lint.ImportDeclaration["specifiers"][number],
): string {
  if (specifier.type === "ImportDefaultSpecifier") return "default";
  if (specifier.type === "ImportNamespaceSpecifier") return "*";
  const { imported } = specifier;
  return imported.type === "Identifier" ? imported.name : imported.value;
}

function isFunction(node: Node): boolean {
  return node.type === "FunctionDeclaration" ||
    node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression";
}

export default {
  name: "holdfast",
  rules: {
    "pure-core": pureCore,
    "no-ambient": noAmbient,
    "no-ts-ignore": noTsIgnore,
    names,
  },
} satisfies Deno.lint.Plugin;
