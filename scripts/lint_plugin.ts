/**
 * Lint rules of this repository: where time, chance and I/O may not come in,
 * and how things may not be called.
 *
 * @module
 */
/// <reference lib="deno.unstable" />
import { globalUses } from "./lint_globals.ts";

type Node = Deno.lint.Node;

/** Bring in time, chance or I/O, whatever is done with them. */
const AMBIENT_GLOBALS = [
  "Deno",
  "console",
  "crypto",
  "fetch",
  "globalThis",
  "performance",
  "process",
  "queueMicrotask",
  "self",
  "setImmediate",
  "setInterval",
  "setTimeout",
];

/** Bring in time and chance, although the rest of their object does not. */
const AMBIENT_MEMBERS = [
  "AbortSignal.timeout",
  "Date.now",
  "Math.random",
  "Temporal.Now",
];

/** Where there is I/O, time and chance still come from ports. */
const TIME_AND_CHANCE = [
  ...AMBIENT_MEMBERS,
  "crypto.getRandomValues",
  "crypto.randomUUID",
  "performance",
  "setImmediate",
  "setInterval",
  "setTimeout",
];

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
        [...AMBIENT_GLOBALS, ...AMBIENT_MEMBERS, "new Date"],
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

/** Time and chance from ports, the environment from the configuration. */
const noAmbient: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context);
    const banned: string[] = [];
    if (/^src\/(?:services|apps|follower)\//.test(path)) {
      banned.push(...TIME_AND_CHANCE, "new Date");
    }
    if (!/^(?:scripts|tests)\/|^src\/(?:config|main)\.ts$/.test(path)) {
      banned.push("Deno.env", "process.env");
    }
    if (/^src\/(?!(?:main|cli)\.ts$)/.test(path)) banned.push("console");
    return globalUses(banned, (node, name) => {
      const hint = "Time, chance, settings and logs come in through ports.";
      const message = `Cannot use ${name} here as it is ambient`;
      context.report({ node, message, hint });
    });
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
