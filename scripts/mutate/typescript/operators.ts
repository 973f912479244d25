import ts from "typescript";
import { BINARY_OPERATORS, type Offer } from "../operators.js";
import { looserAndStricter } from "./regularExpressions.js";

const { SyntaxKind } = ts;

const BINARY: typeof BINARY_OPERATORS = {
  ...BINARY_OPERATORS,
  "===": [["!==", "comparison negated"]],
  "!==": [["===", "comparison negated"]],
  "**": [["*", "arithmetic"]],
  "+=": [["-=", "arithmetic"]],
  "-=": [["+=", "arithmetic"]],
  "*=": [["/=", "arithmetic"]],
  "|=": [["&=", "bits"]],
  ">>=": [["<<=", "shift"]],
  "<<=": [[">>=", "shift"]],
};

/** Methods that are the other half of a pair. */
const METHODS: Readonly<Record<string, string>> = {
  every: "some",
  some: "every",
  min: "max",
  max: "min",
  floor: "ceil",
  ceil: "floor",
  padStart: "padEnd",
  padEnd: "padStart",
  startsWith: "endsWith",
  endsWith: "startsWith",
};

/** Methods whose absence the types do not notice. */
const DROPPED = new Set(["filter", "reverse", "toReversed", "sort", "toSorted", "trim", "toLowerCase"]);

/** The faults of one expression. `isText` tells whether an expression is text, `typeOf` what type it has. */
export function expressionOffers(
  node: ts.Expression,
  isText: (node: ts.Expression) => boolean,
  typeOf: (node: ts.Expression) => string,
): Offer[] {
  if (ts.isBinaryExpression(node)) return binaryOffers(node, isText);
  if (ts.isNumericLiteral(node) || ts.isBigIntLiteral(node)) return numeralOffers(node);
  if (node.kind === SyntaxKind.TrueKeyword) return [{ operator: "truth", replacement: "false" }];
  if (node.kind === SyntaxKind.FalseKeyword) return [{ operator: "truth", replacement: "true" }];
  if (ts.isPrefixUnaryExpression(node)) return prefixOffers(node);
  if (ts.isConditionalExpression(node)) return conditionalOffers(node);
  if (ts.isArrayLiteralExpression(node)) return arrayOffers(node);
  if (ts.isRegularExpressionLiteral(node))
    return looserAndStricter(node.getText()).map((replacement) => ({ operator: "pattern", replacement }));
  if (ts.isCallExpression(node)) return [...methodOffers(node), ...swapOffers(node, typeOf)];
  if (ts.isNewExpression(node)) return swapOffers(node, typeOf);
  return [];
}

function binaryOffers(node: ts.BinaryExpression, isText: (node: ts.Expression) => boolean): Offer[] {
  const [left, sign, right] = [node.left.getText(), node.operatorToken.getText(), node.right.getText()];
  if (sign === "&&" || sign === "||")
    return [
      { operator: "condition left out", replacement: left },
      { operator: "condition left out", replacement: right },
    ];
  if (sign === "??") return [{ operator: "default left out", replacement: left }];
  if (sign.startsWith("+") && (isText(node.left) || isText(node.right))) return [];
  return (BINARY[sign] ?? []).map(([other, operator]) => ({
    operator,
    replacement: `${left} ${other} ${right}`,
  }));
}

function numeralOffers(node: ts.NumericLiteral | ts.BigIntLiteral): Offer[] {
  const text = node.getText().replaceAll("_", "");
  const suffix = ts.isBigIntLiteral(node) ? "n" : "";
  if (suffix === "" && !/^(0x[0-9a-f]+|[0-9]+)$/i.test(text)) return [];
  const value = BigInt(suffix === "" ? text : text.slice(0, -1));
  const others = value === 0n ? [1n] : [value + 1n, value - 1n];
  return others.map((other) => ({ operator: "numeral ± 1", replacement: `${other}${suffix}` }));
}

function prefixOffers(node: ts.PrefixUnaryExpression): Offer[] {
  const operand = node.operand.getText();
  if (node.operator === SyntaxKind.MinusToken) return [{ operator: "sign left out", replacement: operand }];
  if (node.operator === SyntaxKind.ExclamationToken)
    return [{ operator: "negation left out", replacement: operand }];
  return [];
}

function conditionalOffers(node: ts.ConditionalExpression): Offer[] {
  return [node.whenTrue, node.whenFalse].map((branch) => ({
    operator: "one branch always",
    replacement: branch.getText(),
  }));
}

function arrayOffers(node: ts.ArrayLiteralExpression): Offer[] {
  return node.elements.map((_, left) => ({
    operator: "element left out",
    replacement: `[${node.elements
      .filter((_, i) => i !== left)
      .map((element) => element.getText())
      .join(", ")}]`,
  }));
}

function methodOffers(node: ts.CallExpression): Offer[] {
  if (!ts.isPropertyAccessExpression(node.expression)) return [];
  const { expression: object, name } = node.expression;
  const rest = node.getText().slice(node.expression.getText().length);
  const other = Object.hasOwn(METHODS, name.text) ? METHODS[name.text] : undefined;
  if (other !== undefined)
    return [{ operator: "the other method", replacement: `${object.getText()}.${other}${rest}` }];
  if (DROPPED.has(name.text)) return [{ operator: "method left out", replacement: object.getText() }];
  return [];
}

/** Two neighbours of one type in the other order: no compiler would notice. */
function swapOffers(
  node: ts.CallExpression | ts.NewExpression,
  typeOf: (node: ts.Expression) => string,
): Offer[] {
  const given = node.arguments ?? ts.factory.createNodeArray<ts.Expression>();
  return given.slice(1).flatMap((second, i) => {
    const first = given[i] as ts.Expression;
    if (first.getText() === second.getText() || isFunction(first) || typeOf(first) !== typeOf(second))
      return [];
    const text = node.getText();
    const at = (place: ts.Expression) => place.getStart() - node.getStart();
    const replacement =
      text.slice(0, at(first)) +
      second.getText() +
      text.slice(at(first) + first.getText().length, at(second)) +
      first.getText() +
      text.slice(at(second) + second.getText().length);
    return [{ operator: "arguments swapped", replacement }];
  });
}

function isFunction(node: ts.Expression): boolean {
  return ts.isArrowFunction(node) || ts.isFunctionExpression(node);
}

/** The fault of one statement: that it is not there, or that what guards it always or never holds. */
export function statementOffers(node: ts.Statement): Offer[] {
  if (ts.isExpressionStatement(node)) return [{ operator: "statement left out", replacement: "" }];
  if (ts.isThrowStatement(node)) return [{ operator: "throw left out", replacement: "" }];
  if (ts.isContinueStatement(node) || ts.isBreakStatement(node))
    return [{ operator: "jump left out", replacement: "" }];
  if (ts.isIfStatement(node) && node.elseStatement === undefined)
    return [{ operator: isGuard(node) ? "guard left out" : "branch left out", replacement: "" }];
  return [];
}

/** An `if` that only throws: to leave out the throw is to leave out the guard. */
export function isGuard(node: ts.IfStatement): boolean {
  const { thenStatement: then } = node;
  const only = ts.isBlock(then) && then.statements.length === 1 ? then.statements[0] : then;
  return only !== undefined && (ts.isThrowStatement(only) || ts.isExpressionStatement(only));
}
