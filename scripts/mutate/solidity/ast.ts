/** A node of solc's syntax tree, as far as it is looked at here. */
export interface Node {
  readonly nodeType: string;
  /** "start:length:file", in bytes. */
  readonly src: string;
  readonly [field: string]: unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "nodeType" in value;
}

/** A node's children, in the order of the text. */
export function childrenOf(node: Node): Node[] {
  const found = Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
  return found.sort((a, b) => startOf(a) - startOf(b));
}

export function startOf(node: Node): number {
  return Number(node.src.split(":")[0]);
}

export function endOf(node: Node): number {
  const [start, length] = node.src.split(":").map(Number);
  return (start ?? 0) + (length ?? 0);
}

/** "uint256", "int_const 2", "tuple()" …; nothing for what has no type. */
export function typeOf(node: Node): string {
  return (node["typeDescriptions"] as { typeString?: string } | undefined)?.typeString ?? "";
}
