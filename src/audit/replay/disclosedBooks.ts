import { boundsFunding } from "../../book/sleeveFile.js";
import { formatDate } from "../../market/date.js";
import { type MarketFile, marketDigest } from "../../market/file.js";
import { SLEEVE_FUNDING_WEIGHT } from "../../protocol/bounds.js";
import type { Claim } from "../../protocol/claim.js";
import { readProfileWords } from "../../protocol/profileWords.js";
import { assess, claimHolds } from "../../protocol/statement.js";
import type { Market, SleeveNumbers } from "../../protocol/types.js";
import { healthFactor } from "../../protocol/whatIf.js";
import type { CompositionSleeve } from "../accountRecord.js";
import type { SleevePricing } from "../disclosedSleeve.js";
import type { DisclosedOpening } from "../disclosure.js";
import type { AccountState, NewestBook } from "./account.js";
import { type AccountLog, COMPOSITIONS, epochOf } from "./account.js";
import { addHealth, push } from "./bounded.js";
import type { Basis, EventContext, Report } from "./context.js";
import type { RoundHead } from "./ledger.js";
import { type BookPlace, type Openings, opens } from "./openings.js";
import { type Quote, roundIn } from "./prices.js";
import { riskOf } from "./profile.js";
import type { ReplayState } from "./replayState.js";
import { sleeveHolds } from "./sleeves.js";

/** Holds what was proven to what was disclosed. */
export class DisclosedBooks {
  readonly #basis: Basis;
  readonly #state: ReplayState;
  readonly #openings: Openings;
  /** Whether the auditor asked for positions. */
  readonly #composition: boolean;
  /** Accounts of which some book was disclosed. */
  #matched: Set<string> | undefined;
  #risk: { readonly epoch: number; readonly risk: ReturnType<typeof riskOf> } | undefined;

  constructor(basis: Basis, state: ReplayState, openings: Openings, composition: boolean) {
    this.#basis = basis;
    this.#state = state;
    this.#openings = openings;
    this.#composition = composition;
  }

  /** Of a book that was attested: is it the disclosed one? */
  checkBook(account: AccountState, log: AccountLog, { block, logIndex, report }: EventContext): void {
    const { book } = account;
    const of = placeOf(account, log);
    const opening = this.#openings.find(of);
    const fate = this.#openings.fateOf(of);
    const about = { account: account.account, sequence: book.sequence };
    if (opening === undefined || fate === undefined) {
      if (this.#openings.claims(of))
        report("opening-gap", about, "an opening of every book within what is disclosed", "none");
      return;
    }
    const attested = {
      commitment: book.commitment,
      isolated: account.isolated,
      epoch: this.#state.profile.epoch,
      about,
    };
    if (!opens(opening, attested, report)) {
      const place = { block: block.number, time: block.time, logIndex };
      fate.mismatch ??= { place, account: account.account };
      return;
    }
    if (opening.commitment !== book.commitment)
      report("opening-contradiction", about, "an opening of the commitment it names", "of another");
    fate.matched.push(account.account);
    this.#matched?.add(account.account);
    log.name = opening.account;
    log.disclosed++;
    const epoch = epochOf(log);
    if (epoch?.disclosed === "none") epoch.disclosed = "confirmed";
    log.describes = this.#composition ? book.sequence : 0;
    this.#describe(account, log, opening);
  }

  /**
   * Of a sleeve that was attested with the newest book: are its numbers those of its positions, and its sources those of the
   * round and the terms that were attested?
   */
  checkSleeve(account: AccountState, log: AccountLog, report: Report): void {
    const opening = this.#disclosed(account, log);
    if (opening === undefined) return;
    const { book } = account;
    const about = { account: account.account, sequence: book.sequence };
    const review = this.#openings.reviewOf(placeOf(account, log));
    if (review === undefined) {
      report("sleeve-sources", about, "a disclosed book with the sleeve that was attested", "one without");
      return;
    }
    for (const { code, expected, got } of review.faults) report(code, about, expected, got);
    if (review.pricing === null) return;
    this.#state.coverage.sleevesComputed++;
    const fault = this.#pricingFault(book, review.pricing);
    if (fault !== null) report("sleeve-sources", about, ...fault);
  }

  /** What the arrays of a sleeve were made for and its attesters did not sign: expected, and got. */
  #pricingFault(
    { sleeve, attestedAt }: NewestBook,
    { market, observedAt, band }: SleevePricing,
  ): [string, string] | null {
    if (sleeve === null) return null;
    if (band.price < sleeve.band) return [`arrays for a band of ${sleeve.band} or more`, `of ${band.price}`];
    if (band.until < sleeve.until) return [`arrays until ${sleeve.until} or later`, `until ${band.until}`];
    if (observedAt > attestedAt) return [`prices observed by ${attestedAt}`, `at ${observedAt}`];
    if (!boundsFunding(band))
      return [`a funding weight of ${SLEEVE_FUNDING_WEIGHT} at most`, `${band.fundingWeight ?? "none"}`];
    const priced = this.#roundMarket(sleeve.pricedAt);
    // Of a round that the ring has lost nothing can be proven.
    if (priced === null || marketDigest(priced) === market) return null;
    return [`the market of round ${sleeve.pricedAt}`, "another"];
  }

  /** The market of a round as `zkmargin round` writes it; null of a round that is known no longer. */
  #roundMarket(number: number): MarketFile | null {
    const { deployment } = this.#basis;
    const { prices, profiles, ledger } = this.#state;
    const [round, quotes] = [roundIn(ledger, number), prices.get(number)];
    const words = profiles.get(round?.epoch ?? 0);
    if (round === null || quotes === undefined || words === undefined) return null;
    const { listing, tier, chainId, contracts } = deployment;
    const { address } = contracts.marketLedger;
    return {
      listing,
      time: round.time,
      source: { chainId: chainId.toString(), ledger: address, round: number, date: formatDate(round.time) },
      prices: listing.map(({ symbol }, u) => {
        const { low = 0n, high = 0n, funding = 0n } = quotes[u] ?? {};
        return { asset: symbol, low, high, funding };
      }),
      profile: readProfileWords(words, listing, tier, BigInt(round.epoch)),
    };
  }

  /** Of a round that was committed: how healthy is every disclosed book in it? */
  checkRound(head: RoundHead, quotes: readonly Quote[]): void {
    if (this.#openings.size === 0) return;
    const state = this.#state;
    const { provingWindow } = this.#basis.constants.ledger;
    state.prices.set(head.number, quotes);
    for (const number of state.prices.keys()) {
      const known = state.ledger.ring[number % state.ledger.ring.length];
      if (known?.number === number && head.time - known.time <= provingWindow) break;
      state.prices.delete(number);
    }
    const { profile, baseProfile } = state;
    state.profiles.set(head.epoch, (baseProfile ?? profile).words);
    const [oldest] = state.prices.keys();
    const first = oldest === undefined ? head : roundIn(state.ledger, oldest);
    for (const epoch of state.profiles.keys())
      if (first !== null && epoch < first.epoch) state.profiles.delete(epoch);
    const market = this.#market(quotes);
    this.#matched ??= new Set([...this.#openings.fates.values()].flatMap(({ matched }) => matched));
    for (const id of this.#matched) {
      const [account, log] = [state.accounts.get(id), state.logs.get(id)];
      const opening = account && log && this.#disclosed(account, log);
      if (account === undefined || log === undefined || opening === undefined) continue;
      if (!this.#hasNumbers(account, opening, head)) continue;
      const hf = healthFactor(assess(opening.opening, market, { healthy: true, envelope: 0 }));
      addHealth(log.headroom, head, hf, account.health?.claim.theta ?? null);
      const epoch = epochOf(log);
      if (epoch !== undefined && hf !== null && (epoch.least === null || hf < epoch.least)) epoch.least = hf;
      this.#describe(account, log, opening);
    }
  }

  /** Of a proof that was accepted: does the disclosed book say the same? */
  checkClaim(account: AccountState, log: AccountLog, claim: Claim, round: RoundHead, report: Report): void {
    const opening = this.#disclosed(account, log);
    const { prices, profile } = this.#state;
    const quotes = prices.get(round.number);
    if (opening === undefined || quotes === undefined || round.epoch !== profile.epoch) return;
    const holds =
      claimHolds(opening.opening, this.#market(quotes), claim) && (!claim.isolated || isIsolated(opening));
    if (holds) return;
    const epoch = epochOf(log);
    if (epoch !== undefined) epoch.disclosed = "contradicted";
    report(
      "opening-verdict",
      { account: account.account, round: round.number, sequence: account.book.sequence },
      "a disclosed book of which the accepted claim is true",
      "one of which it is not",
    );
  }

  /** Whether a book's health factor can be told at a round: of a sleeve nothing is known beyond where it holds. */
  #hasNumbers({ book }: AccountState, { opening }: DisclosedOpening, round: RoundHead): boolean {
    if (opening.sleeve === undefined) return true;
    return book.sleeve !== null && sleeveHolds(book, round, this.#state);
  }

  /** The opening of the newest book, if it was disclosed and opens it. */
  #disclosed(account: AccountState, log: AccountLog): DisclosedOpening | undefined {
    const of = placeOf(account, log);
    const fate = this.#openings.fateOf(of);
    return fate?.matched.includes(account.account) ? this.#openings.find(of) : undefined;
  }

  /** The market of a round of the live epoch, dense over the tier. */
  #market(quotes: readonly Quote[]): Market {
    const { profile } = this.#state;
    if (this.#risk?.epoch !== profile.epoch)
      this.#risk = { epoch: profile.epoch, risk: riskOf(this.#basis, profile.words, profile.epoch) };
    const { tier } = this.#basis.deployment;
    const column = (field: "low" | "high" | "funding") =>
      Array.from({ length: tier.assets }, (_, u) => quotes[u]?.[field] ?? 0n);
    return { ...this.#risk.risk, low: column("low"), high: column("high"), funding: column("funding") };
  }

  /** Positions and their values at the newest round, once for each book, where the auditor asked for them. */
  #describe(account: AccountState, log: AccountLog, disclosed: DisclosedOpening): void {
    const { book } = account;
    const { opening } = disclosed;
    const { newest, quotes } = this.#state.ledger;
    if (log.describes !== book.sequence || newest === null || log.describes === 0) return;
    if (!this.#hasNumbers(account, disclosed, newest)) return;
    log.describes = 0;
    const hf = healthFactor(assess(opening, this.#market(quotes), { healthy: true, envelope: 0 }));
    const value = (quantity: bigint, u: number) =>
      quantity * (quantity > 0n ? (quotes[u]?.low ?? 0n) : (quotes[u]?.high ?? 0n));
    const positions = this.#basis.deployment.listing.flatMap(({ symbol, decimals }, u) => {
      const [spot, perp] = [opening.spot[u] ?? 0n, opening.perp[u] ?? 0n];
      if (spot === 0n && perp === 0n) return [];
      const [spotValue, perpValue] = [value(spot, u), value(perp, u)].map(String) as [string, string];
      return [
        { asset: symbol, decimals, spot: spot.toString(), perp: perp.toString(), spotValue, perpValue },
      ];
    });
    push(
      log.composition,
      {
        sequence: book.sequence,
        round: newest.number,
        time: newest.time,
        healthFactor: hf?.toString() ?? null,
        basis: opening.basis.toString(),
        positions,
        sleeve: opening.sleeve === undefined ? null : sleeveRecord(opening.sleeve),
      },
      COMPOSITIONS,
    );
  }
}

/** Where the newest book of an account stands among openings. */
function placeOf({ account, book }: AccountState, { subaccount }: AccountLog): BookPlace {
  return { account, subaccount, sequence: book.sequence };
}

function sleeveRecord({ value, gains, charge, slack }: SleeveNumbers): CompositionSleeve {
  return {
    value: value.toString(),
    gains: gains.map(String),
    charge: charge.toString(),
    slack: slack.toString(),
  };
}

function isIsolated({ opening }: DisclosedOpening): boolean {
  return (
    opening.perp.filter((quantity) => quantity !== 0n).length <= 1 &&
    opening.spot.filter((quantity) => quantity > 0n).length <= 1
  );
}
