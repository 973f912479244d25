import { getBytes, getCreateAddress, hexlify, keccak256 } from "ethers";
import { DeploymentMismatchError, WrongChainError } from "../errors.js";
import { listingDigest } from "../spec/listing.js";
import type { AnyBinding } from "./binding.js";
import { checkDuties } from "./checkRoles.js";
import { CORE_BINDINGS, type OpenDeployment, openVault } from "./contracts.js";
import { CORE, type Deployed } from "./deployment.js";
import * as generated from "./generated/index.js";
import { checkKeyOnChain } from "./keyGate.js";
import { reaching } from "./provider.js";
import { calling } from "./transactions/revert.js";
import { type NamedKey, tableBytes } from "./verificationKey.js";

/** Bytes of the table that one of its chunks holds: contracts/lib/SignalTable.sol. */
const CHUNK_BYTES = 256 * 64;

/**
 * Checks a deployment against its chain, before anything relies on it: the chain, the code at every address (that of the
 * manifest, and that of this package), how the contracts are tied together, whose its restricted functions are, and the
 * verification key, constant by constant, through the key gate. Who holds the roles is checkHolders' to say.
 * @throws WrongChainError, DeploymentMismatchError, NodeUnreachableError
 * @throws KeyLineageError, DevelopmentKeyError as checkKeyOnChain
 */
export async function checkDeployment(open: OpenDeployment, key?: NamedKey): Promise<void> {
  const { connection, deployment } = open;
  if (connection.chainId !== deployment.chainId)
    throw new WrongChainError(`chain: expected id ${deployment.chainId}, got ${connection.chainId}`);
  await reaching(async () => {
    for (const role of CORE) await checkCode(open, role, deployment.contracts[role], CORE_BINDINGS[role]);
    if (deployment.marginVault)
      await checkCode(open, "marginVault", deployment.marginVault, generated.marginVault);
    for (const [name, source] of Object.entries(deployment.sources))
      await checkCode(open, `sources.${name}`, source);
    await calling("deployment", async () => {
      await checkTies(open);
      await checkDuties(open);
      if (key !== undefined) await checkKey(open, key);
    });
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

function bindingNamed(name: string): AnyBinding | undefined {
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
  const { contracts, addresses, listing, deployment } = open;
  const { riskProfile, marketLedger, bookRegistry, marginGate } = contracts;
  const ties: [what: string, expected: string, got: string][] = [
    ["riskProfile.table", addresses.signalTable, await riskProfile.table()],
    ["marketLedger.table", addresses.signalTable, await marketLedger.table()],
    ["marketLedger.profile", addresses.riskProfile, await marketLedger.profile()],
    ["bookRegistry.profile", addresses.riskProfile, await bookRegistry.profile()],
    ["marginGate.profile", addresses.riskProfile, await marginGate.profile()],
    ["marginGate.ledger", addresses.marketLedger, await marginGate.ledger()],
    ["marginGate.registry", addresses.bookRegistry, await marginGate.registry()],
    ["riskProfile.authority", addresses.accessManager, await riskProfile.authority()],
    ["marketLedger.authority", addresses.accessManager, await marketLedger.authority()],
    ["riskProfile.listing", listingDigest(listing).toString(), (await riskProfile.listing()).toString()],
    ["riskProfile.listed", listing.length.toString(), (await riskProfile.listed()).toString()],
  ];
  if (deployment.marginVault) {
    const vault = openVault(open);
    ties.push(["marginVault.gate", addresses.marginGate, await vault.gate()]);
    ties.push(["marginVault.authority", addresses.accessManager, await vault.authority()]);
  }
  for (const [what, expected, got] of ties)
    same(what, expected, got, "is the manifest of another deployment?");
}

/** That the chain's constants are the key's: those of the gate, and every point of the table. */
async function checkKey(open: OpenDeployment, named: NamedKey): Promise<void> {
  const { key, hash, kind } = named;
  const { deployment, contracts, addresses, connection } = open;
  same("verificationKey.hash", deployment.verificationKey.hash, hash, "take the key it was deployed with");
  same("verificationKey.kind", deployment.verificationKey.kind, kind, "take the key it was deployed with");
  const constants = await contracts.marginGate.verifyingKey();
  checkKeyOnChain(named, connection, { constants, tableHash: await contracts.signalTable.hash() });
  const bytes = getBytes(tableBytes(key));
  for (let chunk = 0; chunk * CHUNK_BYTES < bytes.length; chunk++) {
    const address = getCreateAddress({ from: addresses.signalTable, nonce: chunk + 1 });
    const code = await connection.provider.getCode(address);
    const expected = hexlify(bytes.slice(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES));
    same(`signalTable chunk ${chunk}`, keccak256(`0x00${expected.slice(2)}`), keccak256(code), FORGERY);
  }
}

const FORGERY = "do not trust it: proofs under another key mean nothing";

function same(what: string, expected: string, got: string, todo: string): void {
  if (expected.toLowerCase() !== got.toLowerCase())
    throw new DeploymentMismatchError(`${what}: expected ${expected}, got ${got}; ${todo}`);
}
