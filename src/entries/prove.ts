/**
 * `zkmargin/prove`. What an institution needs to prove: books and their commitments, proving sessions, circuits, keys and
 * ceremonies.
 */

export { type BookFile, type BookHeader, parseBook, serialiseBook } from "../book/bookFile.js";
export type { AsideKind, ImportOptions, SetAside } from "../book/import/bookDraft.js";
export {
  type ImportedBook,
  type ImportFile,
  type ImportRequest,
  importBook,
  importBookCsv,
} from "../book/import/importBook.js";
export type { Column, TableOptions } from "../book/import/table.js";
export type { VenueTotal } from "../book/import/venueFigures.js";
export { denseBook, type Opening, openBook } from "../book/opening.js";
export type { Position } from "../book/position.js";
export { deriveSalt, parseSecret } from "../book/salt.js";
export type { Exact } from "../encoding/exact.js";
export { defaultHome } from "../groth16/artefacts/layout.js";
export { pinnedVerificationKey } from "../groth16/artefacts/load.js";
export type { Manifest } from "../groth16/artefacts/manifest.js";
export { applyBeacon, contribute } from "../groth16/ceremony/contribute.js";
export { finishCeremony } from "../groth16/ceremony/finish.js";
export type { Attestation, CeremonyTerms, TextSigner } from "../groth16/ceremony/signedRecords.js";
export type { Transcript } from "../groth16/ceremony/transcript.js";
export { type VerifiedCeremony, verifyCeremony } from "../groth16/ceremony/verifyCeremony.js";
export { externalProver } from "../groth16/externalProver.js";
export { fastProver } from "../groth16/fastProver.js";
export type { Prover } from "../groth16/proof.js";
export { snarkjsProver } from "../groth16/snarkjsProver.js";
export {
  type Artefacts,
  installCeremony,
  loadArtefacts,
  loadVerificationKey,
  type SetupOptions,
  type SetupResult,
  setup,
  startCeremony,
} from "../prove/artefacts.js";
export {
  type BandRequest,
  type ProofRequest,
  ProvingSession,
  proveBand,
  type SessionOptions,
} from "../prove/session.js";
