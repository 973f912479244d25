import { contractAt } from "./binding.js";
import type { Connection } from "./connection.js";
import { type CoreRole, type Deployment, vaultOf } from "./deployment.js";
import { type AccessManager, accessManager } from "./generated/AccessManager.js";
import { type BookRegistry, bookRegistry } from "./generated/BookRegistry.js";
import { type MarginGate, marginGate } from "./generated/MarginGate.js";
import { type MarginVault, marginVault } from "./generated/MarginVault.js";
import { type MarketLedger, marketLedger } from "./generated/MarketLedger.js";
import { type RiskProfile, riskProfile } from "./generated/RiskProfile.js";
import { type SignalTable, signalTable } from "./generated/SignalTable.js";

/** The contracts of a deployment, for reading. */
export interface CoreContracts {
  readonly accessManager: AccessManager;
  readonly signalTable: SignalTable;
  readonly riskProfile: RiskProfile;
  readonly marketLedger: MarketLedger;
  readonly bookRegistry: BookRegistry;
  readonly marginGate: MarginGate;
}

/** A deployment and a node of its chain. */
export interface OpenDeployment extends Pick<Deployment, "tier" | "listing"> {
  readonly connection: Connection;
  readonly deployment: Deployment;
  readonly addresses: Readonly<Record<CoreRole, string>>;
  readonly contracts: CoreContracts;
}

/** The bindings of the core contracts, by role. */
export const CORE_BINDINGS = {
  accessManager,
  signalTable,
  riskProfile,
  marketLedger,
  bookRegistry,
  marginGate,
} as const;

/**
 * Joins a manifest and a node. Sends no request to the chain; checkDeployment compares the two.
 *
 * @example
 * ```ts
 * import { openDeployment } from "zkmargin/chain";
 *
 * console.log(openDeployment(open.connection, open.deployment).tier.name); // 16x16
 * ```
 */
export function openDeployment(connection: Connection, deployment: Deployment): OpenDeployment {
  const { contracts, tier, listing } = deployment;
  const { provider } = connection;
  const address = (role: CoreRole) => contracts[role].address;
  return {
    connection,
    deployment,
    tier,
    listing,
    addresses: {
      accessManager: address("accessManager"),
      signalTable: address("signalTable"),
      riskProfile: address("riskProfile"),
      marketLedger: address("marketLedger"),
      bookRegistry: address("bookRegistry"),
      marginGate: address("marginGate"),
    },
    contracts: {
      accessManager: contractAt(accessManager, address("accessManager"), provider),
      signalTable: contractAt(signalTable, address("signalTable"), provider),
      riskProfile: contractAt(riskProfile, address("riskProfile"), provider),
      marketLedger: contractAt(marketLedger, address("marketLedger"), provider),
      bookRegistry: contractAt(bookRegistry, address("bookRegistry"), provider),
      marginGate: contractAt(marginGate, address("marginGate"), provider),
    },
  };
}

/** The vault of an open deployment. @throws DeploymentMismatchError if it has none */
export function openVault({ connection, deployment }: OpenDeployment): MarginVault {
  return contractAt(marginVault, vaultOf(deployment).address, connection.provider);
}
