import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import type { Mutant } from "../mutant.js";
import type { Offer } from "../operators.js";
import { expressionOffers, isGuard, statementOffers } from "./operators.js";

/**
 * All mutants of some source files. What only words an error is left alone, as tests match an error's class: arguments
 * of errors, and of functions that return an error or never.
 * @param files paths from `root`
 * @param wording functions that only find words for errors, as "file › function"
 */
export function proposeMutants(
  root: string,
  files: readonly string[],
  wording: ReadonlySet<string> = new Set(),
): Mutant[] {
  const config = ts.readConfigFile(join(root, "tsconfig.json"), (path) => readFileSync(path, "utf8")).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    files.map((file) => join(root, file)),
    options,
  );
  return files.flatMap((file) => {
    const source = program.getSourceFile(join(root, file));
    if (source === undefined) throw new Error(`${file}: expected a source file, got none`);
    return new Proposer(file, source, program.getTypeChecker(), wording).mutants();
  });
}

class Proposer {
  readonly #found: Mutant[] = [];

  constructor(
    private readonly file: string,
    private readonly source: ts.SourceFile,
    private readonly checker: ts.TypeChecker,
    private readonly wording: ReadonlySet<string>,
  ) {}

  mutants(): Mutant[] {
    for (const statement of this.source.statements) this.#visit(statement, "the module");
    return this.#found;
  }

  #visit(node: ts.Node, around: string): void {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isTypeAliasDeclaration(node) || ts.isEnumDeclaration(node)) return;
    const within = nameOf(node) ?? around;
    if (this.wording.has(`${this.file} › ${within}`)) return;

    if (ts.isStatement(node)) this.#offer(node, within, "statement", statementOffers(node));
    else if (isValue(node) && !(isCall(node) && this.#wordsError(node)))
      this.#offer(
        node,
        within,
        "expression",
        expressionOffers(
          node,
          (one) => this.#isText(one),
          (one) => this.#typeOf(one),
        ),
      );
    for (const child of this.#children(node)) this.#visit(child, within);
  }

  /** Those parts of a node that are worth a visit. */
  #children(node: ts.Node): ts.Node[] {
    // The guard's own mutant leaves the throw out already.
    if (ts.isIfStatement(node) && node.elseStatement === undefined && isGuard(node)) {
      const only = ts.isBlock(node.thenStatement) ? node.thenStatement.statements[0] : node.thenStatement;
      return [node.expression, ...(only === undefined ? [] : this.#children(only))];
    }
    if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) return [node.right];
    if (isCall(node) && this.#wordsError(node)) return [];
    const children: ts.Node[] = [];
    ts.forEachChild(node, (child) => {
      if (!isName(node, child)) children.push(child);
    });
    return children;
  }

  #offer(node: ts.Node, within: string, form: Mutant["form"], offers: readonly Offer[]): void {
    const start = node.getStart();
    const original = node.getText();
    for (const { operator, replacement } of offers) {
      if (replacement === original) continue;
      const line = this.source.getLineAndCharacterOfPosition(start).line + 1;
      this.#found.push({
        file: this.file,
        start,
        end: node.getEnd(),
        line,
        within,
        operator,
        original,
        replacement,
        form,
      });
    }
  }

  #isText(node: ts.Expression): boolean {
    return (this.checker.getTypeAtLocation(node).flags & ts.TypeFlags.StringLike) !== 0;
  }

  #typeOf(node: ts.Expression): string {
    const type = this.checker.getTypeAtLocation(node);
    return this.checker.typeToString(this.checker.getBaseTypeOfLiteralType(type));
  }

  /** Whether a call's value is an error, or it never returns: its arguments are words for people. */
  #wordsError(node: ts.CallExpression | ts.NewExpression): boolean {
    const type = this.checker.getTypeAtLocation(node);
    if ((type.flags & ts.TypeFlags.Never) !== 0) return true;
    const isError = (one: ts.Type): boolean =>
      one.symbol?.name === "Error" ||
      (one.isClassOrInterface() && this.checker.getBaseTypes(one).some(isError));
    return isError(type);
  }
}

function isCall(node: ts.Node): node is ts.CallExpression | ts.NewExpression {
  return ts.isCallExpression(node) || ts.isNewExpression(node);
}

/** An expression that stands for a value, and not for a place, a name or a whole function. */
function isValue(node: ts.Node): node is ts.Expression {
  return (
    ts.isBinaryExpression(node) ||
    ts.isLiteralExpression(node) ||
    ts.isPrefixUnaryExpression(node) ||
    ts.isConditionalExpression(node) ||
    ts.isArrayLiteralExpression(node) ||
    ts.isCallExpression(node) ||
    ts.isNewExpression(node) ||
    node.kind === ts.SyntaxKind.TrueKeyword ||
    node.kind === ts.SyntaxKind.FalseKeyword
  );
}

function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

/** A key of an object or a class, or the place that a loop fills. */
function isName(parent: ts.Node, child: ts.Node): boolean {
  if ("name" in parent && parent.name === child) return true;
  if ("propertyName" in parent && parent.propertyName === child) return true;
  return (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) && parent.initializer === child;
}

function nameOf(node: ts.Node): string | undefined {
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return node.name?.text;
  if (ts.isMethodDeclaration(node) || ts.isGetAccessor(node) || ts.isPropertyDeclaration(node))
    return node.name.getText();
  if (ts.isConstructorDeclaration(node)) return "constructor";
  if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name)) return undefined;
  const isGlobal = ts.isSourceFile(node.parent.parent.parent);
  const isNamedFunction = node.initializer !== undefined && ts.isArrowFunction(node.initializer);
  return isGlobal || isNamedFunction ? node.name.text : undefined;
}
