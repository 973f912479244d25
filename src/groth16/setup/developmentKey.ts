import { concatBytes, integerBytes, u32Bytes, writeBinFile } from "../binFile.js";
import { Bn254 } from "../bn254.js";
import { hashCircuit, type InitialPoints } from "../contributions.js";
import { modularPower } from "../field.js";
import {
  beaconParameters,
  blake2b512,
  hashToG2,
  PHASE_TWO_BEACON,
  phaseOneSecrets,
  phaseTwoSecret,
  timesG2,
} from "./developmentSecrets.js";
import type { Bases } from "./fixedBase.js";
import { batchInverse, powers, scale, truncatedLagrangeAt } from "./lagrange.js";
import { coefficientSection, domainPower, qapAt, type R1cs } from "./r1cs.js";

/**
 * The DEVELOPMENT Groth16 proving key of a circuit, as the bytes of a `.zkey` file. Stock `snarkjs groth16 setup`, then
 * `zkey beacon` with {@link PHASE_TWO_BEACON}, make the same bytes from the development phase 1 of just the circuit's
 * power. A test compares the two. The stock way sums Lagrange points for every wire; knowing τ, α, β and δ, every point
 * is one product of a generator.
 */
export async function developmentKey(bases: Bases, r1cs: R1cs): Promise<Uint8Array> {
  const { curve, g1, g2 } = bases;
  const { r } = curve;
  const power = domainPower(r1cs);
  const size = 2 ** power;
  const secrets = phaseOneSecrets(curve);
  const [tau, alpha, beta] = [secrets.tau.value, secrets.alpha.value, secrets.beta.value];
  const qap = qapAt(curve, r1cs, tau, power);
  const combined = qap.a.map((a, w) => (a * beta + (qap.b[w] ?? 0n) * alpha + (qap.c[w] ?? 0n)) % r);
  const ownPublic = r1cs.publicSignals + 1;
  const vanishing = (modularPower(r, tau, BigInt(size)) - 1n + r) % r;
  const initial: InitialPoints = {
    alpha1: g1.multiply([alpha]),
    beta1: g1.multiply([beta]),
    beta2: g2.multiply([beta]),
    ic: g1.multiply(combined.slice(0, ownPublic)),
    a: g1.multiply(qap.a),
    b1: g1.multiply(qap.b),
    b2: g2.multiply(qap.b),
    c: g1.multiply(combined.slice(ownPublic)),
    h: g1.multiply(powers(r, tau, size - 1, vanishing)),
  };

  const delta = phaseTwoSecret(curve);
  const [inverse = 0n] = batchInverse(r, [delta.value]);
  const odd = truncatedLagrangeAt(curve, tau, power + 1).filter((_, i) => i % 2 === 1);
  const delta1 = g1.multiply([delta.value]);
  const circuitHash = hashCircuit(new Bn254(), initial);
  const transcript = blake2b512(
    circuitHash,
    curve.G1.toUncompressed(delta.s),
    curve.G1.toUncompressed(delta.sx),
  );
  const header = concatBytes(
    concatBytes(u32Bytes(32), integerBytes(curve.q), u32Bytes(32), integerBytes(r)),
    u32Bytes(r1cs.wires, r1cs.publicSignals, size),
    initial.alpha1,
    initial.beta1,
    initial.beta2,
    curve.G2.gAffine, // γ is 1
    delta1,
    g2.multiply([delta.value]),
  );
  const contribution = concatBytes(
    delta1,
    delta.s,
    delta.sx,
    timesG2(curve, hashToG2(curve, transcript), delta.element),
    transcript,
    beaconParameters(PHASE_TWO_BEACON),
  );
  return writeBinFile("zkey", 1, [
    { id: 1, data: u32Bytes(1) },
    { id: 2, data: header },
    { id: 3, data: initial.ic },
    { id: 4, data: coefficientSection(r1cs) },
    { id: 5, data: initial.a },
    { id: 6, data: initial.b1 },
    { id: 7, data: initial.b2 },
    { id: 8, data: g1.multiply(scale(r, combined.slice(ownPublic), inverse)) },
    { id: 9, data: g1.multiply(scale(r, odd, inverse)) },
    { id: 10, data: concatBytes(circuitHash, u32Bytes(1), contribution) },
  ]);
}
