import {
  AbiCoder,
  concat,
  encodeRlp,
  getAddress,
  getBytes,
  id,
  type JsonRpcProvider,
  keccak256,
  type TypedDataField,
  toBeHex,
  toQuantity,
  verifyTypedData,
} from "ethers";
import * as z from "zod/mini";
import { address, hex } from "../../encoding/address.js";
import { parseInteger } from "../../encoding/decimal.js";
import { document, readBy, shaped } from "../../encoding/shape.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import { DeploymentMismatchError, NodeUnreachableError } from "../../errors.js";
import type { Connection } from "../connection.js";
import type { TypedDataSigner } from "../externalSigner.js";
import type { StorageProof } from "../generated/StorageProofSource.js";

/** A block that a proof is of. */
export interface BlockRoot {
  readonly number: bigint;
  readonly hash: string;
}

/** An attester's word that a block is final on its chain. */
export interface SignedRoot extends BlockRoot {
  readonly attester: string;
  /** 0x-prefixed hex. */
  readonly signature: string;
}

/** What is signed, by EIP-712, for the BlockRoots of one chain on another. */
export interface RootsDomain {
  /** Chain and address of the BlockRoots. */
  readonly chainId: bigint;
  readonly verifyingContract: string;
  /** The chain whose blocks these are. */
  readonly of: bigint;
}

const ROOT_FORMAT = "zkmargin/block-root@1";

const rootSchema = document(ROOT_FORMAT, {
  /** The chain whose block it is. */
  chain: readBy(parseInteger),
  number: readBy(parseInteger),
  hash: hex(32),
  attester: address,
  signature: z.string().check(z.regex(/^0x([0-9a-f]{2}){1,1024}$/)),
});

/**
 * Parses a signed block, `zkmargin/block-root@1`. Whether the signature is the attester's, the chain says.
 * @throws InputError
 *
 * @example
 * ```ts
 * import { parseSignedRoot, serialiseSignedRoot, signRoot } from "zkmargin/chain";
 *
 * const domain = { chainId: 1n, verifyingContract: open.addresses.marginGate, of: 42_161n };
 * const signed = await signRoot(custodian, domain, { number: 9n, hash: `0x${"ab".repeat(32)}` });
 * console.log(parseSignedRoot(serialiseSignedRoot(signed, 42_161n)).number); // 9n
 * ```
 */
export function parseSignedRoot(text: string, path = "root"): SignedRoot & { readonly chain: bigint } {
  return shaped(rootSchema, parseStrictJson(text, path), { path });
}

/**
 * The text of a signed block.
 *
 * @example
 * ```ts
 * import { serialiseSignedRoot, signRoot } from "zkmargin/chain";
 *
 * const domain = { chainId: 1n, verifyingContract: open.addresses.marginGate, of: 42_161n };
 * const signed = await signRoot(custodian, domain, { number: 9n, hash: `0x${"ab".repeat(32)}` });
 * console.log(serialiseSignedRoot(signed, 42_161n).includes("zkmargin/block-root")); // true
 * ```
 */
export function serialiseSignedRoot(
  { number, hash, attester, signature }: SignedRoot,
  chain: bigint,
): string {
  const json = { format: ROOT_FORMAT, chain: `${chain}`, number: `${number}`, hash, attester, signature };
  return `${JSON.stringify(json, null, 2)}\n`;
}

const ROOT_TYPES: Record<string, TypedDataField[]> = {
  BlockRoot: [
    { name: "chain", type: "uint256" },
    { name: "number", type: "uint64" },
    { name: "blockHash", type: "bytes32" },
  ],
};

/**
 * Signs that a block is final. A threshold of attesters who sign another's block can prove whatever they like: sign only
 * what an own node calls final.
 *
 * @example
 * ```ts
 * import { signRoot } from "zkmargin/chain";
 *
 * const domain = { chainId: 1n, verifyingContract: open.addresses.marginGate, of: 42_161n };
 * const { attester } = await signRoot(custodian, domain, { number: 9n, hash: `0x${"ab".repeat(32)}` });
 * console.log(attester === custodian.address); // true
 * ```
 */
export async function signRoot(
  wallet: TypedDataSigner,
  domain: RootsDomain,
  { number, hash }: BlockRoot,
): Promise<SignedRoot> {
  const signature = await wallet.signTypedData(...typedRoot(domain, { number, hash }));
  return { number, hash, attester: wallet.address, signature };
}

/** Whether the attester's own key signed. What a contract signs, only its chain can check. */
export function isSignedByKey(root: SignedRoot, domain: RootsDomain): boolean {
  try {
    return verifyTypedData(...typedRoot(domain, root), root.signature) === getAddress(root.attester);
  } catch {
    return false;
  }
}

function typedRoot({ chainId, verifyingContract, of }: RootsDomain, { number, hash }: BlockRoot) {
  return [
    { name: "zkmargin BlockRoots", version: "1", chainId, verifyingContract },
    ROOT_TYPES,
    { chain: of, number, blockHash: hash },
  ] as const;
}

/**
 * The newest block that the node calls final, or the last multiple of `every` before it; null if there is none yet.
 *
 * @example
 * ```ts
 * import { finalBlock } from "zkmargin/chain";
 *
 * console.log((await finalBlock(open.connection))?.number !== -1n); // true
 * ```
 */
export async function finalBlock(
  { provider }: Pick<Connection, "provider">,
  every = 1n,
): Promise<(BlockRoot & { readonly time: bigint }) | null> {
  const newest = await provider.getBlock("finalized");
  if (newest === null) return null;
  const number = (BigInt(newest.number) / every) * every;
  const block = BigInt(newest.number) === number ? newest : await provider.getBlock(number);
  if (block?.hash == null) return null;
  return { number, hash: block.hash, time: BigInt(block.timestamp) };
}

/** Fields of a header, in the order of its RLP; those from `baseFeePerGas` on came with later forks. */
const HEADER = [
  "parentHash",
  "sha3Uncles",
  "miner",
  "stateRoot",
  "transactionsRoot",
  "receiptsRoot",
  "logsBloom",
  "difficulty",
  "number",
  "gasLimit",
  "gasUsed",
  "timestamp",
  "extraData",
  "mixHash",
  "nonce",
  "baseFeePerGas",
  "withdrawalsRoot",
  "blobGasUsed",
  "excessBlobGas",
  "parentBeaconBlockRoot",
  "requestsHash",
  "blockAccessListHash",
] as const;
/** Those that are numbers: RLP has no zeros in front of them. */
const NUMBERS: ReadonlySet<string> = new Set([
  "difficulty",
  "number",
  "gasLimit",
  "gasUsed",
  "timestamp",
  "baseFeePerGas",
  "blobGasUsed",
  "excessBlobGas",
]);

/**
 * The RLP of a block's header.
 * @throws DeploymentMismatchError if it does not hash to the block's hash: a header of another form
 */
async function headerOf(provider: JsonRpcProvider, number: bigint): Promise<string> {
  const block: Readonly<Record<string, string | undefined>> | null = await provider.send(
    "eth_getBlockByNumber",
    [toQuantity(number), false],
  );
  if (block === null) throw new NodeUnreachableError(`block ${number}: expected a block, got none`, "state");
  const fields = HEADER.flatMap((name) => {
    const value = block[name];
    if (value === undefined || value === null) return [];
    return [NUMBERS.has(name) ? minimal(BigInt(value)) : value];
  });
  const header = encodeRlp(fields);
  if (keccak256(header) !== block["hash"])
    throw new DeploymentMismatchError(
      `block ${number}: expected a header of ${HEADER.length} fields at most that hashes to ${block["hash"]}, got another; this chain's headers have another form`,
    );
  return header;
}

function minimal(value: bigint): string {
  return value === 0n ? "0x" : toBeHex(value);
}

/** Where an outbox has when a message was said: ERC-7201, as OutboxStorage in Outbox.sol. */
function outboxSlot(digest: string): string {
  const coder = AbiCoder.defaultAbiCoder();
  const inner = coder.encode(["uint256"], [BigInt(id("zkmargin.outbox")) - 1n]);
  const root = getBytes(keccak256(inner));
  root[31] = 0;
  return keccak256(concat([digest, root]));
}

/**
 * A proof that an outbox has a message in the state of a block, from `eth_getProof`.
 * @throws NodeUnreachableError if the node has forgotten the block's state, DeploymentMismatchError as {@link headerOf}
 *
 * @example
 * ```ts
 * import { storageProof } from "zkmargin/chain";
 *
 * const number = BigInt(await open.connection.provider.getBlockNumber());
 * const { account } = await storageProof(open.connection, open.addresses.marginGate, `0x${"00".repeat(32)}`, number);
 * console.log(account.length > 0); // true
 * ```
 */
export async function storageProof(
  { provider }: Pick<Connection, "provider">,
  outbox: string,
  digest: string,
  number: bigint,
): Promise<StorageProof> {
  const header = await headerOf(provider, number);
  const answer: {
    readonly accountProof: readonly string[];
    readonly storageProof: readonly { readonly proof: readonly string[] }[];
  } = await provider.send("eth_getProof", [outbox, [outboxSlot(digest)], toQuantity(number)]);
  return { header, account: answer.accountProof, slot: answer.storageProof[0]?.proof ?? [] };
}
