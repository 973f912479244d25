/** What an operator of mutation offers for one node of a syntax tree. */
export interface Offer {
  /** The kind of fault, in words. */
  readonly operator: string;
  /** The text in the node's place. */
  readonly replacement: string;
}

/**
 * For each binary operator of both TypeScript and Solidity: the operators easily written, or meant, in its place, and
 * the kind of fault each is.
 */
export const BINARY_OPERATORS: Readonly<
  Record<string, readonly (readonly [sign: string, operator: string])[]>
> = {
  "<": [
    ["<=", "boundary"],
    [">=", "comparison negated"],
  ],
  "<=": [
    ["<", "boundary"],
    [">", "comparison negated"],
  ],
  ">": [
    [">=", "boundary"],
    ["<=", "comparison negated"],
  ],
  ">=": [
    [">", "boundary"],
    ["<", "comparison negated"],
  ],
  "+": [["-", "arithmetic"]],
  "-": [["+", "arithmetic"]],
  "*": [["/", "arithmetic"]],
  "/": [["*", "arithmetic"]],
  "%": [["*", "arithmetic"]],
  "<<": [[">>", "shift"]],
  ">>": [["<<", "shift"]],
  "&": [["|", "bits"]],
  "|": [["&", "bits"]],
  "^": [["&", "bits"]],
};
