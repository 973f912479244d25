import { randomBytes } from "node:crypto";
import { CeremonyStepError, FormatError } from "../../errors.js";
import { readBinFile } from "../binFile.js";
import { readContributions } from "../contributions.js";
import { timedStep } from "../setup/progress.js";
import { type SnarkjsFile, withSnarkjs } from "../snarkjs.js";
import { CeremonyFolder } from "./ceremonyFolder.js";
import type { TextSigner } from "./signedRecords.js";
import {
  type Attestation,
  attestationId,
  attestationText,
  BEACON_ITERATIONS_EXP,
  checkName,
  formatAttestation,
  parseCeremonyAttestation,
} from "./signedRecords.js";
import { checkByStock, type VerifiedCeremony, type VerifyOptions, verifyCeremony } from "./verifyCeremony.js";

export interface ContributeOptions extends VerifyOptions {
  /** Who contributes, in their own words: at most 64 bytes, public for ever. */
  readonly name: string;
  /** The contributor's. */
  readonly signer: TextSigner;
  /** The contributor's own randomness, beside the system's; neither is written anywhere. */
  readonly entropy?: string;
}

/**
 * Contributes to phase 2, once all of the ceremony verifies: multiplies δ by a secret that is drawn from the system's
 * randomness and `entropy` and forgotten, and signs that it was done. The key is written first and counts for nothing until
 * its attestation stands beside it; what was killed is contributed again, with another secret.
 * @throws {CeremonyStepError} after the beacon, and for somebody who has contributed
 * @throws {FormatError} for a name that is none; else as {@link verifyCeremony}
 *
 * @example
 * ```ts
 * import { contribute } from "zkmargin/prove";
 *
 * const attestation = await contribute({ ...ceremony, name: "Alice", signer: alice }); // ceremony: { folder: "keys-2026" }
 * console.log(attestation.index); // 1
 * ```
 */
export async function contribute(options: ContributeOptions): Promise<Attestation> {
  const { signer } = options;
  checkName(options.name, "name");
  const { attestations } = await new CeremonyFolder(options.folder).transcript();
  if (attestations.at(-1)?.beacon !== undefined)
    throw new CeremonyStepError(
      "ceremony: expected one that takes contributions, got one that a beacon has ended",
    );
  const own = attestations.find((attestation) => attestation.contributor === signer.address);
  if (own !== undefined)
    throw new CeremonyStepError(
      `ceremony: expected somebody new, got ${signer.address}, whose contribution is number ${own.index}; once is enough`,
    );
  return withSnarkjs(() => contributeNow(options));
}

async function contributeNow(options: ContributeOptions): Promise<Attestation> {
  const { name, signer } = options;
  const verified = await verifyCeremony(options);
  const { zkey } = verified;
  const removed = await verified.folder.removeLeftovers();
  if (removed > 0) options.onProgress?.({ label: `removed ${removed} unattested, of killed contributions` });
  const step = timedStep(options.onProgress);
  const next = await step("contribute", 0.85, async () => {
    const file: SnarkjsFile = { type: "mem" };
    // snarkjs draws 64 bytes of its own as well, and hashes them with these.
    const entropy = randomBytes(32).toString("hex") + (options.entropy ?? "");
    await withSnarkjs((snarkjs) => snarkjs.zKey.contribute({ type: "mem", data: zkey }, file, name, entropy));
    return file.data ?? new Uint8Array();
  });
  return append(verified, next, { name, signer }, step);
}

/** Checks a key just made, writes it, and signs for it. */
export async function append(
  { folder, id, transcript }: VerifiedCeremony,
  zkey: Uint8Array,
  by: { readonly name: string; readonly signer: TextSigner; readonly beacon?: string },
  step: ReturnType<typeof timedStep>,
): Promise<Attestation> {
  const initial = await folder.key(transcript.terms.initialKey);
  const ptau = await folder.read(folder.phaseOnePath);
  await step("verify it", 0.95, () => checkByStock(initial, ptau, zkey, "the new key"));
  const { records } = readContributions(readBinFile("zkey", zkey)?.get(10) ?? new Uint8Array());
  const before = transcript.attestations.at(-1);
  return folder.withNewKey(zkey, async (key) => {
    const unsigned = {
      ceremony: id,
      index: transcript.attestations.length + 1,
      name: by.name,
      contributor: by.signer.address,
      previous: before === undefined ? id : attestationId(before),
      contribution: records.at(-1)?.hash ?? "",
      key,
      ...(by.beacon === undefined ? {} : { beacon: by.beacon }),
    };
    const attestation = { ...unsigned, signature: await by.signer.sign(attestationText(unsigned)) };
    parseCeremonyAttestation(formatAttestation(attestation), "attestation"); // whatever signed must have signed this
    await folder.addAttestation(attestation);
    return attestation;
  });
}

/** The name under which a key records its beacon. */
const BEACON_NAME = "beacon";

export interface BeaconOptions extends VerifyOptions {
  /** The public randomness, from the source that the terms name: 64 hex digits. */
  readonly value: string;
  /** The coordinator's. */
  readonly signer: TextSigner;
}

/**
 * Ends a ceremony's contributions with public randomness. Nobody knew it when the last contribution was made, so the
 * last contributor could not choose the key. The same value gives the same key.
 * @throws {FormatError} for a value that is none
 * @throws {CeremonyStepError} before any contribution, after a beacon, and for anybody but the coordinator
 *
 * @example
 * ```ts
 * import { applyBeacon } from "zkmargin/prove";
 *
 * const value = "5e".repeat(32); // from the source that the terms name
 * const { beacon } = await applyBeacon({ ...ceremony, value, signer: coordinator });
 * console.log(beacon === value); // true
 * ```
 */
export async function applyBeacon(options: BeaconOptions): Promise<Attestation> {
  const { value, signer } = options;
  if (!/^[0-9a-f]{64}$/.test(value)) throw new FormatError("beacon value", "64 hex digits", "other text");
  const { terms, attestations } = await new CeremonyFolder(options.folder).transcript();
  if (signer.address !== terms.coordinator)
    throw new CeremonyStepError(
      `beacon: expected the coordinator ${terms.coordinator}, got ${signer.address}`,
    );
  if (attestations.length === 0)
    throw new CeremonyStepError("beacon: expected contributions before it, got none; anybody could forge");
  if (attestations.at(-1)?.beacon !== undefined)
    throw new CeremonyStepError("beacon: expected none yet, got one; finish the ceremony");
  return withSnarkjs(() => applyNow(options));
}

async function applyNow(options: BeaconOptions): Promise<Attestation> {
  const { value, signer } = options;
  const verified = await verifyCeremony(options);
  await verified.folder.removeLeftovers();
  const step = timedStep(options.onProgress);
  const next = await step("apply the beacon", 0.85, async () => {
    const file: SnarkjsFile = { type: "mem" };
    await withSnarkjs((snarkjs) =>
      snarkjs.zKey.beacon(
        { type: "mem", data: verified.zkey },
        file,
        BEACON_NAME,
        value,
        BEACON_ITERATIONS_EXP,
      ),
    );
    return file.data ?? new Uint8Array();
  });
  return append(verified, next, { name: BEACON_NAME, signer, beacon: value }, step);
}
