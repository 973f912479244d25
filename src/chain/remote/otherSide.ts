import * as z from "zod/mini";
import { address } from "../../encoding/address.js";
import { parseInteger } from "../../encoding/decimal.js";
import { type DeepReadonly, document, readBy, shaped } from "../../encoding/shape.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import { DeploymentMismatchError, WrongChainError } from "../../errors.js";
import { contractAt, interfaceOf } from "../binding.js";
import { bindingNamed, hashWithoutImmutables } from "../checkDeployment.js";
import type { Connection } from "../connection.js";
import { creator, type DeployStep } from "../deploy/create.js";
import { deployProofSource } from "../deploy/deployLending.js";
import type { MessageSourcePlan } from "../deploy/plan.js";
import { type Deployed, deployedSchema, type OpenDeployment, openRemote } from "../deployment.js";
import { type BlockRoots, blockRoots } from "../generated/BlockRoots.js";
import { type CollateralLock, collateralLock } from "../generated/CollateralLock.js";
import type { RemoteCollateral } from "../generated/RemoteCollateral.js";
import { type StorageProofSource, storageProofSource } from "../generated/StorageProofSource.js";
import { calling } from "../transactions/revert.js";
import type { Transactions } from "../transactions/transactions.js";

const FORMAT = "zkmargin/remote@1";

const schema = document(FORMAT, {
  chainId: readBy(parseInteger),
  homeChain: readBy(parseInteger),
  /** What is locked. */
  token: address,
  contracts: z.strictObject({
    collateralLock: deployedSchema,
    /** Absent where the source stood before. */
    storageProofSource: z.exactOptional(deployedSchema),
    blockRoots: z.exactOptional(deployedSchema),
  }),
});

/** A manifest `zkmargin/remote@1`: what stands on the other chain, for one asset of one deployment at home. */
export type OtherSide = DeepReadonly<z.infer<typeof schema>>;

/**
 * Parses the manifest of the other side. @throws InputError
 *
 * @example
 * ```ts
 * import { deployOtherSide, parseOtherSide, serialiseOtherSide } from "zkmargin/chain";
 *
 * const { address } = custodian;
 * const source = { kind: "storage-proofs" as const, attesters: [address], threshold: 1, wait: 60, finality: 900 };
 * const other = await deployOtherSide(open.connection, transactions, { homeChain: 1n, token, source });
 * console.log(parseOtherSide(serialiseOtherSide(other)).homeChain); // 1n
 * ```
 */
export function parseOtherSide(text: string, path = "remote"): OtherSide {
  return shaped(schema, parseStrictJson(text, path), { path });
}

/**
 * The text of the other side's manifest.
 *
 * @example
 * ```ts
 * import { deployOtherSide, parseOtherSide, serialiseOtherSide } from "zkmargin/chain";
 *
 * const { address } = custodian;
 * const source = { kind: "storage-proofs" as const, attesters: [address], threshold: 1, wait: 60, finality: 900 };
 * const other = await deployOtherSide(open.connection, transactions, { homeChain: 1n, token, source });
 * console.log(parseOtherSide(serialiseOtherSide(other)).token === other.token); // true
 * ```
 */
export function serialiseOtherSide({ chainId, homeChain, token, contracts }: OtherSide): string {
  const parts = Object.fromEntries(Object.entries(contracts).map(([role, part]) => [role, { ...part }]));
  const json = { format: FORMAT, chainId: `${chainId}`, homeChain: `${homeChain}`, token, contracts: parts };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** What is deployed on the other chain. */
export interface OtherSidePlan {
  readonly homeChain: bigint;
  /** What is locked: an ERC-20 that changes no balances by itself. */
  readonly token: string;
  /** Says what home has said: who vouches for home's blocks, with storage proofs. */
  readonly source: MessageSourcePlan;
}

/**
 * Deploys a lock and its message source on the other chain. It takes nothing until {@link bindLock} names its home.
 * @throws what Transactions.send throws
 *
 * @example
 * ```ts
 * import { deployOtherSide } from "zkmargin/chain";
 *
 * const { address } = custodian;
 * const source = { kind: "storage-proofs" as const, attesters: [address], threshold: 1, wait: 60, finality: 900 };
 * const { contracts } = await deployOtherSide(open.connection, transactions, { homeChain: 1n, token, source });
 * console.log(contracts.collateralLock.contract); // CollateralLock
 * ```
 */
export async function deployOtherSide(
  connection: Connection,
  transactions: Transactions,
  { homeChain, token, source }: OtherSidePlan,
  onStep: (step: DeployStep) => void = () => {},
): Promise<OtherSide> {
  const create = creator(connection, transactions, onStep);
  const parts =
    source.kind === "deployed" ? undefined : await deployProofSource(create, "home", homeChain, source);
  const from = source.kind === "deployed" ? source.address : (parts?.storageProofSource.address ?? "");
  const lock: Deployed = await create("collateralLock", collateralLock, [token, from]);
  return { chainId: connection.chainId, homeChain, token, contracts: { collateralLock: lock, ...parts } };
}

/**
 * Names a lock's home, once and for good. Only who deployed the lock may.
 * @throws what Transactions.send throws
 *
 * @example
 * ```ts
 * import { bindLock, deployOtherSide } from "zkmargin/chain";
 *
 * const { address } = custodian;
 * const source = { kind: "storage-proofs" as const, attesters: [address], threshold: 1, wait: 60, finality: 900 };
 * const other = await deployOtherSide(open.connection, transactions, { homeChain: 1n, token, source });
 * const receipt = await bindLock(open.connection, transactions, other, open.addresses.marginGate);
 * console.log(receipt?.status); // 1
 * ```
 */
export async function bindLock(
  { provider }: Pick<Connection, "provider">,
  transactions: Transactions,
  { contracts }: OtherSide,
  home: string,
) {
  const { address: to } = contracts.collateralLock;
  const lock = contractAt(collateralLock, to, provider);
  return transactions.send({
    key: `bind ${to} ${home}`,
    to,
    data: interfaceOf(collateralLock).encodeFunctionData("bind", [home]),
    isDone: async () => (await lock.peer()) === home,
  });
}

/** One side's source of messages, where it is of storage proofs. */
export interface ProofSide {
  readonly source: StorageProofSource;
  readonly roots: BlockRoots;
}

/** An asset on another chain, with both its sides. */
export interface RemotePair {
  readonly asset: string;
  readonly home: OpenDeployment;
  readonly collateral: RemoteCollateral;
  readonly other: OtherSide;
  readonly connection: Connection;
  readonly lock: CollateralLock;
  /** What takes proofs of the other chain at home, and of home there; null where that source stood before. */
  readonly proofs: { readonly home: ProofSide | null; readonly other: ProofSide | null };
}

/**
 * Joins both sides of an asset, and checks that each names the other, its chain and a source of this package.
 * @param connection to the other chain
 * @throws DeploymentMismatchError naming what is another, WrongChainError, NodeUnreachableError
 *
 * @example
 * ```ts
 * import { connectPair } from "zkmargin/chain";
 *
 * const assets = Object.keys(open.deployment.remotes ?? {});
 * console.log(assets.length, typeof connectPair); // 0 function
 * ```
 */
export async function connectPair(
  home: OpenDeployment,
  asset: string,
  connection: Connection,
  other: OtherSide,
): Promise<RemotePair> {
  const collateral = openRemote(home, asset);
  if (connection.chainId !== other.chainId)
    throw new WrongChainError(`other chain: expected id ${other.chainId}, got ${connection.chainId}`);
  const { provider } = connection;
  const lock = contractAt(collateralLock, other.contracts.collateralLock.address, provider);
  const proofs = {
    home: proofSide(home.deployment.remotes?.[asset] ?? {}, home.connection),
    other: proofSide(other.contracts, connection),
  };
  for (const [role, part] of Object.entries(other.contracts)) {
    const binding = bindingNamed(part.contract);
    const code = await provider.getCode(part.address);
    if (
      binding === undefined ||
      hashWithoutImmutables(code, binding.runtime.immutables) !== binding.runtime.hash
    )
      throw new DeploymentMismatchError(
        `remote ${role} at ${part.address}: expected the code of ${role} of this package, got another; is this the right manifest and chain?`,
      );
  }
  await calling(`remote ${asset}`, async () => {
    const { address } = other.contracts.collateralLock;
    const ties: [what: string, expected: unknown, got: unknown][] = [
      ["home: its lock", address, await collateral.lock()],
      ["home: the lock's chain", other.chainId, await collateral.chain()],
      ["lock: its home", collateral.target, await lock.peer()],
      ["lock: its home's chain", home.connection.chainId, await lock.homeChain()],
      ["lock: its token", other.token, await lock.token()],
      ...(proofs.other === null
        ? []
        : ([["lock: its source", proofs.other.source.target, await lock.source()]] as const)),
    ].map(([what, expected, got]) => [String(what), expected, got]);
    for (const [what, expected, got] of ties)
      if (String(expected).toLowerCase() !== String(got).toLowerCase())
        throw new DeploymentMismatchError(
          `remote ${asset}, ${what}: expected ${expected}, got ${got}; do not use it: the two sides are not each other's`,
        );
  });
  return { asset, home, collateral, other, connection, lock, proofs };
}

function proofSide(
  {
    storageProofSource: source,
    blockRoots: roots,
  }: Pick<OtherSide["contracts"], "storageProofSource" | "blockRoots">,
  { provider }: Connection,
): ProofSide | null {
  if (source === undefined || roots === undefined) return null;
  return {
    source: contractAt(storageProofSource, source.address, provider),
    roots: contractAt(blockRoots, roots.address, provider),
  };
}
