import { bindingNamed, brokenTies, checkKeyOnChain, expectedTies } from "../../chain/checkDeployment.js";
import { isLocalChain } from "../../chain/connection.js";
import { CODE_BINDINGS, CODE_ROLES, codeAddresses } from "../../chain/eventLog/chainState.js";
import type { LogHead } from "../../chain/eventLog/record.js";
import { type NamedKey, tableChunks, type VerifyingKeyWords } from "../../chain/verificationKey.js";
import { DeploymentMismatchError, DevelopmentKeyError, KeyLineageError } from "../../errors.js";
import type { Report } from "./context.js";

/**
 * Holds what never changes to what it should be: the key through the key gate, the chain's constants, the code of contracts
 * and sources, and what the contracts say of each other.
 */
export function checkHead(head: LogHead, key: NamedKey, report: Report): void {
  checkKey(head, key, report);
  checkCode(head, report);
  checkSources(head, report);
  const { deployment, constants } = head;
  for (const { what, expected, got } of brokenTies(expectedTies(deployment), constants.ties))
    report("tie-mismatch", {}, `${what} ${expected}`, got);
}

function checkKey({ deployment, constants }: LogHead, key: NamedKey, report: Report): void {
  const { chainId } = deployment;
  const local = isLocalChain(chainId) && constants.local;
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
  if (tableChunks(key.key).join() !== constants.key.chunks.join().toLowerCase())
    report("key-mismatch", {}, "a table of the points of the pinned key", "others in its code");
  if (deployment.verificationKey.hash !== key.hash)
    report(
      "key-mismatch",
      {},
      `the pinned key ${key.hash}`,
      `a manifest of key ${deployment.verificationKey.hash}`,
    );
}

function checkCode(head: LogHead, report: Report): void {
  const addresses: Partial<Record<(typeof CODE_ROLES)[number], string>> = codeAddresses(
    head,
    head.constants.credit,
  );
  for (const role of CODE_ROLES) {
    if (addresses[role] === undefined) continue;
    const { name, runtime } = CODE_BINDINGS[role];
    const hash = head.constants.code[role];
    if (runtime.hash !== hash)
      report(
        "code-mismatch",
        {},
        `the code of ${name} of this package`,
        `${hash === undefined ? "no" : "other"} code at ${role}`,
      );
  }
}

function checkSources({ deployment, constants }: LogHead, report: Report): void {
  for (const [name, { contract, codeHash }] of Object.entries(deployment.sources)) {
    const found = constants.sources[name];
    const ours = bindingNamed(contract)?.runtime.hash ?? found?.bare;
    if (found === undefined || found.code !== codeHash.toLowerCase() || found.bare !== ours)
      report(
        "code-mismatch",
        {},
        `the code of ${contract}, as the manifest has it`,
        `${found === undefined ? "no" : "other"} code at sources.${name}`,
      );
  }
}

/** See keyWords in chain/eventLog/chainState.ts. */
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
