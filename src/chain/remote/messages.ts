import { AbiCoder, id, keccak256 } from "ethers";

/** What a lock says to home: these tokens are locked for this account. */
export interface LockMessage {
  /** Number of the lock, from 1 on. */
  readonly id: bigint;
  readonly account: string;
  /** Who locked them, and gets them back if home declines them. */
  readonly from: string;
  /** Smallest units of the token. */
  readonly amount: bigint;
  /** Unix seconds, by the clock of the lock's chain. */
  readonly lockedAt: bigint;
}

/** What a lock says of itself: it is there, and holds so much. */
export interface ReportMessage {
  /** Smallest units of the token. */
  readonly held: bigint;
  /** How many locks there were. */
  readonly locks: bigint;
  /** Unix seconds, by the clock of the lock's chain. */
  readonly reportedAt: bigint;
}

/** What home says to a lock: these tokens are no longer pledged, and are that address's. */
export interface ReleaseMessage {
  /** Number of the lock. */
  readonly id: bigint;
  /** Number of the release among those of the lock, from 1 on. */
  readonly number: bigint;
  /** Who gets the tokens on the lock's chain. */
  readonly to: string;
  /** Smallest units of the token. */
  readonly amount: bigint;
}

/** What one side says to the other: see the structs of RemoteMessages.sol. */
export type RemoteMessage =
  | { readonly kind: "lock"; readonly message: LockMessage }
  | { readonly kind: "report"; readonly message: ReportMessage }
  | { readonly kind: "release"; readonly message: ReleaseMessage };

/** Where a message is for. */
export interface Destination {
  /** Chain id. */
  readonly chain: bigint;
  readonly contract: string;
}

const TYPES = {
  lock: "Lock(uint256 chain,address to,uint64 id,bytes32 account,address from,uint128 amount,uint64 lockedAt)",
  release: "Release(uint256 chain,address to,uint64 id,uint64 number,address receiver,uint128 amount)",
  report: "Report(uint256 chain,address to,uint128 held,uint64 locks,uint64 reportedAt)",
} as const;

/** Fields after chain and contract, in their order. */
function fieldsOf(said: RemoteMessage): readonly (readonly [type: string, value: unknown])[] {
  if (said.kind === "lock") {
    const { id: number, account, from, amount, lockedAt } = said.message;
    return [
      ["uint64", number],
      ["bytes32", account],
      ["address", from],
      ["uint128", amount],
      ["uint64", lockedAt],
    ];
  }
  if (said.kind === "release") {
    const { id: lock, number, to, amount } = said.message;
    return [
      ["uint64", lock],
      ["uint64", number],
      ["address", to],
      ["uint128", amount],
    ];
  }
  const { held, locks, reportedAt } = said.message;
  return [
    ["uint128", held],
    ["uint64", locks],
    ["uint64", reportedAt],
  ];
}

/**
 * The digest of a message, as RemoteMessages.sol has it.
 *
 * @example
 * ```ts
 * import { remoteDigest } from "zkmargin/chain";
 *
 * const message = { held: 5n, locks: 1n, reportedAt: 1_700_000_000n };
 * const digest = remoteDigest({ kind: "report", message }, { chain: 1n, contract: open.addresses.marginGate });
 * console.log(digest.length); // 66
 * ```
 */
export function remoteDigest(said: RemoteMessage, { chain, contract }: Destination): string {
  const fields: readonly (readonly [type: string, value: unknown])[] = [
    ["bytes32", id(TYPES[said.kind])],
    ["uint256", chain],
    ["address", contract],
    ...fieldsOf(said),
  ];
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(
      fields.map(([type]) => type),
      fields.map(([, value]) => value),
    ),
  );
}
