import { loggedAddresses } from "../../chain/eventLog/constants.js";
import { LOGGED_BINDINGS } from "../../chain/eventLog/decode.js";
import { type LogHead, ROLES } from "../../chain/eventLog/record.js";
import { checkKeyOnChain } from "../../chain/keyGate.js";
import { LOCAL_CHAIN_IDS } from "../../chain/provider.js";
import type { NamedKey, VerifyingKeyWords } from "../../chain/verificationKey.js";
import { DeploymentMismatchError, DevelopmentKeyError, KeyLineageError } from "../../errors.js";
import type { Report } from "./context.js";

/** Holds what never changes to what it should be: the key through the key gate, the chain's constants, the code. */
export function checkHead({ deployment, constants }: LogHead, key: NamedKey, report: Report): void {
  const { chainId } = deployment;
  const local = LOCAL_CHAIN_IDS.includes(chainId);
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (error) {
      if (error instanceof KeyLineageError)
        report("key-unsound", {}, "a key that the key gate passes", error.fault);
      else if (error instanceof DevelopmentKeyError)
        report("development-key", {}, `a key of a ceremony on chain ${chainId}`, "a development key");
      else if (error instanceof DeploymentMismatchError)
        report("key-mismatch", {}, "the constants of the pinned key", "others on the chain");
      else throw error;
    }
  };
  attempt(() => checkKeyOnChain(key, { chainId, local }));
  const onChain = { constants: wordsOf(constants.key.words), tableHash: constants.key.table };
  attempt(() => checkKeyOnChain(key, { chainId, local: true }, onChain));
  if (deployment.verificationKey.hash !== key.hash)
    report(
      "key-mismatch",
      {},
      `the pinned key ${key.hash}`,
      `a manifest of key ${deployment.verificationKey.hash}`,
    );
  const addresses = loggedAddresses({ deployment });
  for (const role of ROLES) {
    if (addresses[role] === undefined) continue;
    const { name, runtime } = LOGGED_BINDINGS[role];
    const hash = constants.code[role];
    if (runtime.hash !== hash)
      report(
        "code-mismatch",
        {},
        `the code of ${name} of this package`,
        `${hash === undefined ? "no" : "other"} code at ${role}`,
      );
  }
}

/** See keyWords in chain/eventLog/constants.ts. */
function wordsOf(words: readonly string[]): VerifyingKeyWords {
  const w = words.map(BigInt);
  const point = (i: number) => ({ x: w[i] ?? 0n, y: w[i + 1] ?? 0n });
  return {
    alpha: point(0),
    beta: w.slice(2, 6),
    gamma: w.slice(6, 10),
    delta: w.slice(10, 14),
    ic1: point(14),
    ic2: point(16),
  };
}
