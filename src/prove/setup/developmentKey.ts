import { createHash } from "node:crypto";
import type { Curve, Group } from "ffjavascript";
import type { Bases } from "./bases.js";
import { PHASE_TWO_BEACON } from "./beacons.js";
import { concatBytes, integerBytes, u32Bytes, writeBinFile } from "./binFile.js";
import { beaconParameters, blake2b512, hashToG2, timesG2 } from "./contribution.js";
import { phaseOneSecrets, phaseTwoSecret } from "./developmentSecrets.js";
import { batchInverse, modularPower, powers, scale, truncatedLagrangeAt } from "./lagrange.js";
import { type Coefficient, qapAt } from "./qap.js";
import { domainPower, type R1cs } from "./r1cs.js";

const COEFFICIENT_BYTES = 44;

/** The points of a key that its circuit hash covers, before any contribution to phase 2. */
interface InitialPoints {
  readonly alpha1: Uint8Array;
  readonly beta1: Uint8Array;
  readonly beta2: Uint8Array;
  readonly ic: Uint8Array;
  readonly a: Uint8Array;
  readonly b1: Uint8Array;
  readonly b2: Uint8Array;
  readonly c: Uint8Array;
  /** τ^(i+n) − τ^i. */
  readonly h: Uint8Array;
}

/**
 * The DEVELOPMENT Groth16 proving key of a circuit: the bytes of a `.zkey` file, the same as those of stock `snarkjs
 * groth16 setup` with the development phase 1 of just the circuit's power, then `zkey beacon` with
 * {@link PHASE_TWO_BEACON} (a test holds this). The stock way sums Lagrange points for every wire; knowing τ, α, β and
 * δ, every point is one product of a generator.
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
  const circuitHash = await hashCircuit(curve, initial);
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
    { id: 4, data: coefficientSection(r, qap.coefficients) },
    { id: 5, data: initial.a },
    { id: 6, data: initial.b1 },
    { id: 7, data: initial.b2 },
    { id: 8, data: g1.multiply(scale(r, combined.slice(ownPublic), inverse)) },
    { id: 9, data: g1.multiply(scale(r, odd, inverse)) },
    { id: 10, data: concatBytes(circuitHash, u32Bytes(1), contribution) },
  ]);
}

/** The hash that names the circuit in the transcript of phase 2. */
async function hashCircuit(curve: Curve, points: InitialPoints): Promise<Uint8Array> {
  const { G1, G2 } = curve;
  const hash = createHash("blake2b512");
  const add = async (group: Group<bigint> | Group<bigint[]>, data: Uint8Array) => {
    hash.update(await group.batchLEMtoU(data));
  };
  const addCounted = async (group: Group<bigint> | Group<bigint[]>, data: Uint8Array) => {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(data.length / (2 * group.F.n8));
    hash.update(count);
    await add(group, data);
  };
  await add(G1, points.alpha1);
  await add(G1, points.beta1);
  await add(G2, points.beta2);
  await add(G2, G2.gAffine); // γ and δ are still 1
  await add(G1, G1.gAffine);
  await add(G2, G2.gAffine);
  await addCounted(G1, points.ic);
  await addCounted(G1, points.h);
  await addCounted(G1, points.c);
  await addCounted(G1, points.a);
  await addCounted(G1, points.b1);
  await addCounted(G2, points.b2);
  return new Uint8Array(hash.digest());
}

/** Section 4. A coefficient v is kept as v·R² with R = 2^256: the prover's product then lands in Montgomery form. */
function coefficientSection(r: bigint, coefficients: readonly Coefficient[]): Uint8Array {
  const section = new Uint8Array(4 + coefficients.length * COEFFICIENT_BYTES);
  const view = new DataView(section.buffer);
  const factor = 2n ** 512n % r;
  view.setUint32(0, coefficients.length, true);
  coefficients.forEach(({ matrix, constraint, wire, value }, i) => {
    const offset = 4 + i * COEFFICIENT_BYTES;
    view.setUint32(offset, matrix, true);
    view.setUint32(offset + 4, constraint, true);
    view.setUint32(offset + 8, wire, true);
    let rest = (value * factor) % r;
    for (let limb = 12; limb < COEFFICIENT_BYTES; limb += 8) {
      view.setBigUint64(offset + limb, BigInt.asUintN(64, rest), true);
      rest >>= 64n;
    }
  });
  return section;
}
