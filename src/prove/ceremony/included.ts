import { CeremonyError } from "../../errors.js";
import { type Attestation, attestationId } from "./attestation.js";
import type { Transcript } from "./transcript.js";

/**
 * That an attestation which its contributor kept is among those of a ceremony: a folder cannot show by itself that nobody was
 * left out at its end.
 * @param path of the attestation, for the error
 * @throws CeremonyError (order)
 */
export function checkIncluded({ attestations }: Transcript, own: Attestation, path: string): void {
  const found = attestations[own.index - 1];
  if (found !== undefined && attestationId(found) === attestationId(own)) return;
  throw new CeremonyError(
    "order",
    `${path}: expected to be contribution ${own.index} of the ceremony, got ${found === undefined ? `${attestations.length} contributions` : `one of ${found.contributor}`} there; the key was made without it`,
  );
}
