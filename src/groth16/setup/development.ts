import { blake2b } from "@noble/hashes/blake2b";
import type { Curve } from "ffjavascript";
import { concatBytes, integerBytes, type Section, u32Bytes, writeBinFile } from "../binFile.js";
import { Bn254 } from "../bn254.js";
import { hashCircuit, type InitialPoints } from "../contributions.js";
import { G1_BYTES, G2_BYTES, modularPower } from "../field.js";
import {
  beaconParameters,
  blake2b512,
  hashToG2,
  PHASE_ONE_BEACON,
  PHASE_TWO_BEACON,
  phaseOneSecrets,
  phaseTwoSecret,
  type SecretKey,
  timesG2,
} from "./developmentSecrets.js";
import type { Bases } from "./fixedBase.js";
import { batchInverse, lagrangeAt, powers, scale, truncatedLagrangeAt } from "./lagrange.js";
import { coefficientSection, domainPower, qapAt, type R1cs } from "./r1cs.js";

/** The points that the transcript of a phase 1 hashes. */
interface Powers {
  readonly tauG1: Uint8Array;
  readonly tauG2: Uint8Array;
  readonly alphaTauG1: Uint8Array;
  readonly betaTauG1: Uint8Array;
  readonly betaG2: Uint8Array;
}

/**
 * A DEVELOPMENT phase 1 of `power` (2^power constraints), prepared for phase 2: the bytes of a `.ptau` file that stock
 * `snarkjs powersoftau verify` accepts. `powersoftau new`, `beacon` (with {@link PHASE_ONE_BEACON}) and `prepare
 * phase2` give the same bytes. Here they come from the known secrets, in seconds rather than minutes. Its secrets are
 * public, so a key made from it proves nothing to anybody else.
 */
export async function developmentPhaseOne(bases: Bases, power: number): Promise<Uint8Array> {
  const { curve, g1, g2 } = bases;
  const { r } = curve;
  const secrets = phaseOneSecrets(curve);
  const [tau, alpha, beta] = [secrets.tau.value, secrets.alpha.value, secrets.beta.value];
  const size = 2 ** power;
  const tauPowers = powers(r, tau, 2 * size - 1);
  const low = tauPowers.slice(0, size);
  const points: Powers = {
    tauG1: g1.multiply(tauPowers),
    tauG2: g2.multiply(low),
    alphaTauG1: g1.multiply(scale(r, low, alpha)),
    betaTauG1: g1.multiply(scale(r, low, beta)),
    betaG2: g2.multiply([beta]),
  };
  const levels: bigint[] = [];
  for (let level = 0; level <= power; level++) levels.push(...lagrangeAt(curve, tau, level));
  const sections: Section[] = [
    { id: 1, data: concatBytes(u32Bytes(32), integerBytes(curve.q), u32Bytes(power, power)) },
    { id: 2, data: points.tauG1 },
    { id: 3, data: points.tauG2 },
    { id: 4, data: points.alphaTauG1 },
    { id: 5, data: points.betaTauG1 },
    { id: 6, data: points.betaG2 },
    { id: 7, data: await contributionSection(curve, secrets, points, power) },
    { id: 12, data: g1.multiply([...levels, ...truncatedLagrangeAt(curve, tau, power + 1)]) },
    { id: 13, data: g2.multiply(levels) },
    { id: 14, data: g1.multiply(scale(r, levels, alpha)) },
    { id: 15, data: g1.multiply(scale(r, levels, beta)) },
  ];
  return writeBinFile("ptau", 1, sections);
}

/** Section 7: the one beacon contribution, with the hashes that bind it to the points. */
async function contributionSection(
  curve: Curve,
  secrets: { tau: SecretKey; alpha: SecretKey; beta: SecretKey },
  points: Powers,
  power: number,
): Promise<Uint8Array> {
  const { G1, G2 } = curve;
  const challenge = firstChallenge(curve, power);
  const keys = [secrets.tau, secrets.alpha, secrets.beta];
  const inG1 = keys.flatMap(({ s, sx }) => [s, sx]);
  const inG2 = keys.map(({ s, sx, element }, i) => {
    const hash = blake2b512(Uint8Array.of(i), challenge, G1.toUncompressed(s), G1.toUncompressed(sx));
    return timesG2(curve, hashToG2(curve, hash), element);
  });

  const response = new ResumableHash().update(challenge);
  response.update(await G1.batchLEMtoC(points.tauG1));
  response.update(await G2.batchLEMtoC(points.tauG2));
  response.update(await G1.batchLEMtoC(points.alphaTauG1));
  response.update(await G1.batchLEMtoC(points.betaTauG1));
  response.update(await G2.batchLEMtoC(points.betaG2));
  const partial = response.partial();
  for (const point of inG1) response.update(G1.toUncompressed(point));
  for (const point of inG2) response.update(G2.toUncompressed(point));

  const nextChallenge = blake2b512(
    response.digest(),
    await G1.batchLEMtoU(points.tauG1),
    await G2.batchLEMtoU(points.tauG2),
    await G1.batchLEMtoU(points.alphaTauG1),
    await G1.batchLEMtoU(points.betaTauG1),
    await G2.batchLEMtoU(points.betaG2),
  );
  return concatBytes(
    u32Bytes(1),
    points.tauG1.subarray(G1_BYTES, 2 * G1_BYTES),
    points.tauG2.subarray(G2_BYTES, 2 * G2_BYTES),
    points.alphaTauG1.subarray(0, G1_BYTES),
    points.betaTauG1.subarray(0, G1_BYTES),
    points.betaG2,
    ...inG1,
    ...inG2,
    partial,
    nextChallenge,
    beaconParameters(PHASE_ONE_BEACON),
  );
}

/** The hash of a phase 1 to which nobody has contributed: every point is the generator. */
function firstChallenge(curve: Curve, power: number): Uint8Array {
  const size = 2 ** power;
  const one = curve.G1.toUncompressed(curve.G1.g);
  const two = curve.G2.toUncompressed(curve.G2.g);
  const repeat = (point: Uint8Array, times: number) => Buffer.alloc(times * point.length, point);
  return blake2b512(blake2b512(), repeat(one, 2 * size - 1), repeat(two, size), repeat(one, 2 * size), two);
}

/** The words of the state of a BLAKE2b-512 that a phase-1 file records; the library calls them private. */
interface Blake2bState {
  readonly buffer: Uint8Array;
  readonly length: number;
  readonly pos: number;
  get(): number[];
}

const BLOCK_BYTES = 128;
const PARTIAL_BYTES = 216;

/**
 * A phase-1 contribution records the unfinished hash of its response, so that a verifier can go on from there. The
 * record holds the block, eight 64-bit words of state, the bytes hashed before the block, and the bytes in it. Node's
 * own BLAKE2b cannot show its state; this is what @noble/hashes is for, and the layout is the one snarkjs reads.
 */
export class ResumableHash {
  readonly #hash = blake2b.create({ dkLen: 64 });

  update(data: Uint8Array): this {
    this.#hash.update(data);
    return this;
  }

  /** The state as it stands, 216 bytes. */
  partial(): Uint8Array {
    const state = this.#hash as unknown as Blake2bState;
    const bytes = new Uint8Array(PARTIAL_BYTES);
    const view = new DataView(bytes.buffer);
    bytes.set(state.buffer.subarray(0, BLOCK_BYTES), 0);
    state.get().forEach((word, i) => {
      view.setInt32(BLOCK_BYTES + 4 * i, word, true);
    });
    view.setUint32(BLOCK_BYTES + 64, state.length - state.pos, true);
    view.setUint32(BLOCK_BYTES + 72, state.pos, true);
    return bytes;
  }

  digest(): Uint8Array {
    return this.#hash.digest();
  }
}

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
