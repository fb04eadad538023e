/**
 * Finds the uses of global names in a file, for lint rules.
 *
 * @module
 */
/// <reference lib="deno.unstable" />

type Node = Deno.lint.Node;
type Identifier = Deno.lint.Identifier;

/**
 * Reports each use of a global that stands in `banned`, where `fetch` means
 * the name whatever is done with it, `Date.now` that member of it, and
 * `new Date` its making or call without arguments. A name that the file
 * declares anywhere is its own and not reported.
 */
export function globalUses(
  banned: readonly string[],
  report: (node: Node, name: string) => void,
): Deno.lint.LintVisitor {
  // By position: `{ fetch }` is visited as a key and as a value.
  const uses = new Map<number, ReturnType<typeof useOf>>();
  const declared = new Set<string>();
  return {
    Identifier(identifier) {
      if (isDeclaration(identifier)) declared.add(identifier.name);
      else if (!isLabel(identifier)) {
        uses.set(identifier.range[0], useOf(identifier));
      }
    },
    "Program:exit"() {
      for (const { identifier, node, name } of uses.values()) {
        if (declared.has(identifier.name)) continue;
        if (banned.includes(name)) report(node, name);
        else if (banned.includes(identifier.name)) {
          report(node, identifier.name);
        }
      }
    },
  };
}

function useOf(identifier: Identifier) {
  const { parent, name } = identifier;
  if (parent.type === "MemberExpression") {
    const { property, computed } = parent;
    if (!computed && property.type === "Identifier") {
      return { identifier, node: parent, name: `${name}.${property.name}` };
    }
    if (property.type === "Literal") {
      return { identifier, node: parent, name: `${name}.${property.value}` };
    }
  }
  const isMade = parent.type === "NewExpression" ||
    parent.type === "CallExpression";
  if (
    isMade && is(parent.callee, identifier) && parent.arguments.length === 0
  ) {
    return { identifier, node: parent, name: `new ${name}` };
  }
  return { identifier, node: identifier, name };
}

/** Whether the identifier brings its name into the file. */
function isDeclaration(identifier: Identifier): boolean {
  const { parent } = identifier;
  // The types of Deno do not know that this node can be a parent.
  if ((parent.type as string) === "TSParameterProperty") return true;
  switch (parent.type) {
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
      return is(parent.local, identifier);
    case "VariableDeclarator":
    case "ClassDeclaration":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return is(parent.id, identifier);
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return is(parent.id, identifier) ||
        parent.params.some((parameter) => is(parameter, identifier));
    case "AssignmentPattern":
      return is(parent.left, identifier);
    case "CatchClause":
    case "ArrayPattern":
    case "RestElement":
    case "TSFunctionType":
    case "TSMethodSignature":
      return true;
    case "Property":
      return parent.parent.type === "ObjectPattern" &&
        is(parent.value, identifier);
    default:
      return false;
  }
}

/** Whether the identifier only names a part of something else. */
function isLabel(identifier: Identifier): boolean {
  const { parent } = identifier;
  switch (parent.type) {
    case "MemberExpression":
      return !parent.computed && is(parent.property, identifier);
    case "Property":
      return is(parent.key, identifier) && !is(parent.value, identifier);
    case "PropertyDefinition":
    case "MethodDefinition":
    case "TSPropertySignature":
      return is(parent.key, identifier);
    case "TSQualifiedName":
      return is(parent.right, identifier);
    case "ImportSpecifier":
    case "ExportSpecifier":
    case "TSEnumMember":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
      return true;
    default:
      return false;
  }
}

function is(
  node: { type: string; range: Deno.lint.Range } | null | undefined,
  identifier: Identifier,
): boolean {
  return node?.type === "Identifier" &&
    node.range[0] === identifier.range[0];
}
