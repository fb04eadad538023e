/**
 * Finds the uses of global names in a file, for lint rules.
 *
 * @module
 */
/// <reference lib="deno.unstable" />

type Node = Deno.lint.Node;
type Identifier = Deno.lint.Identifier;
type Named = Identifier | Deno.lint.MemberExpression;

/** A global name and what is done with it. */
interface Use {
  readonly identifier: Identifier;
  readonly node: Node;
  /**
   * `Date.now` for a member, however deep; `new Date` for what reads the clock;
   * `new Date(…)` where it is given a time; `bare Date` for the thing itself,
   * which can then go by another name; else, as in types, `Date`.
   */
  readonly name: string;
}

/**
 * Reports each use of a global that `banned` matches, where `crypto` means the
 * name whatever is done with it, `crypto.subtle` that member and all of its
 * own, and `new Date` and `bare Date` what `Use.name` says. What `allowed`
 * matches is not reported. A name is a global where no scope around it declares
 * it.
 */
export function globalUses(
  banned: readonly string[],
  allowed: readonly string[],
  report: (node: Node, name: string) => void,
): Deno.lint.LintVisitor {
  // By position: `{ fetch }` is visited as a key and as a value.
  const uses = new Map<number, Use>();
  const scopes = new Map<string, Place[]>();
  const types = new Map<string, Place[]>();
  return {
    Identifier(identifier) {
      if (isLabel(identifier)) return;
      const scope = declarationOf(identifier);
      if (!scope) uses.set(identifier.range[0], useOf(identifier));
      else {
        // A type does not hide the global value of its name.
        const isValue = !/^TS(?:Interface|TypeAlias)Declaration$/
          .test(identifier.parent.type);
        (isValue ? scopes : types)
          .getOrInsertComputed(identifier.name, () => []).push(scope);
      }
    },
    "Program:exit"() {
      for (const { identifier, node, name } of uses.values()) {
        const [start] = identifier.range;
        const owners = [
          ...scopes.get(identifier.name) ?? [],
          ...isType(identifier) ? types.get(identifier.name) ?? [] : [],
        ];
        const isOwn = owners
          .some(({ range: [from, to] }) => from <= start && start < to);
        if (isOwn || allowed.some((form) => matches(form, name))) continue;
        const found = banned
          .filter((ban) => ban === identifier.name || matches(ban, name))
          .sort((a, b) => b.length - a.length)[0];
        if (found !== undefined) report(node, found);
      }
    },
  };
}

function matches(form: string, name: string): boolean {
  return name === form || name.startsWith(`${form}.`);
}

function useOf(identifier: Identifier): Use {
  const { parent, name } = identifier;
  if (isType(identifier)) return { identifier, node: identifier, name };
  if (parent.type === "BinaryExpression" && parent.operator === "instanceof") {
    return { identifier, node: identifier, name };
  }
  const chain = chainOf(identifier);
  if (chain.name === "Intl.DateTimeFormat" && formatsGiven(chain.node)) {
    return { identifier, node: chain.node, name: "Intl.DateTimeFormat(…)" };
  }
  if (chain.node !== identifier) return { identifier, ...chain };
  if (
    (parent.type === "NewExpression" || parent.type === "CallExpression") &&
    same(parent.callee, identifier)
  ) {
    const [first] = parent.arguments;
    // `Date(ms)` takes no notice of its argument and tells what time it is.
    const isGiven = parent.type === "NewExpression" && first !== undefined &&
      first.type !== "SpreadElement" && name !== "Function";
    return {
      identifier,
      node: parent,
      name: `new ${name}${isGiven ? "(…)" : ""}`,
    };
  }
  return { identifier, node: identifier, name: `bare ${name}` };
}

/** `Date.now` of `Date.now()`, as far as its members have names. */
function chainOf(identifier: Identifier): { node: Named; name: string } {
  let node: Named = identifier;
  let name = identifier.name;
  while (node.parent.type === "MemberExpression") {
    const { object, property, computed }: Deno.lint.MemberExpression =
      node.parent;
    if (!same(object, node)) break;
    if (!computed && property.type === "Identifier") {
      name += `.${property.name}`;
    } else if (property.type === "Literal") name += `.${property.value}`;
    else break;
    node = node.parent;
  }
  return { node, name };
}

/** Whether this is the `F` of `new F(…).format(time)`. */
function formatsGiven(callee: Named): boolean {
  const made = callee.parent;
  if (made.type !== "NewExpression") return false;
  const member = made.parent;
  if (member.type !== "MemberExpression") return false;
  const { property, parent: call } = member;
  return property.type === "Identifier" && property.name.startsWith("format") &&
    call.type === "CallExpression" && same(call.callee, member) &&
    call.arguments.length > 0 && call.arguments[0]!.type !== "SpreadElement";
}

function same(one: Node, other: Node): boolean {
  return one.type === other.type && one.range[0] === other.range[0] &&
    one.range[1] === other.range[1];
}

/** A place in the file. */
interface Place {
  readonly type: string;
  readonly range: Deno.lint.Range;
}

/** A node as far as it matters to names: few types of Deno know all of it. */
interface Owner extends Place {
  readonly parent?: Owner;
  readonly body?: unknown;
  readonly computed?: boolean;
  readonly declare?: boolean;
  readonly id?: Place | null;
  readonly key?: Place;
  readonly kind?: string;
  readonly left?: Place;
  readonly local?: Place;
  readonly param?: Place | null;
  readonly property?: Place;
  readonly right?: Place;
  readonly value?: Place | null;
}

const FUNCTION =
  /Function|^TS(?:Call|Construct|Method|Index)\w*Signature|^TSConstructorType$/;
const FUNCTION_SCOPE = /^(?:Program|StaticBlock|TSModuleBlock)$/;
const BLOCK_SCOPE = /^(?:BlockStatement|SwitchStatement|For\w*Statement)$/;

/** The scope into which the identifier brings its name, if it does. */
function declarationOf(identifier: Identifier): Owner | undefined {
  let node = identifier as unknown as Owner;
  let owner = node.parent!;
  while (isPattern(owner, node)) [node, owner] = [owner, owner.parent!];
  const at = (place: Place | null | undefined) =>
    place?.range[0] === node.range[0];
  if (FUNCTION.test(owner.type)) {
    if (owner.type === "FunctionDeclaration" && at(owner.id)) {
      return scopeAround(owner.parent!);
    }
    if (owner.type === "TSDeclareFunction" && at(owner.id)) return undefined;
    const isOther = at(owner.key) || at(owner.body as Place | null);
    return isOther ? undefined : owner;
  }
  switch (owner.type) {
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
      return scopeAround(owner);
    case "VariableDeclarator": {
      // `declare const fetch` gives a global another type.
      if (!at(owner.id) || owner.parent!.declare) return undefined;
      return scopeAround(owner, owner.parent!.kind === "var");
    }
    case "ClassDeclaration":
    case "TSEnumDeclaration":
    case "TSInterfaceDeclaration":
    case "TSModuleDeclaration":
    case "TSTypeAliasDeclaration":
      if (!at(owner.id) || owner.declare) return undefined;
      return scopeAround(owner.parent!);
    case "ClassExpression":
      return at(owner.id) ? owner : undefined;
    case "CatchClause":
      return at(owner.param) ? owner : undefined;
    default:
      return undefined;
  }
}

/** Whether `node`, a name or pattern, is what `owner` puts a value into. */
function isPattern(owner: Owner, node: Owner): boolean {
  switch (owner.type) {
    case "ArrayPattern":
    case "ObjectPattern":
    case "RestElement":
    case "TSParameterProperty":
      return true;
    case "AssignmentPattern":
      return owner.left?.range[0] === node.range[0];
    case "Property":
      return owner.parent?.type === "ObjectPattern" &&
        owner.value?.range[0] === node.range[0];
    default:
      return false;
  }
}

function scopeAround(node: Owner, ofFunction = false): Owner {
  let scope = node;
  while (
    !FUNCTION_SCOPE.test(scope.type) && !FUNCTION.test(scope.type) &&
    (ofFunction || !BLOCK_SCOPE.test(scope.type))
  ) scope = scope.parent!;
  return scope;
}

/** Whether the identifier only names a part of something else. */
function isLabel(identifier: Identifier): boolean {
  const owner = identifier.parent as unknown as Owner;
  const at = (place: Place | null | undefined) =>
    place?.type === "Identifier" && place.range[0] === identifier.range[0];
  switch (owner.type) {
    case "MemberExpression":
      return !owner.computed && at(owner.property);
    case "Property":
      return !owner.computed && at(owner.key) && !at(owner.value);
    case "PropertyDefinition":
    case "MethodDefinition":
    case "TSAbstractMethodDefinition":
    case "TSAbstractPropertyDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return !owner.computed && at(owner.key);
    case "TSQualifiedName":
      return at(owner.right);
    case "ImportSpecifier":
      return !at(owner.local);
    case "ExportSpecifier":
    case "TSEnumMember":
    case "TSMappedType":
    case "TSNamedTupleMember":
    case "TSTypeParameter":
    case "TSTypePredicate":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
      return true;
    default:
      return false;
  }
}

function isType(identifier: Identifier): boolean {
  return /^TS(?:TypeReference|QualifiedName|TypeQuery|InterfaceHeritage|ClassImplements)$/
    .test(identifier.parent.type);
}
