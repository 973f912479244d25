import { setTimeout as sleep } from "node:timers/promises";
import { RevertedError, RoundMismatchError } from "../errors.js";
import type { VerificationKeyPoints } from "../groth16/verificationKey.js";
import { formatDate } from "../market/date.js";
import { checkMarketFile, denseMarket, type MarketFile } from "../market/file.js";
import { foldSignals, type Point } from "../protocol/folding.js";
import { type Listing, listingDigest } from "../protocol/listing.js";
import { readProfileWords } from "../protocol/profileWords.js";
import { publicSignals } from "../protocol/signals.js";
import type { Tier } from "../protocol/tiers.js";
import { eventsOf, interfaceOf } from "./binding.js";
import type { OpenMarket } from "./deployment.js";
import { type MarketLedgerEvents, marketLedger } from "./generated/MarketLedger.js";
import { riskProfile } from "./generated/RiskProfile.js";
import { newestLog } from "./logs.js";
import { marketStatus } from "./status.js";
import { LAG_LOOKS } from "./transactions/accountNonces.js";
import type { Transactions } from "./transactions/transactions.js";
import { pointOf } from "./verificationKey.js";

/** Computes IC₀ + Σ market signals times their points; another implementation may be faster than {@link foldMarket}. */
export type Fold = (market: MarketFile, key: VerificationKeyPoints, tier: Tier) => Point;

/** A round as it stands on the chain, and the market that a proof of it is made in. */
export interface RoundMarket {
  readonly number: bigint;
  readonly epoch: bigint;
  /** Units of 10^-8. */
  readonly odometer: bigint;
  /** The committed price. */
  readonly folded: Point;
  readonly market: MarketFile;
}

/**
 * IC₀ + Σ signalᵢ·ICᵢ₊₁ over the signals that are not an account's.
 *
 * @example
 * ```ts
 * import { foldMarket } from "zkmargin/chain";
 *
 * const point = foldMarket(market, trusted.key, tier); // what MarketLedger commits of a round
 * console.log(point.x > 0n); // true
 * ```
 */
export function foldMarket(market: MarketFile, key: VerificationKeyPoints, tier: Tier): Point {
  const signals = publicSignals({
    commitment: 0n,
    claim: { theta: 1, envelope: 0, healthy: true, isolated: false },
    listing: listingDigest(market.listing),
    market: denseMarket(market, tier),
  });
  return foldSignals(key.IC.map(pointOf), signals);
}

/**
 * The market of a round, from the ledger's event and the profile of its epoch, checked against the committed point. A
 * proof against it is therefore a proof against the committed price. In a derived market a round has the newest parameters of
 * the market's own profile, and only rounds of the base's newest epoch have a point.
 * @throws RoundMismatchError if the chain has no such round, or if its folded point is not that of its prices and
 *   profile under this key
 *
 * @example
 * ```ts
 * import { roundMarket } from "zkmargin/chain";
 *
 * const { market: ofRound } = await roundMarket(open, proven.round, trusted.key);
 * console.log(ofRound.prices.length === open.listing.length); // true
 * ```
 */
export async function roundMarket(
  deployment: OpenMarket,
  number: bigint,
  key: VerificationKeyPoints,
  fold: Fold = foldMarket,
): Promise<RoundMarket> {
  const { listing, tier } = deployment;
  const { round, block } = await committedRound(deployment, number);
  const { epoch, words, x, y } = await foldedWith(deployment, round, block);
  const time = Number(round.time);
  const market: MarketFile = {
    listing,
    time,
    source: {
      chainId: deployment.connection.chainId.toString(),
      ledger: deployment.addresses.marketLedger,
      round: Number(number),
      date: formatDate(time),
    },
    prices: listing.map(({ symbol }, u) => ({
      asset: symbol,
      low: round.low[u] ?? 0n,
      high: round.high[u] ?? 0n,
      funding: round.funding[u] ?? 0n,
    })),
    profile: readProfileWords(words, listing as Listing, tier, epoch),
  };
  checkMarketFile(market, `round ${number}`);
  const point = fold(market, key, tier);
  if (point.x !== x || point.y !== y)
    throw new RoundMismatchError(
      `round ${number}: expected the folded point of its prices and profile, got another; check deployment and key`,
    );
  return { number, epoch, odometer: round.odometer, folded: { x, y }, market };
}

/** Reads the markets of rounds, and keeps the last: all accounts are proven at the same round. */
export class KeptMarket {
  readonly #open: OpenMarket;
  readonly #key: VerificationKeyPoints;
  readonly #fold: Fold | undefined;
  #kept: RoundMarket | undefined;

  constructor(open: OpenMarket, key: VerificationKeyPoints, fold?: Fold) {
    [this.#open, this.#key, this.#fold] = [open, key, fold];
  }

  /** The market of a round. @throws what {@link roundMarket} throws */
  async of(number: bigint): Promise<RoundMarket> {
    const { folded } = await this.#open.contracts.marketLedger.roundAt(number);
    // A re-organisation can put another round under the same number.
    const kept = this.#kept;
    if (kept?.number === number && kept.folded.x === folded.x && kept.folded.y === folded.y) return kept;
    this.#kept = await roundMarket(this.#open, number, this.#key, this.#fold);
    return this.#kept;
  }
}

/** The parameters of a round, their epoch, and the point that the ledger has of it. */
async function foldedWith(
  market: OpenMarket,
  { number, epoch, x, y }: Pick<MarketLedgerEvents["RoundCommitted"], "number" | "epoch" | "x" | "y">,
  since: number,
) {
  const { connection, contracts, derived } = market;
  const at = { blockTag: Math.max(await connection.provider.getBlockNumber(), since) };
  if (derived === undefined) return { epoch, words: await profileOfEpoch(market, epoch, at.blockTag), x, y };
  const [round, words] = await Promise.all([
    contracts.marketLedger.roundAt(number, at),
    contracts.riskProfile.profileWords(at),
  ]);
  if (round.folded.x === 0n && round.folded.y === 0n)
    throw new RoundMismatchError(
      `round ${number}: expected one of the newest epoch of the profile that its ledger folds with, got an earlier one; poke`,
    );
  return { epoch: round.epoch, words: [...words], x: round.folded.x, y: round.folded.y };
}

/** The event of a round, and the block that it is of. */
async function committedRound({ connection, oracle }: OpenMarket, number: bigint) {
  const { address, block: fromBlock } = oracle.deployed.marketLedger;
  const topics = oracle.ledger.interface.encodeFilterTopics("RoundCommitted", [number]);
  for (let look = 1; ; look++) {
    const log = await newestLog(connection.provider, { address, topics, fromBlock });
    const [event] = eventsOf(marketLedger, "RoundCommitted", log === undefined ? [] : [log]);
    if (event !== undefined && log !== undefined) return { round: event.fields, block: log.blockNumber };
    // A backend that is behind does not know the block of a round that the ledger has.
    if (look === LAG_LOOKS || !(await oracle.ledger.usable(number)))
      throw new RoundMismatchError(
        `round ${number}: expected it on the chain, got none; was the chain re-organised?`,
      );
    await sleep(connection.pollingInterval);
  }
}

/**
 * From the state if the epoch is the live one, as its event may be far back; from its event otherwise.
 * @param newest a block that has the epoch
 */
async function profileOfEpoch(
  { connection, oracle: { profile, deployed } }: OpenMarket,
  epoch: bigint,
  newest: number,
) {
  const at = { blockTag: newest };
  if ((await profile.epoch(at)) === epoch) return [...(await profile.profileWords(at))];
  const { address, block: fromBlock } = deployed.riskProfile;
  const topics = profile.interface.encodeFilterTopics("ProfileChanged", [epoch]);
  const log = await newestLog(connection.provider, { address, topics, fromBlock, toBlock: newest });
  const [event] = eventsOf(riskProfile, "ProfileChanged", log === undefined ? [] : [log]);
  if (event === undefined)
    throw new RoundMismatchError(
      `epoch ${epoch}: expected its profile on the chain, got none; was it re-organised?`,
    );
  return [...event.fields.profile];
}

/** A round that was committed, by us or by somebody else meanwhile. */
export interface Poked {
  readonly number: bigint;
  /** Null if it was not this sender's poke. */
  readonly gas: bigint | null;
  /** That it was mined in; null likewise. */
  readonly block: number | null;
}

/**
 * Commits the round after the newest. It also succeeds if somebody else does so first.
 * @throws RevertedError naming the feed's error if one cannot be relied on, or PokedTooSoon or MarketUnmoved
 *
 * @example
 * ```ts
 * import { poke } from "zkmargin/chain";
 *
 * const { number } = await poke(open, transactions); // commits the feeds' prices as a round
 * console.log(number > 0n); // true
 * ```
 */
export async function poke(open: OpenMarket, transactions: Transactions): Promise<Poked> {
  const { round } = await marketStatus(open);
  const next = (round?.number ?? 0n) + 1n;
  const ledger = open.addresses.marketLedger;
  const isDone = async () => ((await marketStatus(open)).round?.number ?? 0n) >= next;
  const submission = {
    key: `poke ${ledger} ${next}`,
    to: ledger,
    data: interfaceOf(marketLedger).encodeFunctionData("poke"),
    isDone,
  };
  try {
    const receipt = await transactions.send(submission);
    const event = receipt && eventsOf(marketLedger, "RoundCommitted", receipt.logs)[0];
    const [gas, block] = [receipt?.gasUsed ?? null, receipt?.blockNumber ?? null];
    return { number: event?.fields.number ?? next, gas, block };
  } catch (error) {
    // Somebody poked between our look and our transaction, which the ledger then refuses as too soon.
    if (error instanceof RevertedError && (await isDone())) return { number: next, gas: null, block: null };
    throw error;
  }
}
