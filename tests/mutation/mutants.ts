/**
 * Small changes of a program that a test should notice.
 *
 * @module
 */
import ts from "typescript";

/** A change of one place of a file. */
export interface Mutant {
  /** Where it begins and ends in the text. */
  readonly start: number;
  readonly end: number;
  readonly was: string;
  readonly becomes: string;
  /** The line, from 1. */
  readonly line: number;
}

const K = ts.SyntaxKind;

/** What stands in for an operator. */
const OPERATORS: ReadonlyMap<ts.SyntaxKind, readonly string[]> = new Map([
  [K.EqualsEqualsEqualsToken, ["!=="]],
  [K.ExclamationEqualsEqualsToken, ["==="]],
  [K.LessThanToken, ["<=", ">="]],
  [K.LessThanEqualsToken, ["<", ">"]],
  [K.GreaterThanToken, [">=", "<="]],
  [K.GreaterThanEqualsToken, [">", "<"]],
  [K.AmpersandAmpersandToken, ["||"]],
  [K.BarBarToken, ["&&"]],
  [K.PlusToken, ["-"]],
  [K.MinusToken, ["+"]],
  [K.AsteriskToken, ["/"]],
  [K.SlashToken, ["*"]],
  [K.PlusEqualsToken, ["-="]],
  [K.MinusEqualsToken, ["+="]],
]);

/** What only tells people: nothing depends on it. */
const TELLS =
  /^(?:await )?(?:options\.|ports\.|this\.)?(?:telemetry\??\.|say\w*\(|tell\w*\(|onlog|log\w*\()/;

/** Every mutant of the program `text`, in the order of their places. */
export function mutantsOf(text: string): Mutant[] {
  const file = ts.createSourceFile(
    "mutated.ts",
    text,
    ts.ScriptTarget.Latest,
    true,
  );
  const mutants: Mutant[] = [];

  function add(node: ts.Node, becomes: string): void {
    const [start, end] = [node.getStart(file), node.getEnd()];
    mutants.push({
      start,
      end,
      was: text.slice(start, end),
      becomes,
      line: file.getLineAndCharacterOfPosition(start).line + 1,
    });
  }

  function visit(node: ts.Node): void {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    if (ts.isStatement(node) && TELLS.test(node.getText(file))) return;
    if (ts.isThrowStatement(node)) return add(node, ";");
    if (ts.isBinaryExpression(node) && !isText(node)) {
      for (const other of OPERATORS.get(node.operatorToken.kind) ?? []) {
        add(node.operatorToken, other);
      }
    }
    if (node.kind === K.TrueKeyword) add(node, "false");
    if (node.kind === K.FalseKeyword) add(node, "true");
    if (
      ts.isPrefixUnaryExpression(node) && node.operator === K.ExclamationToken
    ) {
      add(node, `(${node.operand.getText(file)})`);
    }
    if (ts.isIfStatement(node)) {
      add(node.expression, "true");
      add(node.expression, "false");
    }
    if (ts.isConditionalExpression(node)) {
      add(node.condition, "true");
      add(node.condition, "false");
    }
    if (ts.isNumericLiteral(node) && /^[01]$/.test(node.text)) {
      add(node, node.text === "0" ? "1" : "2");
    }
    if (ts.isExpressionStatement(node)) add(node, ";");
    if (ts.isReturnStatement(node) && node.expression) {
      add(node.expression, "undefined");
    }
    if (ts.isContinueStatement(node) || ts.isBreakStatement(node)) {
      add(node, ";");
    }
    ts.forEachChild(node, visit);
  }
  visit(file);
  return mutants
    .filter(({ was, becomes }) => was !== becomes)
    .sort((a, b) => a.start - b.start);
}

/** The program with the change made. */
export function mutate(text: string, { start, end, becomes }: Mutant): string {
  return text.slice(0, start) + becomes + text.slice(end);
}

/** Whether texts are put together, as messages are. */
function isText(node: ts.BinaryExpression): boolean {
  return [node.left, node.right].some((side) =>
    ts.isStringLiteralLike(side) || ts.isTemplateExpression(side) ||
    ts.isBinaryExpression(side) && isText(side)
  );
}
