import { DeploymentMismatchError } from "../../errors.js";
import { listingDigest } from "../../protocol/listing.js";
import { roleHolders } from "../checkRoles.js";
import type { OpenDeployment } from "../contracts.js";
import type { Proposal } from "./file.js";

/**
 * Checks that a proposal is of this deployment, and that who is to sign it holds the roles.
 * @throws DeploymentMismatchError naming the field, NodeUnreachableError
 */
export async function checkGovernance(
  open: OpenDeployment,
  { tier, listing }: Pick<Proposal, "tier" | "listing">,
  chain: NonNullable<Proposal["chain"]>,
  path: string,
): Promise<void> {
  const same = (field: string, expected: string, got: string) => {
    if (expected !== got)
      throw new DeploymentMismatchError(
        `${path}.${field}: expected ${expected}, got ${got}; do not sign it: it is of another deployment, or roles have changed`,
      );
  };
  same("tier", open.tier.name, tier.name);
  same("listing", String(listingDigest(open.listing)), String(listingDigest(listing)));
  same("chain.chainId", String(open.connection.chainId), String(chain.chainId));
  same("chain.riskProfile", open.addresses.riskProfile, chain.riskProfile);
  same("chain.accessManager", open.addresses.accessManager, chain.accessManager);
  same("chain.window", String(await open.contracts.accessManager.expiration()), `${chain.window}`);

  const holders = await roleHolders(open);
  const held = (role: string, address: string) =>
    holders.find((one) => one.role === role && one.holder === address);
  const governor = held("governor", chain.governor);
  same(
    "chain.governor",
    "a governor",
    governor === undefined ? `${chain.governor}, who is none` : "a governor",
  );
  same("chain.delay", String(governor?.delay), String(chain.delay));
  if (chain.guardian !== null && held("guardian", chain.guardian) === undefined)
    same("chain.guardian", "a guardian", `${chain.guardian}, who is none`);
}
