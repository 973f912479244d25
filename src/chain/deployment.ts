import * as z from "zod/mini";
import { address, hex } from "../encoding/address.js";
import { parseInteger } from "../encoding/decimal.js";
import {
  type DeepReadonly,
  document,
  integer,
  printable,
  readBy,
  sha256,
  shaped,
} from "../encoding/shape.js";
import { type JsonObject, parseStrictJson } from "../encoding/strictJson.js";
import { DeploymentMismatchError, FormatError } from "../errors.js";
import { type Listing, listingSchema, listingToJson } from "../protocol/listing.js";
import { findTier, type Tier } from "../protocol/tiers.js";
import { contractAt } from "./binding.js";
import type { Connection } from "./connection.js";
import { type AccessManager, accessManager } from "./generated/AccessManager.js";
import { type BookRegistry, bookRegistry } from "./generated/BookRegistry.js";
import { type CreditRegistry, creditRegistry } from "./generated/CreditRegistry.js";
import type { DerivedLedger } from "./generated/DerivedLedger.js";
import { type MarginGate, marginGate } from "./generated/MarginGate.js";
import { type MarginVault, marginVault } from "./generated/MarginVault.js";
import { type MarketLedger, marketLedger } from "./generated/MarketLedger.js";
import { type RemoteCollateral, remoteCollateral } from "./generated/RemoteCollateral.js";
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

/** A contract, in a schema. */
export const deployedSchema = z.strictObject({
  /** Its name in this package. */
  contract: printable(64),
  address,
  /** keccak256 of its code. */
  codeHash: hex(32),
  /** Block that it was created in. */
  block: integer(0, Number.MAX_SAFE_INTEGER),
});

/** A contract on a chain. */
export type Deployed = Readonly<z.infer<typeof deployedSchema>>;

/** A tier, in a schema by its name. */
export const tierSchema = readBy((name, path): Tier => {
  const tier = findTier(name);
  if (tier === undefined) throw new FormatError(path, "a tier of this package", "another");
  return tier;
});

/** The contracts of a derived market: another profile, and a ledger and a gate on it. */
export const DERIVED = ["riskProfile", "derivedLedger", "marginGate"] as const;
export type DerivedRole = (typeof DERIVED)[number];
/** A derived market in a manifest. */
export type DerivedContracts = Readonly<Record<DerivedRole, Deployed>>;

/** A name of a derived market: lower-case letters, digits and hyphens, a letter first, at most 32. */
export const MARKET_NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** The home side of an asset on another chain; its message source, unless it stood before, and who vouches for blocks. */
const remoteContracts = z.strictObject({
  remoteCollateral: deployedSchema,
  storageProofSource: z.exactOptional(deployedSchema),
  blockRoots: z.exactOptional(deployedSchema),
});
/** Contracts of an asset on another chain in a manifest. */
export type RemoteContracts = DeepReadonly<z.infer<typeof remoteContracts>>;
/** The contracts of a DAO that governs a deployment. */
export const DAO = ["voteToken", "timelock", "governor"] as const;
export type DaoRole = (typeof DAO)[number];
/** A DAO in a manifest. */
export type DaoContracts = Readonly<Record<DaoRole, Deployed>>;

const eachOf = <Role extends string>(names: readonly Role[]) =>
  Object.fromEntries(names.map((role) => [role, deployedSchema])) as Record<Role, typeof deployedSchema>;
const schema = document(FORMAT, {
  chainId: readBy(parseInteger),
  tier: tierSchema,
  listing: listingSchema,
  verificationKey: z.strictObject({ hash: sha256, kind: z.enum(["development", "ceremony"]) }),
  contracts: z.strictObject(eachOf(CORE)),
  /** Markets at the same prices under other profiles, by name; absent where there is none. */
  derived: z.exactOptional(z.record(z.string().check(z.regex(MARKET_NAME)), z.strictObject(eachOf(DERIVED)))),
  /** Absent where other contracts use the gate. */
  marginVault: z.exactOptional(deployedSchema),
  /** Assets on other chains that are collateral in the vault, by symbol; absent where there is none. */
  remotes: z.exactOptional(z.record(printable(32), remoteContracts)),
  /** Absent where the deployment has no credit lines. */
  creditRegistry: z.exactOptional(deployedSchema),
  /** Absent where no DAO of this package's contracts governs. */
  dao: z.exactOptional(z.strictObject(eachOf(DAO))),
  /** What the ledger reads, by asset or use; whatever else was deployed for it. */
  sources: z.record(z.string(), deployedSchema),
});

/** What stands behind a source has its name and a word, in a manifest: a ratio, the sources of a median, and its check. */
export const ratioOf = (name: string) => `${name} ratio`;
export const sourceOf = (name: string, i: number) => `${name} source ${i}`;
export const checkOf = (name: string) => `${name} check`;
export const quoteOf = (name: string) => `${name} quote`;

/** A deployment manifest, `zkmargin/deployment@1`: what stands where, and under which key. */
export type Deployment = DeepReadonly<z.infer<typeof schema>>;

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
  const {
    chainId,
    tier,
    listing,
    verificationKey,
    contracts,
    derived,
    marginVault,
    creditRegistry,
    dao,
    remotes,
    sources,
  } = deployment;
  const rolesOf = <Role extends string>(names: readonly Role[], of: Readonly<Record<Role, Deployed>>) =>
    Object.fromEntries(names.map((role) => [role, { ...of[role] }]));
  const json: JsonObject = {
    format: FORMAT,
    chainId: chainId.toString(),
    tier: tier.name,
    listing: listingToJson(listing),
    verificationKey: { ...verificationKey },
    contracts: rolesOf(CORE, contracts),
    ...(derived === undefined
      ? {}
      : {
          derived: Object.fromEntries(
            Object.entries(derived).map(([name, market]) => [name, rolesOf(DERIVED, market)]),
          ),
        }),
    ...(marginVault === undefined ? {} : { marginVault: { ...marginVault } }),
    ...(remotes === undefined
      ? {}
      : {
          remotes: Object.fromEntries(
            Object.entries(remotes).map(([asset, parts]) => [
              asset,
              Object.fromEntries(Object.entries(parts).map(([role, part]) => [role, { ...part }])),
            ]),
          ),
        }),
    ...(creditRegistry === undefined ? {} : { creditRegistry: { ...creditRegistry } }),
    ...(dao === undefined ? {} : { dao: rolesOf(DAO, dao) }),
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

/** What takes the prices of a market: its own ledger, or the one that it is derived from. */
export interface Oracle {
  readonly ledger: MarketLedger;
  /** Whose parameters that ledger folds its rounds with. */
  readonly profile: RiskProfile;
  /** All contracts of the deployment's own market. */
  readonly deployed: Deployment["contracts"];
}

/** What a ledger answers, derived or not. */
export type AnyLedger = Pick<MarketLedger, keyof MarketLedger & keyof DerivedLedger>;

/** A market of a deployment and a node of its chain: the deployment's own, or one derived from it. */
export interface OpenMarket extends Pick<Deployment, "tier" | "listing"> {
  readonly connection: Connection;
  /** Name of a derived market; absent of the deployment's own. */
  readonly derived?: string;
  readonly addresses: Readonly<Record<CoreRole, string>>;
  readonly contracts: Omit<CoreContracts, "marketLedger"> & { readonly marketLedger: AnyLedger };
  readonly oracle: Oracle;
  /** The DAO that governs it; absent where none does. */
  readonly dao?: DaoContracts;
}

/** A deployment and a node of its chain. */
export interface OpenDeployment extends OpenMarket {
  readonly deployment: Deployment;
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
  const { contracts: deployed, tier, listing, dao } = deployment;
  const { provider } = connection;
  const addresses = Object.fromEntries(CORE.map((role) => [role, deployed[role].address])) as Record<
    CoreRole,
    string
  >;
  const contracts: CoreContracts = {
    accessManager: contractAt(accessManager, addresses.accessManager, provider),
    signalTable: contractAt(signalTable, addresses.signalTable, provider),
    riskProfile: contractAt(riskProfile, addresses.riskProfile, provider),
    marketLedger: contractAt(marketLedger, addresses.marketLedger, provider),
    bookRegistry: contractAt(bookRegistry, addresses.bookRegistry, provider),
    marginGate: contractAt(marginGate, addresses.marginGate, provider),
  };
  const oracle = { ledger: contracts.marketLedger, profile: contracts.riskProfile, deployed };
  return { connection, deployment, tier, listing, addresses, contracts, oracle, ...(dao && { dao }) };
}

/** The vault of an open deployment. @throws DeploymentMismatchError if it has none */
export function openVault({ connection, deployment }: OpenDeployment): MarginVault {
  return contractAt(marginVault, vaultOf(deployment).address, connection.provider);
}

/** The home side of an asset on another chain. @throws DeploymentMismatchError if the deployment has none of that symbol */
export function remoteOf({ remotes = {} }: Deployment, asset: string): RemoteContracts {
  const remote = Object.hasOwn(remotes, asset) ? remotes[asset] : undefined;
  if (remote === undefined)
    throw new DeploymentMismatchError(
      `deployment: expected an asset on another chain of that symbol, got ${Object.keys(remotes).join(", ") || "none at all"}`,
    );
  return remote;
}

/** The contract behind {@link remoteOf}. */
export function openRemote({ connection, deployment }: OpenDeployment, asset: string): RemoteCollateral {
  return contractAt(
    remoteCollateral,
    remoteOf(deployment, asset).remoteCollateral.address,
    connection.provider,
  );
}

/** The registry of a deployment's credit lines. @throws DeploymentMismatchError if it has none */
function creditOf({ creditRegistry }: Deployment): Deployed {
  if (creditRegistry === undefined)
    throw new DeploymentMismatchError("deployment: expected a creditRegistry, got none; deploy one");
  return creditRegistry;
}

/** The registry of credit lines of an open deployment. @throws DeploymentMismatchError if it has none */
export function openCredit({ connection, deployment }: OpenDeployment): CreditRegistry {
  return contractAt(creditRegistry, creditOf(deployment).address, connection.provider);
}
