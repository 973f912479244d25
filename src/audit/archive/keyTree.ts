import { createHmac } from "node:crypto";

/** Sequences are below 2^53, so a path from the root to a leaf has 53 turns. */
export const TREE_DEPTH = 53;
/** The largest sequence there is: the end of a scope that has none. */
export const LAST_SEQUENCE = (1n << BigInt(TREE_DEPTH)) - 1n;
/** Bytes of a key. */
export const KEY_BYTES = 32;
/** Most subtrees that a range of leaves falls into: two for each turn but the first. */
export const MOST_SUBTREES = 2 * (TREE_DEPTH - 1);

/** A node of the tree: `index` counts the nodes of its depth from the left. */
interface Node {
  readonly depth: number;
  readonly index: bigint;
}

/**
 * A binary tree of keys over all sequences of an account (Goldreich, Goldwasser and Micali): each node's children are
 * HMAC-SHA256 of 0 and of 1 under it, and the leaf of a sequence is its key. A node gives all leaves below it and
 * nothing else. So a few nodes open a range of sequences, and none of them says anything about a key outside it.
 */
export function leafKey(root: Uint8Array, sequence: bigint): Uint8Array {
  return descend(root, { depth: 0, index: 0n }, { depth: TREE_DEPTH, index: sequence });
}

/** The keys of the fewest subtrees that make up the sequences from `first` to `last`, in their order. */
export function rangeKeys(root: Uint8Array, first: bigint, last: bigint): Uint8Array[] {
  return subtrees(first, last).map((node) => descend(root, { depth: 0, index: 0n }, node));
}

/**
 * The key of a sequence from those of the range `first` … `last` that it lies in, as {@link rangeKeys} gives them;
 * undefined outside of the range.
 */
export function leafKeyInRange(
  keys: readonly Uint8Array[],
  { first, last }: { readonly first: bigint; readonly last: bigint },
  sequence: bigint,
): Uint8Array | undefined {
  if (sequence < first || sequence > last) return undefined;
  const nodes = subtrees(first, last);
  const at = nodes.findIndex(({ depth, index }) => sequence >> BigInt(TREE_DEPTH - depth) === index);
  const [node, key] = [nodes[at], keys[at]];
  if (node === undefined || key === undefined) return undefined;
  return descend(key, node, { depth: TREE_DEPTH, index: sequence });
}

/** The fewest subtrees that have exactly the leaves from `first` to `last`, in their order. */
export function subtrees(first: bigint, last: bigint): Node[] {
  const nodes: Node[] = [];
  for (let at = first; at <= last; ) {
    // The largest subtree that begins here and does not reach beyond the end.
    let height = 0;
    while (height < TREE_DEPTH && isMultiple(at, height + 1) && at + (1n << BigInt(height + 1)) - 1n <= last)
      height++;
    nodes.push({ depth: TREE_DEPTH - height, index: at >> BigInt(height) });
    at += 1n << BigInt(height);
  }
  return nodes;
}

function isMultiple(value: bigint, powerOfTwo: number): boolean {
  return value % (1n << BigInt(powerOfTwo)) === 0n;
}

/** Walks from the key of a node to that of one below it. */
function descend(key: Uint8Array, from: Node, to: Node): Uint8Array {
  let at = key;
  for (let turn = to.depth - from.depth - 1; turn >= 0; turn--) {
    const bit = Number((to.index >> BigInt(turn)) & 1n);
    at = createHmac("sha256", at).update(Uint8Array.of(bit)).digest();
  }
  return at;
}
