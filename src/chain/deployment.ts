import { readAddress, readHex } from "../encoding/address.js";
import { parseInteger } from "../encoding/decimal.js";
import { asObject, ObjectReader } from "../encoding/objectReader.js";
import { type JsonObject, type JsonValue, parseStrictJson } from "../encoding/strictJson.js";
import { DeploymentMismatchError, FormatError } from "../errors.js";
import { type Listing, listingToJson, readListing } from "../protocol/listing.js";
import { findTier, type Tier } from "../protocol/tiers.js";
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

/** A contract on a chain. */
export interface Deployed {
  /** Its name in this package. */
  readonly contract: string;
  readonly address: string;
  /** keccak256 of its code. */
  readonly codeHash: string;
  /** Block that it was created in. */
  readonly block: number;
}

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
  const file = ObjectReader.document(parseStrictJson(text, path), path, FORMAT, [
    "chainId",
    "tier",
    "listing",
    "verificationKey",
    "contracts",
    "marginVault",
    "sources",
  ]);
  const tier = readTier(file);
  const key = ObjectReader.of(file.value("verificationKey"), file.at("verificationKey"), ["hash", "kind"]);
  const contracts = ObjectReader.of(file.value("contracts"), file.at("contracts"), CORE);
  const sources = asObject(file.value("sources"), file.at("sources"));
  return {
    chainId: parseInteger(file.string("chainId"), file.at("chainId")),
    tier,
    listing: readListing(file.value("listing"), file.at("listing")),
    verificationKey: { hash: key.sha256("hash"), kind: key.oneOf("kind", ["development", "ceremony"]) },
    contracts: Object.fromEntries(
      CORE.map((role) => [role, readDeployed(contracts.value(role), contracts.at(role))]),
    ) as Record<CoreRole, Deployed>,
    ...(file.has("marginVault")
      ? { marginVault: readDeployed(file.value("marginVault"), file.at("marginVault")) }
      : {}),
    sources: Object.fromEntries(
      Object.entries(sources).map(([name, value]) => [
        name,
        readDeployed(value, `${file.at("sources")}.${name}`),
      ]),
    ),
  };
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

/** The tier that a file names. @throws FormatError */
export function readTier(file: ObjectReader): Tier {
  const tier = findTier(file.string("tier"));
  if (tier === undefined) throw new FormatError(file.at("tier"), "a tier of this package", "another");
  return tier;
}

function readDeployed(value: JsonValue, path: string): Deployed {
  const deployed = ObjectReader.of(value, path, ["contract", "address", "codeHash", "block"]);
  return {
    contract: deployed.text("contract", 64),
    address: readAddress(deployed, "address"),
    codeHash: readHex(deployed, "codeHash", 32),
    block: deployed.integer("block", { min: 0, max: Number.MAX_SAFE_INTEGER }),
  };
}
