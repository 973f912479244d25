import { getBytes, getCreateAddress, hexlify, keccak256 } from "ethers";
import { DeploymentMismatchError, WrongChainError } from "../errors.js";
import type { AnyBinding } from "./binding.js";
import { checkDuties, checkHolders } from "./checkRoles.js";
import { CORE_BINDINGS, type OpenDeployment } from "./contracts.js";
import { CORE, type Deployed } from "./deployment.js";
import * as generated from "./generated/index.js";
import { checkKeyOnChain } from "./keyGate.js";
import { newestLog } from "./logs.js";
import { brokenTies, expectedTies, otherSources, readTies } from "./ties.js";
import { calling } from "./transactions/revert.js";
import { type NamedKey, tableChunks } from "./verificationKey.js";

/**
 * Checks a deployment against its chain, before anything relies on it: the chain, the code at every address (that of the
 * manifest, and that of this package), how the contracts are tied together, whose its restricted functions are, that
 * nobody governs without a delay, and the verification key, constant by constant, through the key gate.
 * @returns what is no fault but to be known, a line each: sources that governance has replaced since the manifest was written
 * @throws WrongChainError, DeploymentMismatchError, NodeUnreachableError
 * @throws KeyLineageError, DevelopmentKeyError as checkKeyOnChain
 */
export async function checkDeployment(open: OpenDeployment, key?: NamedKey): Promise<string[]> {
  const { connection, deployment } = open;
  if (connection.chainId !== deployment.chainId)
    throw new WrongChainError(`chain: expected id ${deployment.chainId}, got ${connection.chainId}`);

  for (const role of CORE) await checkCode(open, role, deployment.contracts[role], CORE_BINDINGS[role]);
  if (deployment.marginVault)
    await checkCode(open, "marginVault", deployment.marginVault, generated.marginVault);
  for (const [name, source] of Object.entries(deployment.sources))
    await checkCode(open, `sources.${name}`, source);
  return calling("deployment", async () => {
    await checkTies(open);
    await checkDuties(open);
    await checkHolders(open);
    if (key !== undefined) await checkKey(open, key);
    return checkSources(open);
  });
}

async function checkCode(open: OpenDeployment, role: string, deployed: Deployed, binding?: AnyBinding) {
  const code = await open.connection.provider.getCode(deployed.address);
  same(
    `${role} at ${deployed.address}`,
    deployed.codeHash,
    keccak256(code),
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

/** The binding of a contract of this package. */
export function bindingNamed(name: string): AnyBinding | undefined {
  return (Object.values(generated) as AnyBinding[]).find((binding) => binding.name === name);
}

/** keccak256 of code with zeros for its immutables: the same wherever a contract is deployed. */
export function hashWithoutImmutables(code: string, immutables: readonly (readonly number[])[]): string {
  const bytes = getBytes(code);
  for (const [start = 0, length = 0] of immutables) bytes.fill(0, start, start + length);
  return keccak256(hexlify(bytes));
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

/** That the chain's constants are the key's: those of the gate, and every point of the table. */
async function checkKey(open: OpenDeployment, named: NamedKey): Promise<void> {
  const { key, hash, kind } = named;
  const { deployment, contracts, connection } = open;
  same("verificationKey.hash", deployment.verificationKey.hash, hash, "take the key it was deployed with");
  same("verificationKey.kind", deployment.verificationKey.kind, kind, "take the key it was deployed with");
  const constants = await contracts.marginGate.verifyingKey();
  checkKeyOnChain(named, connection, { constants, tableHash: await contracts.signalTable.hash() });
  const chunks = await chunkHashes(open, tableChunks(key).length);
  for (const [i, expected] of tableChunks(key).entries())
    same(`signalTable chunk ${i}`, expected, chunks[i] ?? "none", FORGERY);
}

/** keccak256 of the code of each contract that holds a part of the signal table, in their order. */
export async function chunkHashes(
  { addresses, connection }: OpenDeployment,
  count: number,
): Promise<string[]> {
  const hashes: string[] = [];
  for (let chunk = 0; chunk < count; chunk++) {
    const address = getCreateAddress({ from: addresses.signalTable, nonce: chunk + 1 });
    hashes.push(keccak256(await connection.provider.getCode(address)));
  }
  return hashes;
}

const FORGERY = "do not trust it: proofs under another key mean nothing";

function same(what: string, expected: string, got: string, todo: string): void {
  if (expected.toLowerCase() !== got.toLowerCase())
    throw new DeploymentMismatchError(`${what}: expected ${expected}, got ${got}; ${todo}`);
}
