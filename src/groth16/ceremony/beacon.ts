import { CeremonyStepError, FormatError } from "../../errors.js";
import { timedStep } from "../setup/progress.js";
import { type MemoryFile, withSnarkjs } from "../setup/snarkjsThreads.js";
import type { Attestation } from "./attestation.js";
import { append } from "./contribute.js";
import { CeremonyFolder } from "./folder.js";
import type { TextSigner } from "./signedText.js";
import { BEACON_ITERATIONS_EXP } from "./terms.js";
import { type VerifyOptions, verifyCeremony } from "./verify.js";

/** The name under which a key records its beacon. */
const BEACON_NAME = "beacon";

export interface BeaconOptions extends VerifyOptions {
  /** The public randomness, from the source that the terms name: 64 hex digits. */
  readonly value: string;
  /** The coordinator's. */
  readonly signer: TextSigner;
}

/**
 * Ends a ceremony's contributions with public randomness that nobody knew when the last of them was made, so that the last
 * contributor could not choose the key. The same value gives the same key.
 * @throws {FormatError} for a value that is none
 * @throws {CeremonyStepError} before any contribution, after a beacon, and for anybody but the coordinator
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
    const file: MemoryFile = { type: "mem" };
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
