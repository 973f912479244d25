import * as z from "zod/mini";
import { address, hex } from "../encoding/address.js";
import { parseInteger } from "../encoding/decimal.js";
import { document, integer, printable, readBy, sha256, shaped } from "../encoding/shape.js";
import { type JsonObject, parseStrictJson } from "../encoding/strictJson.js";
import { DeploymentMismatchError, FormatError } from "../errors.js";
import { type Listing, listingSchema, listingToJson } from "../protocol/listing.js";
import { findTier, type Tier } from "../protocol/tiers.js";
import { contractAt } from "./binding.js";
import type { Connection } from "./connection.js";
import { type AccessManager, accessManager } from "./generated/AccessManager.js";
import { type BookRegistry, bookRegistry } from "./generated/BookRegistry.js";
import { type MarginGate, marginGate } from "./generated/MarginGate.js";
import { type MarginVault, marginVault } from "./generated/MarginVault.js";
import { type MarketLedger, marketLedger } from "./generated/MarketLedger.js";
import { type RiskProfile, riskProfile } from "./generated/RiskProfile.js";
import { type SignalTable, signalTable } from "./generated/SignalTable.js";
import type { NamedKey } from "./verificationKey.js";

const FORMAT = "zkmargin/deployment@1";

/** The contracts of every deployment. */
export const CORE = [
  "accessManager",
  "signalTable",
  "riskProfile",
  "marketLedger",
  "bookRegistry",
  "marginGate",
] as const;
export type CoreRole = (typeof CORE)[number];

const deployed = z.strictObject({
  /** Its name in this package. */
  contract: printable(64),
  address,
  /** keccak256 of its code. */
  codeHash: hex(32),
  /** Block that it was created in. */
  block: integer(0, Number.MAX_SAFE_INTEGER),
});

/** A contract on a chain. */
export type Deployed = Readonly<z.infer<typeof deployed>>;

/** A tier, in a schema by its name. */
export const tierSchema = readBy((name, path): Tier => {
  const tier = findTier(name);
  if (tier === undefined) throw new FormatError(path, "a tier of this package", "another");
  return tier;
});

const roles = Object.fromEntries(CORE.map((role) => [role, deployed])) as Record<CoreRole, typeof deployed>;
const schema = document(FORMAT, {
  chainId: readBy(parseInteger),
  tier: tierSchema,
  listing: listingSchema,
  verificationKey: z.strictObject({ hash: sha256, kind: z.enum(["development", "ceremony"]) }),
  contracts: z.strictObject(roles),
  marginVault: z.exactOptional(deployed),
  sources: z.record(z.string(), deployed),
});

/** A deployment manifest, `zkmargin/deployment@1`: what stands where, and under which key. */
export interface Deployment {
  readonly chainId: bigint;
  readonly tier: Tier;
  readonly listing: Listing;
  readonly verificationKey: Pick<NamedKey, "hash" | "kind">;
  readonly contracts: Readonly<Record<CoreRole, Deployed>>;
  /** Absent where other contracts use the gate. */
  readonly marginVault?: Deployed;
  /** What the ledger reads, by asset or use; whatever else was deployed for it. */
  readonly sources: Readonly<Record<string, Deployed>>;
}

/**
 * Parses a deployment manifest. checkDeployment compares it with the chain. @throws InputError
 *
 * @example
 * ```ts
 * import { parseDeployment, serialiseDeployment } from "zkmargin/chain";
 *
 * console.log(parseDeployment(serialiseDeployment(open.deployment)).tier.name); // 16x16
 * ```
 */
export function parseDeployment(text: string, path = "deployment"): Deployment {
  return shaped(schema, parseStrictJson(text, path), { path });
}

/**
 * The text of a manifest.
 *
 * @example
 * ```ts
 * import { serialiseDeployment } from "zkmargin/chain";
 *
 * console.log(serialiseDeployment(open.deployment).includes("zkmargin/deployment")); // true
 * ```
 */
export function serialiseDeployment(deployment: Deployment): string {
  const { chainId, tier, listing, verificationKey, contracts, marginVault, sources } = deployment;
  const json: JsonObject = {
    format: FORMAT,
    chainId: chainId.toString(),
    tier: tier.name,
    listing: listingToJson(listing),
    verificationKey: { ...verificationKey },
    contracts: Object.fromEntries(CORE.map((role) => [role, { ...contracts[role] }])),
    ...(marginVault === undefined ? {} : { marginVault: { ...marginVault } }),
    sources: Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, { ...source }])),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** The vault of a deployment. @throws DeploymentMismatchError if it has none */
export function vaultOf({ marginVault }: Deployment): Deployed {
  if (marginVault === undefined)
    throw new DeploymentMismatchError("deployment: expected a marginVault, got none; deploy one");
  return marginVault;
}

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
