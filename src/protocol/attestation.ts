/** The EIP-712 typed data that attesters sign for a book: see BookRegistry. */
export const BOOK_TYPES = {
  Book: [
    { name: "account", type: "bytes32" },
    { name: "commitment", type: "uint256" },
    { name: "sequence", type: "uint64" },
    { name: "asOf", type: "uint64" },
    { name: "expiresAt", type: "uint64" },
    { name: "listing", type: "bytes32" },
  ],
};

/** The EIP-712 domain in which attesters sign a book. */
export function signingDomain({
  chainId,
  registry,
}: {
  readonly chainId: bigint;
  readonly registry: string;
}) {
  return { name: "zkmargin BookRegistry", version: "1", chainId, verifyingContract: registry };
}
