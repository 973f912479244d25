import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Interface } from "ethers";
import { getCurveFromName } from "ffjavascript";
import { zKey } from "snarkjs";
import { proofWords } from "../../src/chain/submit.js";
import { packageRoot } from "../../src/groth16/artefacts/layout.js";
import type { Groth16Proof } from "../../src/groth16/proof.js";
import { collectSources, compileCircuit, mainCircuit, type Source } from "../../src/groth16/setup/compile.js";
import { developmentKey } from "../../src/groth16/setup/development.js";
import { buildBases } from "../../src/groth16/setup/fixedBase.js";
import { readR1cs } from "../../src/groth16/setup/r1cs.js";
import { WitnessCalculator } from "../../src/groth16/witnessCalculator.js";
import { DEFAULT_TIER } from "../../src/protocol/tiers.js";
import type { Bundle } from "../../src/prove/bundle.js";
import { exportForSnarkjs, trustedKeyOf } from "../../src/prove/bundleVerifier.js";
import { compileSolidity } from "../contracts/compileOne.js";
import { type Figure, type Section, shared } from "./figures.js";
import { repeatableProver } from "./repeatableProver.js";
import type { Testbed } from "./testbed.js";

const NAME = "Groth16Verifier";
/** A circuit of one signal: what it is the hash of, or whether it is one, is nothing to the verifier. */
const ONE_SIGNAL = `pragma circom 2.1.6;
template OneSignal() { signal input in; signal output out <== in * in; }
component main = OneSignal();
`;
/** Where the stock verifiers are put. */
const ADDRESS = "0x0000000000000000000000000000000057a9da7d";

/** The verifiers that snarkjs writes: of this statement with all its signals, and of a circuit with one. */
export async function measureStock(bed: Testbed, bundle: Bundle): Promise<Section> {
  const { zkey } = bed.artefacts;
  const trusted = trustedKeyOf(bed.artefacts);
  const signals = JSON.parse(exportForSnarkjs({ bundle, trusted })["public.json"]) as string[];
  const one = await provenSquare();
  return {
    [`snarkjs' verifier, ${signals.length} signals`]: await verified(bed, zkey, bundle.proof, signals),
    "snarkjs' verifier, one hashed signal": await verified(bed, one.zkey, one.proof, one.signals),
  };
}

/** Constraints of the package's own chain of Poseidon over this many signals. */
export async function constraintsOfHash(signals: number): Promise<number> {
  const text = `pragma circom 2.1.6;
include "../lib/PoseidonChain.circom";
component main = PoseidonChain(${signals});
`;
  const { r1cs } = await compiled(text, await collectSources(packageRoot(), DEFAULT_TIER));
  return readR1cs(r1cs).constraints;
}

async function verified(
  bed: Testbed,
  zkey: Uint8Array,
  proof: Groth16Proof,
  signals: readonly string[],
): Promise<Figure> {
  const { abi, runtime } = compileSolidity(packageRoot(), "Stock.sol", NAME, await stockSource(zkey));
  const verifier = new Interface(abi);
  // Put there by the node: with all signals its code is longer than what EIP-170 lets a transaction create.
  await bed.node.rpc("anvil_setCode", ADDRESS, runtime);
  const { a, b, c } = proofWords(proof);
  const data = (words: readonly string[]) =>
    verifier.encodeFunctionData("verifyProof", [a, [b.slice(0, 2), b.slice(2)], c, words]);
  const accepts = async (words: readonly string[]) =>
    verifier.decodeFunctionResult("verifyProof", await bed.node.call(ADDRESS, data(words)))[0];
  if (!(await accepts(signals))) throw new Error("snarkjs' verifier: expected it to accept, got a refusal");
  if (await accepts(signals.with(-1, String(BigInt(signals.at(-1) ?? 0) + 1n))))
    throw new Error("snarkjs' verifier: expected it to refuse a signal tampered with, got it accepted");
  const mined = await bed.node.send(bed.deployer, ADDRESS, data(signals));
  return { ...shared(mined, 1, "execution"), codeSize: (runtime.length - 2) / 2 };
}

/** As `snarkjs zkey export solidityverifier` writes it. */
async function stockSource(zkey: Uint8Array): Promise<string> {
  const home = join(dirname(createRequire(import.meta.url).resolve("snarkjs")), "..");
  const groth16 = await readFile(join(home, "templates", "verifier_groth16.sol.ejs"), "utf8");
  try {
    return await zKey.exportSolidityVerifier({ type: "mem", data: zkey }, { groth16 });
  } finally {
    await (await getCurveFromName("bn128")).terminate();
  }
}

/** A proof of the circuit of one signal, under a key made for it. */
async function provenSquare() {
  const { r1cs, wasm } = await compiled(ONE_SIGNAL, []);
  const zkey = await developmentKey(await buildBases(), readR1cs(r1cs));
  const prover = await repeatableProver(zkey);
  try {
    const { proof, publicSignals } = await prover.prove(new WitnessCalculator(wasm).calculate({ in: [3n] }));
    return { zkey, proof, signals: publicSignals.map(String) };
  } finally {
    await prover.close();
  }
}

function compiled(text: string, included: readonly Source[]) {
  const name = "main";
  const home = join(packageRoot(), "build", "gas");
  return compileCircuit(home, name, [...included, { path: mainCircuit(name), text }]);
}
