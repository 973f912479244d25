import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compileSources } from "../../contracts/solc.js";
import type { Mutant } from "../mutant.js";
import { childrenOf, endOf, isNode, type Node, startOf, typeOf } from "./ast.js";
import { expressionOffers, type SolidityOffer, swapOffers, yulOffers } from "./operators.js";

/** Statements that can be left out, with what it is called. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  ExpressionStatement: "statement left out",
  EmitStatement: "event left out",
  RevertStatement: "revert left out",
  IfStatement: "branch left out",
  YulExpressionStatement: "statement left out",
  YulAssignment: "statement left out",
  YulIf: "branch left out",
};

/** What is never mutated: declarations, words of errors and events, values that must be known to the compiler. */
const SKIPPED = new Set([
  "ErrorDefinition",
  "EventDefinition",
  "StructDefinition",
  "EnumDefinition",
  "ImportDirective",
  "PragmaDirective",
  "StructuredDocumentation",
  "UsingForDirective",
  "InheritanceSpecifier",
  "ElementaryTypeName",
  "ArrayTypeName",
  "UserDefinedTypeName",
  "Mapping",
  "OverrideSpecifier",
  "ParameterList",
]);

/** All mutants of some contracts, from solc's syntax tree. */
export function proposeContractMutants(root: string, files: readonly string[]): Mutant[] {
  const sources = Object.fromEntries(files.map((file) => [file, readFileSync(join(root, file), "utf8")]));
  const output = compileSources<{ readonly sources: Readonly<Record<string, { readonly ast: Node }>> }>(
    root,
    sources,
    { "*": { "": ["ast"] } },
  );
  const constants = new Set<number>();
  for (const { ast } of Object.values(output.sources)) collectConstants(ast, constants);
  return files.flatMap((file) => {
    const { ast } = output.sources[file] as { ast: Node };
    return new Proposer(file, Buffer.from(sources[file] ?? ""), constants).mutants(ast);
  });
}

function collectConstants(node: Node, found: Set<number>): void {
  if (node.nodeType === "VariableDeclaration" && node["constant"] === true) found.add(Number(node["id"]));
  for (const child of childrenOf(node)) collectConstants(child, found);
}

class Proposer {
  readonly #found: Mutant[] = [];

  constructor(
    private readonly file: string,
    /** Places are in bytes. */
    private readonly bytes: Buffer,
    private readonly constants: ReadonlySet<number>,
  ) {}

  mutants(unit: Node): Mutant[] {
    for (const child of childrenOf(unit)) this.#visit(child, undefined, "the file");
    return this.#found;
  }

  #visit(node: Node, parent: Node | undefined, around: string): void {
    if (SKIPPED.has(node.nodeType) || node["constant"] === true) return;
    const within = nameOf(node) ?? around;
    const text = (one: Node) => this.#text(one);
    const leftOut = assignsPointer(node) ? undefined : LEFT_OUT[node.nodeType];
    const isYul = node.nodeType.startsWith("Yul");
    if (node.nodeType === "ModifierInvocation") {
      // What a constructor passes to what it inherits from looks the same.
      if (node["kind"] === "modifierInvocation")
        this.#offer(node, within, "modifier", [{ operator: "modifier left out", replacement: "" }]);
      return;
    }
    if (leftOut !== undefined && !(node.nodeType === "IfStatement" && isNode(node["falseBody"])))
      this.#offer(node, within, isYul ? "yul statement" : "statement", [
        { operator: isGuard(node) ? "guard left out" : leftOut, replacement: "" },
      ]);
    else if (node.nodeType === "FunctionCall" && typeOf(node) === "tuple()") {
      // It has no value that could be one of two: the statement is.
      const offers = swapOffers(node, text).map((offer) => ({
        ...offer,
        replacement: `${offer.replacement};`,
      }));
      if (parent?.nodeType === "ExpressionStatement") this.#offer(parent, within, "statement", offers);
    } else if (isYul) this.#offer(node, within, "yul value", yulOffers(node, text));
    else this.#offer(node, within, "expression", expressionOffers(node, parent, text, this.constants));
    for (const child of this.#children(node)) this.#visit(child, node, within);
  }

  #children(node: Node): Node[] {
    const { nodeType } = node;
    // The guard's own mutant leaves the revert out already.
    if (isGuard(node)) return [node["condition"]].filter(isNode);
    if (nodeType === "RevertStatement" || nodeType === "EmitStatement") return [];
    if (nodeType === "Assignment") return [node["rightHandSide"]].filter(isNode);
    if (nodeType === "UnaryOperation" && /^(\+\+|--|delete)$/.test(String(node["operator"]))) return [];
    if (nodeType === "InlineAssembly") return [node["AST"]].filter(isNode);
    if (nodeType === "YulAssignment") return [node["value"]].filter(isNode);
    if (nodeType === "YulVariableDeclaration") return [node["value"]].filter(isNode);
    // A statement's own call: what it is given may be wrong.
    return childrenOf(node);
  }

  #offer(node: Node, within: string, form: Mutant["form"], offers: readonly SolidityOffer[]): void {
    const original = this.#text(node);
    // A statement's place in the tree is without its semicolon. What follows no semicolon is a loop's step.
    const close = this.bytes.subarray(endOf(node), endOf(node) + 1).toString();
    if (form === "statement" && close !== ";" && !original.endsWith("}")) return;
    const last = endOf(node) + (form === "statement" && close === ";" ? 1 : 0);
    const [start, end] = [startOf(node), last].map((byte) => this.bytes.subarray(0, byte).toString().length);
    const line = this.bytes.subarray(0, startOf(node)).toString().split("\n").length;
    for (const { operator, replacement, type } of offers)
      this.#found.push({
        file: this.file,
        start: start ?? 0,
        end: end ?? 0,
        line,
        within,
        operator,
        original,
        replacement,
        form,
        ...(type === undefined ? {} : { type }),
      });
  }

  #text(node: Node): string {
    return this.bytes.subarray(startOf(node), endOf(node)).toString();
  }
}

/** Solidity refuses a pointer into storage that may have been given no place. */
function assignsPointer(node: Node): boolean {
  const assignment = node["expression"];
  if (node.nodeType !== "ExpressionStatement" || !isNode(assignment)) return false;
  return assignment.nodeType === "Assignment" && typeOf(assignment).endsWith("storage pointer");
}

/** An `if` that only reverts. */
function isGuard(node: Node): boolean {
  if (node.nodeType !== "IfStatement" || isNode(node["falseBody"])) return false;
  const body = node["trueBody"] as Node;
  const statements = body.nodeType === "Block" ? (body["statements"] as Node[]) : [body];
  return statements.length === 1 && statements[0]?.nodeType === "RevertStatement";
}

function nameOf(node: Node): string | undefined {
  if (node.nodeType === "FunctionDefinition" && node["kind"] === "constructor") return "constructor";
  if (/^(Function|Modifier|Contract)Definition$/.test(node.nodeType)) return String(node["name"]);
  return undefined;
}
