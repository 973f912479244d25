import { contractAt } from "../binding.js";
import { type Deployment, type OpenDeployment, openRemote, vaultOf } from "../deployment.js";
import { storageProofSource } from "../generated/StorageProofSource.js";

/** What the home sides of assets on other chains must answer, as Ties. */
export function expectedRemoteTies(deployment: Deployment) {
  const { contracts, remotes = {} } = deployment;
  return Object.fromEntries(
    Object.entries(remotes).flatMap(([asset, { storageProofSource: source, blockRoots: roots }]) =>
      Object.entries({
        vault: vaultOf(deployment).address,
        authority: contracts.accessManager.address,
        ...(source && { source: source.address }),
        ...(roots && { "source.roots": roots.address }),
      }).map(([what, value]) => [`remotes.${asset}.${what}`, value] as const),
    ),
  );
}

/** What they do answer, in the newest block. */
export async function readRemoteTies(open: OpenDeployment) {
  const found: Record<string, string> = {};
  for (const [asset, { storageProofSource: source }] of Object.entries(open.deployment.remotes ?? {})) {
    const contract = openRemote(open, asset);
    const { provider } = open.connection;
    const answers = {
      vault: await contract.vault(),
      authority: await contract.authority(),
      source: await contract.source(),
      ...(source && {
        "source.roots": await contractAt(storageProofSource, source.address, provider).roots(),
      }),
    };
    for (const [what, value] of Object.entries(answers)) found[`remotes.${asset}.${what}`] = value;
  }
  return found;
}
