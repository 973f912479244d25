import type { Opening } from "../book/opening.js";
import { InvalidProofError, MarketMismatchError, NotProvableError, TierMismatchError } from "../errors.js";
import type { KeyWorth } from "../groth16/artefacts/keyStatement.js";
import { fastProver } from "../groth16/fastProver.js";
import type { Prover } from "../groth16/proof.js";
import { WitnessCalculator } from "../groth16/witnessCalculator.js";
import { denseMarket, type MarketFile } from "../market/file.js";
import { shocksDigest } from "../market/profile.js";
import { checkBook } from "../protocol/checks.js";
import { type Claim, checkClaim } from "../protocol/claim.js";
import { commitBook } from "../protocol/commitment.js";
import { narrowestBand } from "../protocol/health.js";
import { circuitInputs } from "../protocol/signals.js";
import { type Assessment, assess, exceeds } from "../protocol/statement.js";
import type { Tier, TierName } from "../protocol/tiers.js";
import { healthFactor } from "../protocol/whatIf.js";
import type { Artefacts } from "./artefacts.js";
import { type Band, checkBandBounds } from "./band.js";
import type { Bundle } from "./bundle.js";
import { BundleVerifier, trustedKeyOf } from "./bundleVerifier.js";
import { type Statement, statementOf } from "./statement.js";
import { factorText, percentText } from "./statementWords.js";

/** Which prover makes the proofs, and which listener is told of their phases. */
export interface SessionOptions {
  /** What makes the proofs; by default the package's own prover with a thread per core. */
  readonly prover?: (zkey: Uint8Array) => Prover | Promise<Prover>;
  readonly onPhase?: OnPhase;
}

/**
 * A tier's circuit and key, loaded once for any number of proofs.
 *
 * @example
 * ```ts
 * import { loadArtefacts, ProvingSession } from "zkmargin/prove";
 *
 * const session = await ProvingSession.open(await loadArtefacts(home, tier));
 * try {
 *   const proven = await session.prove({ opening, market, theta: 10_000, envelope: 100 });
 *   console.log(proven.commitment === opening.commitment); // true
 * } finally {
 *   await session.close();
 * }
 * ```
 */
export class ProvingSession {
  readonly #parts: ProvingParts;

  private constructor(parts: ProvingParts) {
    this.#parts = parts;
  }

  /** @throws ArtefactAlteredError if the artefacts are not what they should be */
  static async open(artefacts: Artefacts, options: SessionOptions = {}): Promise<ProvingSession> {
    const { tier, verificationKeyHash } = artefacts;
    const verifier = new BundleVerifier(tier, trustedKeyOf(artefacts));
    const calculator = new WitnessCalculator(artefacts.wasm);
    const prover = await (options.prover ?? fastProver)(artefacts.zkey);
    return new ProvingSession({
      tier,
      calculator,
      prover,
      verifier,
      verificationKeyHash,
      key: artefacts.worth,
      ...(options.onPhase === undefined ? {} : { onPhase: options.onPhase }),
    });
  }

  get tier(): Tier {
    return this.#parts.tier;
  }

  /** Verifies bundles under the key of this session. */
  get verifier(): BundleVerifier {
    return this.#parts.verifier;
  }

  /** As {@link proveBook}, which says what it throws. */
  prove(request: ProofRequest): Promise<Bundle> {
    return proveBook(this.#parts, request);
  }

  /** Ends every thread. */
  close(): Promise<void> {
    return this.#parts.prover.close();
  }
}

/** What to prove about which book in which market. */
export interface ProofRequest {
  /** The committed book; whether the claim says "isolated" or "sleeve" is the book's. */
  readonly opening: Opening;
  readonly market: MarketFile;
  /** Health factor to exceed, basis points. */
  readonly theta: number;
  /** Basis points; default 0. */
  readonly envelope?: number;
  /** Default true; false claims HF ≤ θ. */
  readonly healthy?: boolean;
  /** Cents added to the collateral or, if negative, owed on top; default 0. */
  readonly support?: bigint;
  /** Whether the bundle carries the market; default true. */
  readonly includeMarket?: boolean;
}

/** Told of the start and the end of each phase, so that a caller with a clock may time it. */
export type OnPhase = (phase: string, state: "start" | "end") => void;

/** What proofs are made with: one tier's circuit and key. */
export interface ProvingParts {
  readonly tier: Tier;
  readonly calculator: WitnessCalculator;
  readonly prover: Prover;
  readonly verifier: BundleVerifier;
  readonly verificationKeyHash: string;
  readonly key: KeyWorth;
  readonly onPhase?: OnPhase;
}

/**
 * Makes a proof bundle of a book: the reference model first, then witness, proof and self-verification, all in memory.
 * Nothing is written, and a bundle that does not verify is never returned. Self-verification re-derives the statement
 * from the bundle, as any verifier does.
 *
 * @throws NotProvableError if the claim is false, with the book's own figures, for its owner
 * @throws InputError for a claim, book or market out of bounds
 * @throws TierMismatchError if the book is dense over another tier
 * @throws MarketMismatchError if the opening is of another listing than the market
 * @throws InvalidProofError if the prover failed
 */
async function proveBook(parts: ProvingParts, request: ProofRequest): Promise<Bundle> {
  const { tier, verifier } = parts;
  const { opening, market } = request;
  const during = async <T>(phase: string, work: () => T | Promise<T>): Promise<T> => {
    parts.onPhase?.(phase, "start");
    const result = await work();
    parts.onPhase?.(phase, "end");
    return result;
  };

  const statement = await during("reference model", () => trueStatement(request, tier));
  const inputs = circuitInputs(statement, opening);
  const witness = await during("witness", () => parts.calculator.calculate(inputs));
  const proven = await during("proof", () => parts.prover.prove(witness, inputs)).finally(() =>
    witness.fill(0),
  );

  const bundle: Bundle = {
    claim: statement.claim,
    tier: tier.name as TierName,
    commitment: statement.commitment,
    marketDigest: statement.marketDigest,
    market,
    proof: proven.proof,
    verificationKeyHash: parts.verificationKeyHash,
    key: parts.key,
  };
  await during("self-verification", () => {
    if (proven.publicSignals.some((signal, i) => signal !== statement.signals[i]))
      throw new InvalidProofError("proof: its public signals are not those of the statement");
    verifier.verify(bundle);
  });
  const { market: _, ...withoutMarket } = bundle;
  return request.includeMarket === false ? withoutMarket : bundle;
}

/** The statement of a request, once everything is in bounds and the reference model says that it is true. */
function trueStatement(request: ProofRequest, tier: Tier): Statement {
  const { opening, market, theta, envelope = 0, healthy = true, support = 0n } = request;
  const claim: Claim = {
    ...{ theta, envelope, healthy, isolated: opening.isolated },
    ...(opening.book.sleeve === undefined ? {} : { sleeve: true }),
    ...(support === 0n ? {} : { support }),
  };
  checkClaim(claim);
  if (opening.book.spot.length !== tier.assets)
    throw new TierMismatchError(
      "book",
      `${tier.assets} slots, as ${tier.name} has`,
      String(opening.book.spot.length),
      "open it for that tier",
    );
  checkBook(opening.book, { isolated: opening.isolated });
  if (opening.sleeve !== undefined && opening.sleeve.shocks !== shocksDigest(market.profile, market.listing))
    throw new MarketMismatchError(
      "book.sleeve.shocks",
      "the digest of this market's scenarios",
      "that of others",
      "make the sleeve's arrays for this market",
    );
  const statement = statementOf({ commitment: opening.commitment, claim }, market, tier);
  if (commitBook(opening.book, opening.salt, statement.listing) !== opening.commitment)
    throw new MarketMismatchError(
      "commitment",
      "one to this book in the market's listing",
      "another",
      "open the book with the listing of this market",
    );
  const assessment = assess(opening.book, statement.market, claim);
  if (exceeds(assessment, theta) !== healthy) throw new NotProvableError(whyNot(assessment, claim));
  return statement;
}

/** "not healthy: HF 0.9731, needs more than 1.0000". */
function whyNot(assessment: Assessment, { theta, envelope, healthy }: Claim): string {
  const hf = healthFactor(assessment);
  const at = envelope === 0 ? "" : ` at the edge of an envelope of ${percentText(envelope)}`;
  const figure = hf === null ? "nothing is owned or owed" : `HF ${factorText(hf)}${at}`;
  if (healthy) return `not healthy: ${figure}, needs more than ${factorText(theta)}`;
  return `not unhealthy: ${hf === null ? "nothing is owed" : figure}, needs at most ${factorText(theta)}`;
}

/** A band to prove: its bounds in basis points, or none, for the narrowest of the published grid. */
export type BandRequest = Pick<ProofRequest, "opening" | "market" | "includeMarket"> & {
  readonly bounds?: { readonly above: number; readonly notAbove: number };
};

/**
 * Proves that a book's health factor lies in a band: two proofs from the one circuit.
 * @throws NotProvableError if it does not, or if no band of the grid holds it
 * @throws OutOfRangeError for bounds that leave nothing between them, and what proveBook throws
 *
 * @example
 * ```ts
 * import { proveBand } from "zkmargin/prove";
 * import { bandClaim } from "zkmargin/verify";
 *
 * const proven = await proveBand(session, { opening, market, bounds: { above: 10_000, notAbove: 20_000 } });
 * console.log(bandClaim(proven).above); // 10000
 * ```
 */
export async function proveBand(
  session: Pick<ProvingSession, "prove" | "tier">,
  { opening, market, bounds, includeMarket = true }: BandRequest,
): Promise<Band> {
  const { above, notAbove } =
    bounds ?? narrowestBand(opening.book, denseMarket(market, session.tier)) ?? noBand();
  checkBandBounds(above, notAbove);
  const common = { opening, market, includeMarket: false };
  // The one that may be false of a sound book comes first.
  const notAboveProof = await session.prove({ ...common, theta: notAbove, healthy: false });
  const aboveProof = await session.prove({ ...common, theta: above, healthy: true });
  return { above: aboveProof, notAbove: notAboveProof, ...(includeMarket ? { market } : {}) };
}

function noBand(): never {
  throw new NotProvableError(
    "in no band of the grid: the health factor is above all of it, or there is nothing to measure; prove it healthy instead",
  );
}
