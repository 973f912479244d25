import { BINARY_OPERATORS, type Offer } from "../operators.js";
import { isNode, type Node, typeOf } from "./ast.js";

/** An operator's offer for a place in Solidity. */
export interface SolidityOffer extends Offer {
  /** The integer type that the place must have, where the replacement alone would not tell. */
  readonly type?: string;
}

type Text = (node: Node) => string;

const BINARY: typeof BINARY_OPERATORS = {
  ...BINARY_OPERATORS,
  "==": [["!=", "comparison negated"]],
  "!=": [["==", "comparison negated"]],
};

const METHODS: Readonly<Record<string, string>> = { min: "max", max: "min" };

/** The faults of one expression of Solidity. */
export function expressionOffers(
  node: Node,
  parent: Node | undefined,
  text: Text,
  constants: ReadonlySet<number>,
): SolidityOffer[] {
  if (/^(int_const|rational_const)/.test(typeOf(node)) && node.nodeType !== "Literal") return [];
  switch (node.nodeType) {
    case "BinaryOperation":
      return binaryOffers(node, text);
    case "UnaryOperation":
      if (node["operator"] === "!")
        return [{ operator: "negation left out", replacement: text(node["subExpression"] as Node) }];
      if (node["operator"] === "-")
        return [{ operator: "sign left out", replacement: text(node["subExpression"] as Node) }];
      return [];
    case "Literal":
      return numeralOffers(node, parent);
    case "Identifier":
    case "MemberAccess":
      return constants.has(Number(node["referencedDeclaration"])) && /^u?int\d+$/.test(typeOf(node))
        ? [
            { operator: "constant ± 1", replacement: `${text(node)} + 1` },
            { operator: "constant ± 1", replacement: `${text(node)} - 1` },
          ]
        : [];
    case "Conditional":
      return [node["trueExpression"], node["falseExpression"]].map((branch) => ({
        operator: "one branch always",
        replacement: text(branch as Node),
      }));
    case "FunctionCall":
      return [...methodOffers(node, text), ...swapOffers(node, text)];
    default:
      return [];
  }
}

function binaryOffers(node: Node, text: Text): Offer[] {
  const [left, right] = [text(node["leftExpression"] as Node), text(node["rightExpression"] as Node)];
  const sign = String(node["operator"]);
  if (sign === "&&" || sign === "||")
    return [left, right].map((replacement) => ({ operator: "condition left out", replacement }));
  return (BINARY[sign] ?? []).map(([other, operator]) => ({
    operator,
    replacement: `${left} ${other} ${right}`,
  }));
}

function numeralOffers(node: Node, parent: Node | undefined): SolidityOffer[] {
  const value = String(node["value"]).replaceAll("_", "");
  if (node["kind"] !== "number" || !/^(0x[0-9a-f]+|[0-9]+)$/i.test(value) || value.length > 39) return [];
  // address(0) and the like are names rather than numbers.
  if (parent?.["kind"] === "typeConversion" && !/^u?int/.test(typeOf(parent))) return [];
  const unit = node["subdenomination"] ? ` ${String(node["subdenomination"])}` : "";
  const type = typeFrom(parent);
  const others = BigInt(value) === 0n ? [1n] : [BigInt(value) + 1n, BigInt(value) - 1n];
  return others.map((other) => ({
    operator: "numeral ± 1",
    replacement: `${other}${unit}`,
    ...(type === undefined ? {} : { type }),
  }));
}

/** The integer type of the operation that a numeral is part of. */
function typeFrom(parent: Node | undefined): string | undefined {
  if (parent === undefined) return undefined;
  const common = (parent["commonType"] as { typeString?: string } | undefined)?.typeString ?? typeOf(parent);
  return /^u?int\d+$/.test(common) && parent.nodeType !== "FunctionCall" ? common : undefined;
}

function methodOffers(node: Node, text: Text): Offer[] {
  const called = node["expression"] as Node;
  const name = String(called["memberName"] ?? "");
  const other = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (called.nodeType !== "MemberAccess" || other === undefined) return [];
  const rest = text(node).slice(text(called).length);
  return [
    { operator: "the other method", replacement: `${text(called["expression"] as Node)}.${other}${rest}` },
  ];
}

/** Functions whose order of two arguments does not matter, with the place of the first of the two. */
const SYMMETRICAL: Readonly<Record<string, number>> = {
  "Math.min": 0,
  "Math.max": 0,
  "Math.mulDiv": 0,
  _min: 0,
  _max: 0,
  _distance: 0,
  addmod: 0,
  mulmod: 0,
  // sum + a · b
  _addMul: 1,
};

/** Two neighbours of one type in the other order, where that matters: no compiler would notice. */
export function swapOffers(node: Node, text: Text): Offer[] {
  const given = node["arguments"] as Node[];
  if (node["kind"] === "typeConversion" || (node["names"] as unknown[]).length > 0) return [];
  const called = text(node["expression"] as Node);
  if (/^(abi\.|keccak256)/.test(called) && typeOf(node) === "bytes32") return [];
  const symmetrical = Object.hasOwn(SYMMETRICAL, called) ? SYMMETRICAL[called] : undefined;
  return given.slice(1).flatMap((second, i) => {
    const first = given[i] as Node;
    if (i === symmetrical || text(first) === text(second) || typeOf(first) !== typeOf(second)) return [];
    const swapped = given.map(text);
    [swapped[i], swapped[i + 1]] = [text(second), text(first)];
    return [{ operator: "arguments swapped", replacement: `${called}(${swapped.join(", ")})` }];
  });
}

const YUL: Readonly<Record<string, string>> = {
  add: "sub",
  sub: "add",
  lt: "gt",
  gt: "lt",
  shl: "shr",
  shr: "shl",
  and: "or",
};

/** The faults of one expression of Yul. Both values are worked out, so only what has no effects is changed. */
export function yulOffers(node: Node, text: Text): Offer[] {
  if (node.nodeType === "YulLiteral" && node["kind"] === "number") {
    const value = BigInt(String(node["value"]));
    return [{ operator: "numeral ± 1", replacement: String(value + 1n) }];
  }
  const name = isNode(node["functionName"]) ? String(node["functionName"]["name"]) : "";
  const other = Object.hasOwn(YUL, name) ? YUL[name] : undefined;
  if (node.nodeType !== "YulFunctionCall" || other === undefined || /call\(|returndata/.test(text(node)))
    return [];
  return [{ operator: "the other instruction", replacement: text(node).replace(name, other) }];
}
