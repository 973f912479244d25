import { keccak256 } from "ethers";
import { bindingNamed, chunkHashes, hashWithoutImmutables, readTies } from "../checkDeployment.js";
import {
  CORE_BINDINGS,
  type Deployed,
  type OpenDeployment,
  type OpenMarket,
  openVault,
} from "../deployment.js";
import { openDerived } from "../derived.js";
import { derivedLedger } from "../generated/DerivedLedger.js";
import type { VerifyingKey } from "../generated/MarginGate.js";
import { calling } from "../transactions/revert.js";
import { tableChunkCount } from "../verificationKey.js";
import {
  LOGGED_BINDINGS,
  type LogConstants,
  type LoggedRole,
  type LogHead,
  ROLES,
  type VaultConstants,
} from "./record.js";

/** What the chain has of a deployment that never changes: its terms, its key and its code. @throws NodeUnreachableError */
export function readConstants(open: OpenDeployment, derived?: string): Promise<LogConstants> {
  return calling("constants", async () => {
    const { marketLedger, bookRegistry, signalTable } = open.contracts;
    const { marginGate } = marketOf(open, derived).contracts;
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
      vault:
        open.deployment.marginVault === undefined || derived !== undefined
          ? null
          : await vaultConstants(open),
      key: {
        words: keyWords(await marginGate.verifyingKey()).map(String),
        table: await signalTable.hash(),
        chunks: await chunkHashes(open, tableChunkCount(open.tier)),
      },
      code: await codeHashes(open, derived),
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

/** The market that a log is of: the deployment's own, or a derived one. */
export function marketOf(open: OpenDeployment, derived: string | undefined): OpenMarket {
  return derived === undefined ? open : openDerived(open, derived);
}

/** Where each contract is whose events a log has; a deployment may have no vault, and a vault is of its own gate. */
export function loggedAddresses({
  deployment,
  derived,
}: Pick<LogHead, "deployment" | "derived">): Partial<Record<LoggedRole, string>> {
  const { contracts, marginVault } = deployment;
  const market = derived === undefined ? undefined : deployment.derived?.[derived];
  const deployed: Partial<Record<LoggedRole, Deployed>> =
    market === undefined
      ? { ...contracts, ...(marginVault === undefined ? {} : { marginVault }) }
      : {
          ...contracts,
          riskProfile: market.riskProfile,
          marginGate: market.marginGate,
          baseProfile: contracts.riskProfile,
        };
  return Object.fromEntries(
    ROLES.flatMap((role) => {
      const address = deployed[role]?.address;
      return address === undefined ? [] : [[role, address]];
    }),
  );
}

/** Where each contract is whose code a log's head names: those with events, and those without. */
export function codeAddresses(head: Pick<LogHead, "deployment" | "derived">) {
  const { deployment, derived } = head;
  const ledger = derived === undefined ? undefined : deployment.derived?.[derived]?.derivedLedger;
  return {
    ...loggedAddresses(head),
    signalTable: deployment.contracts.signalTable.address,
    ...(ledger === undefined ? {} : { derivedLedger: ledger.address }),
  };
}

/** The contracts whose code a log's head names. */
export const CODE_ROLES = [...ROLES, "signalTable", "derivedLedger"] as const;
export const CODE_BINDINGS = { ...LOGGED_BINDINGS, signalTable: CORE_BINDINGS.signalTable, derivedLedger };

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

async function codeHashes(open: OpenDeployment, derived?: string): Promise<LogConstants["code"]> {
  const hashes: LogConstants["code"] = {};
  const { deployment } = open;
  const addresses: Partial<Record<(typeof CODE_ROLES)[number], string>> = codeAddresses({
    deployment,
    ...(derived === undefined ? {} : { derived }),
  });
  for (const role of CODE_ROLES) {
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
