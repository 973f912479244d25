import * as z from "zod/mini";
import { contractAt } from "../../chain/binding.js";
import { deployedSchema, type OpenDeployment, type OpenMarket } from "../../chain/deployment.js";
import { openDerived } from "../../chain/derived.js";
import { type ClearingHouse, clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { type DefaultFund, defaultFund } from "../../chain/generated/DefaultFund.js";
import { marginGate } from "../../chain/generated/MarginGate.js";
import { address } from "../../encoding/address.js";
import { type DeepReadonly, document, printable, shaped } from "../../encoding/shape.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import { DeploymentMismatchError } from "../../errors.js";
import { jsonText, natural } from "../notation.js";

const FORMAT = "zkmargin/clearing@1";

/** The contracts of a clearing house. */
export const CLEARING_ROLES = [
  "clearingHouse",
  "clearingDefaults",
  "defaultFund",
  "transitionVerifier",
  "revealVerifier",
  "marginGate",
] as const;
export type ClearingRole = (typeof CLEARING_ROLES)[number];

const contracts = Object.fromEntries(CLEARING_ROLES.map((role) => [role, deployedSchema])) as Record<
  ClearingRole,
  typeof deployedSchema
>;
const schema = document(FORMAT, {
  chainId: natural,
  /** The registry of the deployment that the house stands on. */
  bookRegistry: address,
  /** Name of the deployment's derived market under the stress profile. */
  stress: printable(32),
  contracts: z.strictObject(contracts),
});

/** The manifest of a clearing house, beside that of the deployment that it stands on. */
export type ClearingManifest = DeepReadonly<z.infer<typeof schema>>;

/**
 * @throws InputError
 *
 * @example
 * ```ts
 * import { parseClearing, serialiseClearing } from "zkmargin/clearing";
 *
 * console.log(parseClearing(serialiseClearing(clearing)).stress); // stress
 * ```
 */
export function parseClearing(text: string, path = "clearing"): ClearingManifest {
  return shaped(schema, parseStrictJson(text, path), { path });
}

/**
 * The text of a house's manifest.
 *
 * @example
 * ```ts
 * import { serialiseClearing } from "zkmargin/clearing";
 *
 * console.log(JSON.parse(serialiseClearing(clearing)).format); // zkmargin/clearing@1
 * ```
 */
export function serialiseClearing(manifest: ClearingManifest): string {
  return jsonText({ format: FORMAT, ...manifest });
}

/** A clearing house on its deployment, for reading. */
export interface OpenHouse {
  readonly open: OpenDeployment;
  readonly manifest: ClearingManifest;
  readonly house: ClearingHouse;
  readonly fund: DefaultFund;
  /** The market that its gate verifies health in. */
  readonly margin: OpenMarket;
  /** The market of its stress profile. */
  readonly stress: OpenMarket;
}

/**
 * Joins the manifests of a deployment and of a house on it.
 * @throws DeploymentMismatchError if the house stands on another chain or registry, or its stress market is not the deployment's
 *
 * @example
 * ```ts
 * import { openHouse } from "zkmargin/clearing";
 *
 * const opened = await openHouse(houseOpen, clearing);
 * console.log(await opened.house.initialMargin()); // 11000n
 * ```
 */
export async function openHouse(open: OpenDeployment, manifest: ClearingManifest): Promise<OpenHouse> {
  const { connection, addresses } = open;
  const expect = (what: string, expected: unknown, got: unknown) => {
    if (String(expected).toLowerCase() !== String(got).toLowerCase())
      throw new DeploymentMismatchError(
        `clearing.${what}: expected ${expected}, got ${got}; is it of this deployment?`,
      );
  };
  expect("chainId", connection.chainId, manifest.chainId);
  expect("bookRegistry", addresses.bookRegistry, manifest.bookRegistry);
  const at = (role: ClearingRole): string => manifest.contracts[role].address;
  const { provider } = connection;
  const house = contractAt(clearingHouse, at("clearingHouse"), provider);
  const gate = contractAt(marginGate, at("marginGate"), provider);
  const stress = openDerived(open, manifest.stress);
  const margin: OpenMarket = {
    ...open,
    addresses: { ...addresses, marginGate: at("marginGate") },
    contracts: { ...open.contracts, marginGate: gate },
  };
  const [ofGate, ofStress, registry, fund] = await Promise.all([
    house.gate(),
    house.stressGate(),
    house.registry(),
    house.fund(),
  ]);
  expect("contracts.marginGate", ofGate, at("marginGate"));
  expect("stress", ofStress, stress.addresses.marginGate);
  expect("contracts.clearingHouse: its registry", registry, addresses.bookRegistry);
  expect("contracts.defaultFund", fund, at("defaultFund"));
  return { open, manifest, house, fund: contractAt(defaultFund, fund, provider), margin, stress };
}
