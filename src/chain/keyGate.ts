import { DeploymentMismatchError, DevelopmentKeyError } from "../errors.js";
import { checkKey } from "../groth16/checkKey.js";
import { type NamedKey, tableHash, type VerifyingKeyWords, verifyingKeyWords } from "./verificationKey.js";

/** What a chain holds of a verification key: MarginGate.verifyingKey and SignalTable.hash. */
export interface ChainKey {
  readonly constants: VerifyingKeyWords;
  readonly tableHash: string;
}

/** Where a key is to be relied on. */
export interface KeyPlace {
  readonly chainId: bigint;
  /** Whether it is a developer's own chain, on which anybody may forge. */
  readonly local: boolean;
}

/**
 * The key gate on a chain: what deploying, using and auditing a deployment hold its verification key to.
 * @param onChain what the chain holds, once there is a deployment
 * @throws KeyLineageError if anybody can forge under the key, or it is none
 * @throws DevelopmentKeyError if it is a development key and the chain is not a local one
 * @throws DeploymentMismatchError if the chain's constants are not the key's
 */
export function checkKeyOnChain(key: NamedKey, { chainId, local }: KeyPlace, onChain?: ChainKey): void {
  checkKey(key.key);
  if (key.kind === "development" && !local)
    throw new DevelopmentKeyError(
      `verification key: expected one from a ceremony on chain ${chainId}, got a development key, with which anybody can forge; it is for local chains`,
    );
  if (onChain === undefined) return;
  const expected = verifyingKeyWords(key.key);
  const { constants } = onChain;
  for (const part of ["alpha", "ic1", "ic2"] as const)
    same(
      `marginGate ${part}`,
      `${expected[part].x}, ${expected[part].y}`,
      `${constants[part].x}, ${constants[part].y}`,
    );
  for (const part of ["beta", "gamma", "delta"] as const)
    same(`marginGate ${part}`, expected[part].join(), [...constants[part]].join());
  same("signalTable.hash", tableHash(key.key), onChain.tableHash);
}

function same(what: string, expected: string, got: string): void {
  if (expected.toLowerCase() !== got.toLowerCase())
    throw new DeploymentMismatchError(
      `${what}: expected ${expected}, got ${got}; do not trust it: proofs under another key mean nothing`,
    );
}
