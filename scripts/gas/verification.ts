import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Interface } from "ethers";
import type { RoundMarket } from "../../src/chain/rounds.js";
import { type ProvenClaim, proofWords } from "../../src/chain/submit.js";
import { verifyingKeyWords } from "../../src/chain/verificationKey.js";
import { RevertedError } from "../../src/errors.js";
import { packageRoot } from "../../src/groth16/artefacts/layout.js";
import { packClaim } from "../../src/protocol/claim.js";
import { compileSolidity } from "../contracts/compileOne.js";
import { type Figure, type Section, shared } from "./figures.js";
import type { Testbed } from "./testbed.js";

const SOURCE = "test/contracts/support/Verifier.sol";
const BATCHES = [16, 64] as const;

/** A proven claim and the commitment of its book. */
export type Instance = ProvenClaim & { readonly commitment: bigint };

/** The verifier without a gate around it, over real proofs of one round. */
export async function measureVerification(
  bed: Testbed,
  round: RoundMarket,
  instances: readonly Instance[],
): Promise<Section> {
  const root = packageRoot();
  const content = await readFile(join(root, SOURCE), "utf8");
  const { abi, bytecode } = compileSolidity(root, SOURCE, "Verifier", content);
  const verifier = new Interface(abi);
  const { contractAddress: to } = await bed.node.send(
    bed.deployer,
    null,
    bytecode + verifier.encodeDeploy([verifyingKeyWords(bed.artefacts.verificationKey)]).slice(2),
  );

  const one = (instance: Instance) => {
    const { commitment, claim, proof } = instance;
    const args = [round.folded, commitment, packClaim(claim), proofWords(proof)];
    return verifier.encodeFunctionData("verify", args);
  };
  const many = (some: readonly Instance[]) => {
    const statements = some.map(({ commitment, claim }) => [0, commitment, packClaim(claim)]);
    const proofs = some.map(({ proof }) => proofWords(proof));
    return verifier.encodeFunctionData("verifyBatch", [some.length, [round.folded], statements, proofs]);
  };
  const measured = async (what: string, data: string, tampered: string, count: number): Promise<Figure> => {
    if (await accepts(bed, to, tampered)) throw new Error(`${what}: expected it to be refused tampered with`);
    return shared(await bed.node.send(bed.deployer, to, data), count, "execution");
  };
  const [first] = instances;
  if (first === undefined) throw new RangeError("instances: expected some, got none");
  const section: Record<string, Figure> = {
    "one proof, folded": await measured("a proof", one(first), one(tamperedWith(first)), 1),
  };
  for (const size of BATCHES) {
    const batch = instances.slice(0, size);
    const bad = batch.with(-1, tamperedWith(batch.at(-1) ?? first));
    section[`${size} proofs of one round`] = await measured("a batch", many(batch), many(bad), size);
  }
  return section;
}

function tamperedWith(instance: Instance): Instance {
  return { ...instance, commitment: instance.commitment + 1n };
}

async function accepts(bed: Testbed, to: string, data: string): Promise<boolean> {
  try {
    await bed.node.call(to, data);
    return true;
  } catch (error) {
    if (error instanceof RevertedError) return false;
    throw error;
  }
}
