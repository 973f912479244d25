/**
 * `zkmargin/prove`. What an institution needs to prove: books and their commitments, proving sessions, circuits, keys and
 * ceremonies.
 */

export { importBookCsv } from "../book/csv.js";
export { type BookFile, type BookHeader, parseBook, serialiseBook } from "../book/file.js";
export { denseBook, type Opening, openBook } from "../book/opening.js";
export type { Position } from "../book/position.js";
export { deriveSalt, parseSecret } from "../book/salt.js";
export type { TextSigner } from "../keys/signedText.js";
export { type Artefacts, loadArtefacts, loadVerificationKey } from "../prove/artefacts/load.js";
export { pinnedVerificationKey } from "../prove/artefacts/pins.js";
export type { Attestation } from "../prove/ceremony/attestation.js";
export { applyBeacon } from "../prove/ceremony/beacon.js";
export { contribute } from "../prove/ceremony/contribute.js";
export { finishCeremony } from "../prove/ceremony/finish.js";
export { installCeremony } from "../prove/ceremony/install.js";
export { startCeremony } from "../prove/ceremony/start.js";
export type { CeremonyTerms } from "../prove/ceremony/terms.js";
export type { Transcript } from "../prove/ceremony/transcript.js";
export { type VerifiedCeremony, verifyCeremony } from "../prove/ceremony/verify.js";
export { fastProver } from "../prove/fastProver.js";
export { type BandRequest, proveBand } from "../prove/proveBand.js";
export type { ProofRequest } from "../prove/proveBook.js";
export { ProvingSession } from "../prove/session.js";
export { setup } from "../prove/setup/setup.js";
export { snarkjsProver } from "../prove/snarkjsProver.js";
