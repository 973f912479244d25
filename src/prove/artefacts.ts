import {
  type CircuitArtefacts,
  type HomeKey,
  loadCircuit,
  loadCircuitKey,
  type PackageOptions,
} from "../groth16/artefacts/load.js";
import {
  type InstallOptions as InstallCircuitOptions,
  installCircuitKey,
} from "../groth16/ceremony/finish.js";
import type { CeremonyTerms } from "../groth16/ceremony/signedRecords.js";
import { type StartOptions as StartCircuitOptions, startCircuitCeremony } from "../groth16/ceremony/start.js";
import { type BuildOptions, type Circuit, setUpCircuit } from "../groth16/setup/setup.js";
import { signalCount } from "../protocol/signals.js";
import { CLEARING_SIGNALS, type ClearingCircuit, type Tier } from "../protocol/tiers.js";

/** The circuit of a tier, as groth16/ takes  */
export function circuitOf(tier: Tier): Circuit {
  return { name: tier.name, power: tier.power, publicSignals: signalCount(tier) };
}

/** A circuit of the clearing house, likewise: `setUpCircuit` makes its keys where they are first needed. */
export function clearingCircuitOf({ name, power }: ClearingCircuit): Circuit {
  return { name, power, publicSignals: CLEARING_SIGNALS };
}

/** The compiled circuit and keys of a tier: the very bytes that were checked. Use them, not the files. */
export interface Artefacts extends CircuitArtefacts {
  readonly tier: Tier;
}

/** Options of groth16/, with a tier in the circuit's place. */
type OfTier<Options> = Omit<Options, "circuit"> & { readonly tier: Tier };

/** Which tier, into which folder, from which phase 1, and which listener is told of progress. */
export type SetupOptions = OfTier<BuildOptions>;

/** What a set-up made or found. */
export interface SetupResult {
  readonly artefacts: Artefacts;
  /** Whether valid artefacts were there already. */
  readonly reused: boolean;
}

/**
 * The artefacts of a tier, as {@link setUpCircuit} makes or finds a circuit's.
 * @throws CompileError, PhaseOneError, ArtefactAlteredError, ArtefactMissingError, CeremonyStepError
 *
 * @example
 * ```ts
 * import { setup } from "zkmargin/prove";
 *
 * const { artefacts } = await setup({ home, tier }); // keeps what is there already
 * console.log(artefacts.worth.kind); // development
 * ```
 */
export async function setup({ tier, ...options }: SetupOptions): Promise<SetupResult> {
  const { artefacts, reused } = await setUpCircuit({ ...options, circuit: circuitOf(tier) });
  return { artefacts: { tier, ...artefacts }, reused };
}

/**
 * Loads the artefacts of `tier` from `home` and checks every file against the manifest and the manifest against the
 * pins of the package.
 * @throws ArtefactMissingError, ArtefactAlteredError, KeyLineageError, CeremonyError as {@link loadCircuit}
 *
 * @example
 * ```ts
 * import { loadArtefacts } from "zkmargin/prove";
 *
 * const { worth } = await loadArtefacts(home, tier); // after `zkmargin setup`
 * console.log(worth.kind); // development
 * ```
 */
export async function loadArtefacts(
  home: string,
  tier: Tier,
  options: PackageOptions = {},
): Promise<Artefacts> {
  return { tier, ...(await loadCircuit(home, tier.name, options)) };
}

/**
 * Loads the verification key of `tier` from `home`: all that a verifier needs. The caller trusts the folder's provider,
 * because a verification key does not show how it was made. For a ceremony's key, the caller trusts its coordinator's
 * signature.
 * @throws as {@link loadArtefacts}
 *
 * @example
 * ```ts
 * import { loadVerificationKey } from "zkmargin/prove";
 *
 * console.log((await loadVerificationKey(home, tier)).hash === trusted.hash); // true
 * ```
 */
export function loadVerificationKey(
  home: string,
  tier: Tier,
  options: PackageOptions = {},
): Promise<HomeKey> {
  return loadCircuitKey(home, tier.name, options);
}

/** Where, of which tier, from which phase 1 and by whom a ceremony is started. */
export type StartOptions = OfTier<StartCircuitOptions>;

/**
 * Starts a ceremony for a tier's key, and signs its terms, which are written last.
 * @throws CeremonyStepError when a ceremony has been started in the folder
 * @throws PhaseOneError, CompileError, ArtefactMissingError, CeremonyError (circuit)
 *
 * @example
 * ```ts
 * import { startCeremony } from "zkmargin/prove";
 *
 * const terms = await startCeremony({
 *   ...ceremony,
 *   folder: `${folder}/keys-2027`,
 *   tier: ceremonyTier,
 *   ptau, // path of a phase 1 of public record
 *   beaconSource: "the hash of block 30 000 000 of Ethereum",
 *   signer: coordinator, // its address, and a function that signs a text
 * });
 * console.log(terms.coordinator === coordinator.address); // true
 * ```
 */
export function startCeremony({ tier, ...options }: StartOptions): Promise<CeremonyTerms> {
  return startCircuitCeremony({ ...options, circuit: tier.name });
}

/** Which ceremony's key goes to which home folder, and whom the caller trusts. */
export type InstallOptions = OfTier<InstallCircuitOptions>;

/**
 * Installs the key of a finished ceremony in a home folder, where `prove`, `verify` and `deploy` find it. Everything is
 * checked before anything is written, and the manifest is written last.
 * @throws CeremonyError, ArtefactMissingError, ArtefactAlteredError, KeyLineageError
 *
 * @example
 * ```ts
 * import { installCeremony } from "zkmargin/prove";
 *
 * const installed = await installCeremony({ ...ceremony, home: `${folder}/keys`, tier: ceremonyTier });
 * console.log(installed.directory); // the folder in which prove, verify and deploy find it
 * ```
 */
export async function installCeremony({ tier, ...options }: InstallOptions): Promise<Artefacts> {
  return { tier, ...(await installCircuitKey({ ...options, circuit: tier.name })) };
}
