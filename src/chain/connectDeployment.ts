import { ArtefactMissingError } from "../errors.js";
import type { Tier } from "../protocol/tiers.js";
import { checkDeployment } from "./checkDeployment.js";
import { type ConnectOptions, connect } from "./connection.js";
import { type Deployment, type OpenDeployment, openDeployment, parseDeployment } from "./deployment.js";
import type { NamedKey } from "./verificationKey.js";

/** A verification key that the caller trusts, read when it is needed; undefined where the caller has none of the tier. */
export type TrustedKeySource = (tier: Tier) => Promise<NamedKey | undefined>;

/** Which deployment, over which nodes, under which keys. */
export interface ConnectDeploymentOptions extends Omit<ConnectOptions, "expected" | "tell"> {
  /** The manifest, `zkmargin/deployment@1`: its text, or parsed. */
  readonly manifest: string | Deployment;
  /** URL of a node, or several: the next one is asked while the one before is in trouble. */
  readonly rpc: string | readonly string[];
  /**
   * Keys that the caller trusts, in the order of preference. The deployment is held to the first one whose hash the
   * manifest names. If none has that hash, it is held to the last one found, and the check fails with both hashes.
   */
  readonly keys: readonly [TrustedKeySource, ...TrustedKeySource[]];
  /** Receives one line for each wait on a node, at least every ten seconds; names hosts, never a whole URL. */
  readonly onWait?: (line: string) => void;
}

/** A deployment whose code, roles and key were checked against its chain. */
export interface ConnectedDeployment {
  readonly open: OpenDeployment;
  /** The key that the deployment was held to. */
  readonly key: NamedKey;
  /** Notes that are no faults, a line each, as {@link checkDeployment} returns them. */
  readonly notes: readonly string[];
  /** Closes the connection. Call it once the deployment is no longer used. */
  close(): void;
}

/**
 * Connects to a deployment: reads its manifest, connects to a node of its chain and chooses the verification key. It
 * checks the contracts against the manifest, this package and that key. No transaction is sent, and no signing key is
 * needed.
 * @throws InputError if the text is no manifest
 * @throws NodeUnreachableError if no node answers
 * @throws WrongChainError if a node is of another chain than the manifest's
 * @throws DeploymentMismatchError if the chain is not what the manifest says, or the key is another
 * @throws KeyLineageError, DevelopmentKeyError if the key may not be used on this chain
 * @throws what `keys` throw
 *
 * @example
 * ```ts
 * import { connectDeployment, marketStatus, serialiseDeployment } from "zkmargin/chain";
 * import { pinnedVerificationKey } from "zkmargin/prove";
 *
 * const connected = await connectDeployment({
 *   manifest: serialiseDeployment(open.deployment), // the text of deployment.json
 *   rpc,
 *   keys: [({ name }) => pinnedVerificationKey(name)],
 * });
 * try {
 *   console.log((await marketStatus(connected.open)).epoch); // 1n
 * } finally {
 *   connected.close();
 * }
 * ```
 */
export async function connectDeployment({
  manifest,
  rpc,
  keys,
  onWait,
  ...options
}: ConnectDeploymentOptions): Promise<ConnectedDeployment> {
  const deployment = typeof manifest === "string" ? parseDeployment(manifest) : manifest;
  const connection = await connect(rpc, {
    ...options,
    expected: deployment.chainId,
    ...(onWait && { tell: onWait }),
  });
  try {
    const open = openDeployment(connection, deployment);
    const key = await chooseKey(deployment, keys);
    const notes = await checkDeployment(open, key);
    return { open, key, notes, close: () => connection.close() };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The key of the hash that the manifest names, or else the last one found. */
async function chooseKey(
  { tier, verificationKey }: Deployment,
  sources: ConnectDeploymentOptions["keys"],
): Promise<NamedKey> {
  let last: NamedKey | undefined;
  for (const source of sources) {
    const key = await source(tier);
    if (key?.hash === verificationKey.hash) return key;
    last = key ?? last;
  }
  if (last === undefined)
    throw new ArtefactMissingError(
      `tier ${tier.name}: expected a trusted key with hash ${verificationKey.hash}, got none`,
    );
  return last;
}
