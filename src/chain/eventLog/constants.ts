import { keccak256 } from "ethers";
import { bindingNamed, chunkHashes, hashWithoutImmutables, readTies } from "../checkDeployment.js";
import { CORE_BINDINGS, type OpenDeployment, openVault } from "../deployment.js";
import type { VerifyingKey } from "../generated/MarginGate.js";
import { calling } from "../transactions/revert.js";
import { tableChunkCount } from "../verificationKey.js";
import { LOGGED_BINDINGS, type LogConstants, type LoggedRole, ROLES, type VaultConstants } from "./record.js";

/** What the chain has of a deployment that never changes: its terms, its key and its code. @throws NodeUnreachableError */
export function readConstants(open: OpenDeployment): Promise<LogConstants> {
  return calling("constants", async () => {
    const { marketLedger, bookRegistry, marginGate, signalTable } = open.contracts;
    const terms = await marginGate.terms();
    return {
      ledger: {
        twapWindow: Number(await marketLedger.twapWindow()),
        minInterval: Number(await marketLedger.minInterval()),
        provingWindow: Number(await marketLedger.provingWindow()),
        maxRoundAge: Number(await marketLedger.maxRoundAge()),
      },
      gate: {
        maxProofAge: Number(terms.maxProofAge),
        gracePeriod: Number(terms.gracePeriod),
        callPeriod: Number(terms.callPeriod),
        callMargin: Number(terms.callMargin),
      },
      registry: {
        rotationDelay: Number(await bookRegistry.rotationDelay()),
        longestBook: Number(await bookRegistry.longestBook()),
      },
      vault: open.deployment.marginVault === undefined ? null : await vaultConstants(open),
      key: {
        words: keyWords(await marginGate.verifyingKey()).map(String),
        table: await signalTable.hash(),
        chunks: await chunkHashes(open, tableChunkCount(open.tier)),
      },
      code: await codeHashes(open),
      sources: await sourceHashes(open),
      ties: { ...(await readTies(open)) },
      local: open.connection.local,
    };
  });
}

/** A verifying key in a row: alpha, beta, gamma, delta, ic1, ic2. */
export function keyWords({ alpha, beta, gamma, delta, ic1, ic2 }: VerifyingKey): bigint[] {
  return [alpha.x, alpha.y, ...beta, ...gamma, ...delta, ic1.x, ic1.y, ic2.x, ic2.y];
}

/** Where each contract is; a deployment may have no vault. */
export function loggedAddresses({
  deployment,
}: Pick<OpenDeployment, "deployment">): Partial<Record<LoggedRole, string>> {
  const { contracts, marginVault } = deployment;
  return Object.fromEntries(
    ROLES.flatMap((role) => {
      const deployed = role === "marginVault" ? marginVault : contracts[role];
      return deployed === undefined ? [] : [[role, deployed.address]];
    }),
  );
}

/** The bindings of the contracts whose code a log's head names. */
export const CODE_BINDINGS = { ...LOGGED_BINDINGS, signalTable: CORE_BINDINGS.signalTable };

async function vaultConstants(open: OpenDeployment): Promise<VaultConstants> {
  const vault = openVault(open);
  const terms = await vault.terms();
  return {
    settlement: await vault.settlement(),
    initialMargin: Number(terms.initialMargin),
    penalty: Number(terms.penalty),
    incentive: Number(terms.incentive),
    closeFactor: Number(terms.closeFactor),
    premium: Number(terms.premium),
    floor: Number(terms.floor),
    auctionPeriod: Number(terms.auctionPeriod),
    reliefPeriod: Number(terms.reliefPeriod),
    blockTime: Number(terms.blockTime),
    minimumClose: terms.minimumClose.toString(),
  };
}

async function codeHashes(open: OpenDeployment): Promise<LogConstants["code"]> {
  const hashes: LogConstants["code"] = {};
  const addresses = { ...loggedAddresses(open), signalTable: open.addresses.signalTable };
  for (const role of [...ROLES, "signalTable"] as const) {
    const address = addresses[role];
    if (address === undefined) continue;
    const code = await open.connection.provider.getCode(address);
    hashes[role] = hashWithoutImmutables(code, CODE_BINDINGS[role].runtime.immutables);
  }
  return hashes;
}

async function sourceHashes({ connection, deployment }: OpenDeployment): Promise<LogConstants["sources"]> {
  const hashes: LogConstants["sources"] = {};
  for (const [name, { address, contract }] of Object.entries(deployment.sources)) {
    const code = await connection.provider.getCode(address);
    const immutables = bindingNamed(contract)?.runtime.immutables ?? [];
    hashes[name] = { code: keccak256(code), bare: hashWithoutImmutables(code, immutables) };
  }
  return hashes;
}
