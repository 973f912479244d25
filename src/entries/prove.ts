/**
 * `zkmargin/prove`. What an institution needs to prove: books and their commitments, proving sessions, circuits, keys and
 * ceremonies.
 */

export { importBookCsv } from "../book/csv.js";
export { type BookFile, type BookHeader, parseBook, serialiseBook } from "../book/file.js";
export { denseBook, type Opening, openBook } from "../book/opening.js";
export type { Position } from "../book/position.js";
export { deriveSalt, parseSecret } from "../book/salt.js";
export { type Artefacts, loadArtefacts, loadVerificationKey } from "../groth16/artefacts/load.js";
export { pinnedVerificationKey } from "../groth16/artefacts/pins.js";
export type { Attestation } from "../groth16/ceremony/attestation.js";
export { applyBeacon } from "../groth16/ceremony/beacon.js";
export { contribute } from "../groth16/ceremony/contribute.js";
export { finishCeremony } from "../groth16/ceremony/finish.js";
export { installCeremony } from "../groth16/ceremony/install.js";
export type { TextSigner } from "../groth16/ceremony/signedText.js";
export { startCeremony } from "../groth16/ceremony/start.js";
export type { CeremonyTerms } from "../groth16/ceremony/terms.js";
export type { Transcript } from "../groth16/ceremony/transcript.js";
export { type VerifiedCeremony, verifyCeremony } from "../groth16/ceremony/verify.js";
export { fastProver } from "../groth16/fastProver.js";
export { setup } from "../groth16/setup/setup.js";
export { snarkjsProver } from "../groth16/snarkjsProver.js";
export { type BandRequest, proveBand } from "../prove/proveBand.js";
export type { ProofRequest } from "../prove/proveBook.js";
export { ProvingSession } from "../prove/session.js";
