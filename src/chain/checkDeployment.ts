import { getCreateAddress, keccak256, ZeroAddress } from "ethers";
import { DeploymentMismatchError, DevelopmentKeyError, WrongChainError } from "../errors.js";
import { checkKey } from "../groth16/verificationKey.js";
import { listingDigest } from "../protocol/listing.js";
import { type AnyBinding, contractAt } from "./binding.js";
import { checkTimelockRoles, expectedDaoTies, readDaoTies } from "./dao.js";
import {
  CORE,
  CORE_BINDINGS,
  DERIVED,
  type Deployed,
  type Deployment,
  type OpenDeployment,
  openCredit,
  openVault,
} from "./deployment.js";
import { DERIVED_BINDINGS, expectedDerivedTies, readDerivedTies } from "./derived.js";
import { fundingIndex } from "./generated/FundingIndex.js";
import * as generated from "./generated/index.js";
import { newestLog } from "./logs.js";
import { expectedSourceTies, readSourceTies } from "./medians.js";
import { expectedRemoteTies, readRemoteTies } from "./remote/ties.js";
import { checkDuties, checkHolders } from "./roles.js";
import { calling } from "./transactions/revert.js";
import {
  type NamedKey,
  tableChunks,
  tableHash,
  type VerifyingKeyWords,
  verifyingKeyWords,
} from "./verificationKey.js";

/**
 * Checks a deployment against its chain before anything relies on it. It compares the chain id, and the code at every
 * address with the manifest's and this package's. It checks how the contracts are tied together, who may call their
 * restricted functions, and that nobody governs without a delay. It compares the verification key, constant by
 * constant, through the key gate.
 * @returns notes that are no faults, a line each: sources that governance has replaced since the manifest was written
 * @throws WrongChainError, DeploymentMismatchError, NodeUnreachableError
 * @throws KeyLineageError, DevelopmentKeyError as checkKeyOnChain
 *
 * @example
 * ```ts
 * import { checkDeployment } from "zkmargin/chain";
 *
 * const checked = await checkDeployment(open); // throws DeploymentMismatchError if something is not what the manifest says
 * console.log(checked.length);
 * ```
 */
export async function checkDeployment(open: OpenDeployment, key?: NamedKey): Promise<string[]> {
  const { connection, deployment } = open;
  if (connection.chainId !== deployment.chainId)
    throw new WrongChainError(`chain: expected id ${deployment.chainId}, got ${connection.chainId}`);

  for (const role of CORE) await checkCode(open, role, deployment.contracts[role], CORE_BINDINGS[role]);
  for (const [name, market] of Object.entries(deployment.derived ?? {}))
    for (const role of DERIVED)
      await checkCode(open, `derived.${name}.${role}`, market[role], DERIVED_BINDINGS[role]);
  if (deployment.marginVault)
    await checkCode(open, "marginVault", deployment.marginVault, generated.marginVault);
  for (const [asset, remote] of Object.entries(deployment.remotes ?? {}))
    for (const role of ["remoteCollateral", "storageProofSource", "blockRoots"] as const) {
      const part = remote[role];
      if (part !== undefined) await checkCode(open, `remotes.${asset}.${role}`, part, generated[role]);
    }
  if (deployment.creditRegistry) {
    await checkCode(open, "creditRegistry", deployment.creditRegistry, generated.creditRegistry);
    await checkLineCode(open);
  }
  if (deployment.dao) {
    const { voteToken, timelock, governor } = deployment.dao;
    await checkCode(open, "dao.voteToken", voteToken);
    await checkCode(open, "dao.timelock", timelock, generated.timelockController);
    await checkCode(open, "dao.governor", governor, generated.riskGovernor);
  }
  for (const [name, source] of Object.entries(deployment.sources))
    await checkCode(open, `sources.${name}`, source);
  return calling("deployment", async () => {
    await checkTies(open);
    await checkDuties(open);
    await checkHolders(open);
    if (deployment.dao) await checkTimelockRoles(open, deployment.dao);
    if (key !== undefined) await checkDeployedKey(open, key);
    return checkSources(open);
  });
}

async function checkCode(open: OpenDeployment, role: string, deployed: Deployed, binding?: AnyBinding) {
  const code = await open.connection.provider.getCode(deployed.address);
  same(
    `${role} at ${deployed.address}`,
    deployed.codeHash,
    hashOfCode(code),
    "is this the right manifest and chain?",
  );
  const expected = binding ?? bindingNamed(deployed.contract);
  if (expected === undefined) return;
  const got = hashWithoutImmutables(code, expected.runtime.immutables);
  same(
    `${role}: code of ${expected.name}`,
    expected.runtime.hash,
    got,
    "was it deployed by another version?",
  );
}

/** That the code which all credit lines are clones of is this package's. */
async function checkLineCode(open: OpenDeployment): Promise<void> {
  const address = await calling("implementation", () => openCredit(open).implementation());
  const { name, runtime } = generated.creditLine;
  const got = hashWithoutImmutables(await open.connection.provider.getCode(address), runtime.immutables);
  same(`creditRegistry: code of ${name}`, runtime.hash, got, "was it deployed by another version?");
}

/** The binding of a contract of this package. */
export function bindingNamed(name: string): AnyBinding | undefined {
  return (Object.values(generated) as AnyBinding[]).find((binding) => binding.name === name);
}

/** keccak256 of code with zeros for its immutables: the same wherever a contract is deployed. */
export function hashWithoutImmutables(code: string, immutables: readonly (readonly number[])[]): string {
  let masked = code;
  for (const [start = 0, length = 0] of immutables) {
    // Two digits a byte, after 0x. Code that ends earlier stays as short as it is.
    const [from, to] = [start, start + length].map((at) => Math.min(2 + 2 * at, code.length)) as [
      number,
      number,
    ];
    masked = `${masked.slice(0, from)}${"0".repeat(to - from)}${masked.slice(to)}`;
  }
  return hashOfCode(masked);
}

/** Hashes by code. Many feeds have one code, and a keeper meets the same contracts again: keccak256 takes milliseconds for 20 KB. */
const hashes = new Map<string, string>();
const MOST_HASHES = 256;

/** keccak256 of code, hex. */
function hashOfCode(code: string): string {
  const known = hashes.get(code);
  if (known !== undefined) return known;
  if (hashes.size === MOST_HASHES) hashes.clear();
  const hash = keccak256(code);
  hashes.set(code, hash);
  return hash;
}

/** That the contracts know each other, and the listing. */
async function checkTies(open: OpenDeployment): Promise<void> {
  for (const { what, expected, got } of brokenTies(expectedTies(open.deployment), await readTies(open)))
    same(what, expected, got, "is the manifest of another deployment?");
}

/** That the ledger reads the manifest's sources. Notes instead that governance has replaced them since. */
async function checkSources({ deployment, contracts, connection }: OpenDeployment): Promise<string[]> {
  const others = [...otherSources(deployment, await contracts.marketLedger.sources())];
  const [first] = others;
  if (first === undefined) return [];
  const { address, block: fromBlock } = deployment.contracts.marketLedger;
  const topics = contracts.marketLedger.interface.encodeFilterTopics("SourcesChanged", []);
  const newest = await newestLog(connection.provider, { address, topics, fromBlock });
  if (newest === undefined || newest.blockNumber <= fromBlock)
    same(`marketLedger.sources ${first.name}`, first.expected, first.got, "is this the right manifest?");
  const names = others.map(({ name }) => name).join(", ");
  return [
    `sources: the ledger reads others than the manifest's of ${names}, since block ${newest?.blockNumber}; what stands behind them is not checked`,
  ];
}

/** That the chain's constants are the key's: those of every gate, and every point of the table. */
async function checkDeployedKey(open: OpenDeployment, named: NamedKey): Promise<void> {
  const { key, hash, kind } = named;
  const { deployment, contracts, connection } = open;
  same("verificationKey.hash", deployment.verificationKey.hash, hash, "take the key it was deployed with");
  same("verificationKey.kind", deployment.verificationKey.kind, kind, "take the key it was deployed with");
  const table = await contracts.signalTable.hash();
  const derived = Object.values(deployment.derived ?? {}).map(({ marginGate: { address } }) =>
    contractAt(generated.marginGate, address, connection.provider),
  );
  for (const gate of [contracts.marginGate, ...derived])
    checkKeyOnChain(named, connection, { constants: await gate.verifyingKey(), tableHash: table });
  const expected = tableChunks(key);
  const chunks = await chunkHashes(open, expected.length);
  for (const [i, chunk] of expected.entries())
    same(`signalTable chunk ${i}`, chunk, chunks[i] ?? "none", FORGERY);
}

/** keccak256 of the code of each contract that holds a part of the signal table, in their order. */
export async function chunkHashes(
  { addresses, connection }: OpenDeployment,
  count: number,
): Promise<string[]> {
  const found: string[] = [];
  for (let chunk = 0; chunk < count; chunk++) {
    const address = getCreateAddress({ from: addresses.signalTable, nonce: chunk + 1 });
    found.push(hashOfCode(await connection.provider.getCode(address)));
  }
  return found;
}

const FORGERY = "do not trust it: proofs under another key mean nothing";

function same(what: string, expected: string, got: string, todo: string): void {
  if (expected.toLowerCase() !== got.toLowerCase())
    throw new DeploymentMismatchError(`${what}: expected ${expected}, got ${got}; ${todo}`);
}

/** What a chain holds of a verification key: MarginGate.verifyingKey and SignalTable.hash. */
export interface ChainKey {
  readonly constants: VerifyingKeyWords;
  readonly tableHash: string;
}

/** Where a key is to be relied on. */
export interface KeyPlace {
  readonly chainId: bigint;
  /** Whether it is a developer's own chain, on which anybody may forge. */
  readonly local: boolean;
}

/**
 * The key gate on a chain: what deploying, using and auditing a deployment hold its verification key to.
 * @param onChain what the chain holds, once there is a deployment
 * @throws KeyLineageError if anybody can forge under the key, or it is none
 * @throws DevelopmentKeyError if it is a development key and the chain is not a local one
 * @throws DeploymentMismatchError if the chain's constants are not the key's
 *
 * @example
 * ```ts
 * import { checkKeyOnChain } from "zkmargin/chain";
 *
 * checkKeyOnChain(trusted, { chainId: 31_337n, local: true }); // throws DevelopmentKeyError on any other chain
 * ```
 */
export function checkKeyOnChain(key: NamedKey, { chainId, local }: KeyPlace, onChain?: ChainKey): void {
  checkKey(key.key);
  if (key.kind === "development" && !local)
    throw new DevelopmentKeyError(
      `verification key: expected one from a ceremony on chain ${chainId}, got a development key, with which anybody can forge; it is for local chains`,
    );
  if (onChain === undefined) return;
  const expected = verifyingKeyWords(key.key);
  const { constants } = onChain;
  for (const part of ["alpha", "ic1", "ic2"] as const)
    same(
      `marginGate ${part}`,
      `${expected[part].x}, ${expected[part].y}`,
      `${constants[part].x}, ${constants[part].y}`,
      FORGERY,
    );
  for (const part of ["beta", "gamma", "delta"] as const)
    same(`marginGate ${part}`, expected[part].join(), [...constants[part]].join(), FORGERY);
  same("signalTable.hash", tableHash(key.key), onChain.tableHash, FORGERY);
}

/** What contracts say of each other and of the listing, by `contract.question`: addresses and numbers as text. */
export type Ties = Readonly<Record<string, string>>;

/** What every contract of a deployment must answer. */
export function expectedTies(deployment: Deployment): Ties {
  const { contracts, marginVault, creditRegistry, sources, listing } = deployment;
  const { accessManager, signalTable, riskProfile, marketLedger, bookRegistry, marginGate } = contracts;
  return {
    "riskProfile.table": signalTable.address,
    "marketLedger.table": signalTable.address,
    "marketLedger.profile": riskProfile.address,
    "bookRegistry.profile": riskProfile.address,
    "marginGate.profile": riskProfile.address,
    "marginGate.ledger": marketLedger.address,
    "marginGate.registry": bookRegistry.address,
    "riskProfile.authority": accessManager.address,
    "marketLedger.authority": accessManager.address,
    "riskProfile.listing": listingDigest(listing).toString(),
    "riskProfile.listed": listing.length.toString(),
    ...(marginVault === undefined
      ? {}
      : {
          "marginVault.gate": marginGate.address,
          "marginVault.authority": accessManager.address,
          "marginVault.credit": creditRegistry?.address ?? ZeroAddress,
        }),
    ...(creditRegistry === undefined ? {} : { "creditRegistry.gate": marginGate.address }),
    ...Object.fromEntries(
      governedSources(sources).map(([name]) => [`sources.${name}.authority`, accessManager.address]),
    ),
    ...expectedSourceTies(sources),
    ...expectedDerivedTies(deployment),
    ...expectedRemoteTies(deployment),
    ...expectedDaoTies(deployment),
  };
}

/** What they do answer, in the newest block. */
export async function readTies(open: OpenDeployment): Promise<Ties> {
  const { contracts, deployment, connection } = open;
  const { riskProfile, marketLedger, bookRegistry, marginGate } = contracts;
  const vault = deployment.marginVault && openVault(open);
  const credit = deployment.creditRegistry && openCredit(open);
  const sources = governedSources(deployment.sources).map(
    async ([name, { address }]): Promise<[string, string]> => [
      `sources.${name}.authority`,
      await contractAt(fundingIndex, address, connection.provider).authority(),
    ],
  );
  return {
    "riskProfile.table": await riskProfile.table(),
    "marketLedger.table": await marketLedger.table(),
    "marketLedger.profile": await marketLedger.profile(),
    "bookRegistry.profile": await bookRegistry.profile(),
    "marginGate.profile": await marginGate.profile(),
    "marginGate.ledger": await marginGate.ledger(),
    "marginGate.registry": await marginGate.registry(),
    "riskProfile.authority": await riskProfile.authority(),
    "marketLedger.authority": await marketLedger.authority(),
    "riskProfile.listing": (await riskProfile.listing()).toString(),
    "riskProfile.listed": (await riskProfile.listed()).toString(),
    ...(vault && {
      "marginVault.gate": await vault.gate(),
      "marginVault.authority": await vault.authority(),
      "marginVault.credit": await vault.credit(),
    }),
    ...(credit && { "creditRegistry.gate": await credit.gate() }),
    ...Object.fromEntries(await Promise.all(sources)),
    ...(await readSourceTies(open)),
    ...(await readDerivedTies(open)),
    ...(await readRemoteTies(open)),
    ...(await readDaoTies(open)),
  };
}

/** Ties that are not what they must be; one that is not there has no `got`. */
export function* brokenTies(expected: Ties, got: Ties) {
  for (const [what, value] of Object.entries(expected))
    if (got[what]?.toLowerCase() !== value.toLowerCase())
      yield { what, expected: value, got: got[what] ?? "none" };
}

/** What the ledger is to read, in the order in which it answers: a feed for each asset, and address zero where there is none. */
export interface LedgerSources {
  readonly feeds: readonly string[];
  readonly fundingSource: string;
  readonly sequencerGuard: string;
}

/** The manifest's sources that a ledger reads otherwise: by name, with what the ledger has instead. */
export function* otherSources({ listing, sources }: Deployment, got: LedgerSources) {
  const pairs: [name: string, got: string | undefined][] = [
    ...listing.map(({ symbol }, u): [string, string | undefined] => [symbol, got.feeds[u]]),
    ["funding", got.fundingSource],
    ["sequencer", got.sequencerGuard],
  ];
  for (const [name, address] of pairs) {
    const expected = sources[name]?.address ?? ZeroAddress;
    if (address !== expected) yield { name, expected, got: address ?? "none" };
  }
}

/** Sources whose restricted functions are the access manager's to give. */
function governedSources(sources: Deployment["sources"]) {
  return Object.entries(sources).filter(([, { contract }]) => contract === fundingIndex.name);
}
