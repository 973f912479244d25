import { DeploymentMismatchError } from "../errors.js";
import { listingDigest } from "../protocol/listing.js";
import { type AnyBinding, contractAt } from "./binding.js";
import type { Deployment, DerivedRole, OpenDeployment, OpenMarket } from "./deployment.js";
import { derivedLedger } from "./generated/DerivedLedger.js";
import { marginGate } from "./generated/MarginGate.js";
import { marketLedger } from "./generated/MarketLedger.js";
import { riskProfile } from "./generated/RiskProfile.js";

/** The bindings of a derived market's contracts, by role. */
export const DERIVED_BINDINGS = {
  riskProfile,
  derivedLedger,
  marginGate,
} as const satisfies Record<DerivedRole, AnyBinding>;

/**
 * A derived market of a deployment: the same prices, books and key under another profile, and the gate that verifies proofs
 * under it. Commands and functions that take a market work on it as on the deployment's own. Sends no request to the chain.
 * @param name the market's name in the manifest
 * @throws DeploymentMismatchError if the deployment has no market of this name
 *
 * @example
 * ```ts
 * import { openDerived } from "zkmargin/chain";
 *
 * const names = Object.keys(open.deployment.derived ?? {});
 * for (const name of names) console.log(openDerived(open, name).addresses.marginGate);
 * ```
 */
export function openDerived(open: OpenDeployment, name: string): OpenMarket {
  const { connection, tier, listing, oracle, deployment, dao } = open;
  const { provider } = connection;
  const names = Object.keys(deployment.derived ?? {});
  const market = names.includes(name) ? deployment.derived?.[name] : undefined;
  if (market === undefined)
    throw new DeploymentMismatchError(
      `deployment: expected a derived market of that name, got ${names.join(", ") || "none at all"}`,
    );
  const addresses = {
    ...open.addresses,
    riskProfile: market.riskProfile.address,
    marketLedger: market.derivedLedger.address,
    marginGate: market.marginGate.address,
  };
  return {
    connection,
    derived: name,
    tier,
    listing,
    addresses,
    contracts: {
      ...open.contracts,
      riskProfile: contractAt(riskProfile, addresses.riskProfile, provider),
      // A derived ledger answers what AnyLedger has, and emits nothing.
      marketLedger: contractAt(marketLedger, addresses.marketLedger, provider),
      marginGate: contractAt(marginGate, addresses.marginGate, provider),
    },
    oracle,
    ...(dao && { dao }),
  };
}

/** What the contracts of derived markets must answer, as Ties. */
export function expectedDerivedTies({ contracts, derived = {}, listing }: Deployment) {
  const { accessManager, signalTable, bookRegistry, marketLedger: base, riskProfile: own } = contracts;
  return Object.fromEntries(
    Object.entries(derived).flatMap(([name, { riskProfile: other, derivedLedger: ledger }]) =>
      Object.entries({
        "riskProfile.table": signalTable.address,
        "riskProfile.authority": accessManager.address,
        "riskProfile.listing": listingDigest(listing).toString(),
        "riskProfile.listed": listing.length.toString(),
        "derivedLedger.base": base.address,
        "derivedLedger.baseProfile": own.address,
        "derivedLedger.other": other.address,
        "marginGate.ledger": ledger.address,
        "marginGate.profile": ledger.address,
        "marginGate.registry": bookRegistry.address,
      }).map(([what, value]) => [`derived.${name}.${what}`, value] as const),
    ),
  );
}

/** What they do answer, in the newest block. */
export async function readDerivedTies({ connection, deployment }: OpenDeployment) {
  const found: Record<string, string> = {};
  for (const [name, market] of Object.entries(deployment.derived ?? {})) {
    const { provider } = connection;
    const other = contractAt(riskProfile, market.riskProfile.address, provider);
    const ledger = contractAt(derivedLedger, market.derivedLedger.address, provider);
    const gate = contractAt(marginGate, market.marginGate.address, provider);
    const answers = {
      "riskProfile.table": await other.table(),
      "riskProfile.authority": await other.authority(),
      "riskProfile.listing": (await other.listing()).toString(),
      "riskProfile.listed": (await other.listed()).toString(),
      "derivedLedger.base": await ledger.base(),
      "derivedLedger.baseProfile": await ledger.baseProfile(),
      "derivedLedger.other": await ledger.other(),
      "marginGate.ledger": await gate.ledger(),
      "marginGate.profile": await gate.profile(),
      "marginGate.registry": await gate.registry(),
    };
    for (const [what, value] of Object.entries(answers)) found[`derived.${name}.${what}`] = value;
  }
  return found;
}
