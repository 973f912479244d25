/** The typed data of EIP-712 that attesters sign of a book: see BookRegistry. */
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

/** The domain that a book is signed in. */
export function signingDomain({
  chainId,
  registry,
}: {
  readonly chainId: bigint;
  readonly registry: string;
}) {
  return { name: "zkmargin BookRegistry", version: "1", chainId, verifyingContract: registry };
}
