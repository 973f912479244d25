import type { BookRegistryEvents } from "../../chain/generated/BookRegistry.js";
import { SLEEVE_BAND_MAX } from "../../protocol/bounds.js";
import type { Claim } from "../../protocol/claim.js";
import type { ProvenSleeve } from "../../protocol/gate.js";
import { allowanceOf } from "../../protocol/odometer.js";
import type { FindingCode } from "../findings.js";
import { type AccountContext, type AccountState, isWitness, type NewestBook } from "./account.js";
import { countOf, type Report } from "./context.js";
import type { LedgerState, ReplayedMarket, RoundHead } from "./ledger.js";
import { roundIn } from "./prices.js";
import type { ProfileState } from "./profile.js";

/** The sleeve of the book that has just been attested: its terms are within the registry's bounds. */
export function attestSleeve(
  event: BookRegistryEvents["SleeveAttested"],
  profile: Pick<ProfileState, "bookMaxAge">,
  { basis, account, block: { time }, report }: AccountContext,
): void {
  const { book } = account;
  const sequence = countOf(event.sequence);
  const about = { account: account.account, sequence };
  if (sequence !== book.sequence || book.attestedAt !== time || book.sleeve !== null)
    report("event-impossible", about, "the sleeve of the book that was just attested", "another");
  if (account.isolated) report("sleeve-terms", about, "no sleeve of an isolated account", "one");
  const sleeve = {
    ledger: event.ledger,
    pricedAt: countOf(event.pricedAt),
    band: Number(event.band),
    until: countOf(event.until),
    shocks: event.shocks,
  };
  const most = Math.min(profile.bookMaxAge, basis.constants.registry.longestBook);
  const inBounds =
    sleeve.pricedAt > 0 &&
    sleeve.band > 0 &&
    sleeve.band <= SLEEVE_BAND_MAX &&
    sleeve.until > time &&
    sleeve.until - book.asOf <= most;
  if (!inBounds)
    report(
      "sleeve-terms",
      about,
      `a round, a band of 1 to ${SLEEVE_BAND_MAX}, and an end after ${time} and within ${most} s of the book's date`,
      `round ${sleeve.pricedAt}, a band of ${sleeve.band}, and an end at ${sleeve.until}`,
    );
  book.sleeve = sleeve;
}

/** A sleeve is voided, by its account's owner or a witness. */
export function voidSleeve(
  event: BookRegistryEvents["SleeveVoided"],
  { account, block: { time }, report }: AccountContext,
): void {
  const { book } = account;
  const sequence = countOf(event.sequence);
  const about = { account: account.account, sequence };
  if (sequence !== book.sequence || book.sleeve === null || book.sleeveVoidedAt !== 0)
    report("event-impossible", about, "a sleeve of the newest book that was not void", "another");
  if (event.by !== account.owner && !isWitness(account, event.by))
    report("sleeve-terms", about, "the owner or a witness who voids a sleeve", event.by);
  book.sleeveVoidedAt = time;
}

/**
 * Whether the sleeve of a book holds at a round: it is not void, the round is in its band and before its end, and the profile
 * has the shocks that it was made for. Of a book without one, always.
 */
export function sleeveHolds(
  { sleeve, sleeveVoidedAt }: NewestBook,
  round: RoundHead,
  { profile, ledger }: { readonly profile: Pick<ProfileState, "shocks">; readonly ledger: LedgerState },
): boolean {
  if (sleeve === null) return true;
  const priced = roundIn(ledger, sleeve.pricedAt);
  if (priced === null || sleeveVoidedAt !== 0 || sleeve.shocks !== profile.shocks) return false;
  const moved = round.sleeveOdometer - priced.sleeveOdometer;
  return round.time < sleeve.until && moved <= allowanceOf(sleeve.band);
}

/** How long the sleeve of a claim holds, by every rule of MarginGate._requireSleeve. */
export function acceptSleeve(
  { constants, profile, ledger, ledgerAddress }: ReplayedMarket,
  { account, book }: AccountState,
  {
    claim,
    round,
    number,
    time,
  }: {
    readonly claim: Claim;
    readonly round: RoundHead | null;
    readonly number: number;
    readonly time: number;
  },
  report: Report,
): ProvenSleeve | null {
  const about = { account, round: number, sequence: book.sequence };
  const refuse = (expected: string, got: string, code: FindingCode = "sleeve-terms") =>
    report(code, about, expected, got);
  const { sleeve } = book;
  if (constants.ledger.sleeveSlots === 0) refuse("no sleeve, which nothing here carries", "one");
  if (sleeve === null) {
    refuse("a book with a sleeve", "one without");
    return null;
  }
  if (claim.healthy && book.sleeveVoidedAt !== 0) refuse("a sleeve that is not void", "one that is");
  if (sleeve.ledger !== ledgerAddress) refuse(`a sleeve priced at ${ledgerAddress}`, sleeve.ledger);
  if (sleeve.shocks !== profile.shocks)
    refuse("a sleeve for the profile's shocks", "one for others", "sleeve-shocks");
  if (time >= sleeve.until) refuse(`a sleeve that ends after ${time}`, String(sleeve.until), "sleeve-ended");
  const priced = roundIn(ledger, sleeve.pricedAt);
  if (priced === null) {
    refuse("a sleeve priced at a round of the ring", `at round ${sleeve.pricedAt}`);
    return null;
  }
  const earliest = book.attestedAt - constants.ledger.provingWindow;
  if (priced.time < earliest || priced.time > book.attestedAt)
    refuse(`a sleeve priced from ${earliest} to ${book.attestedAt}`, `at ${priced.time}`);
  const allowance = allowanceOf(sleeve.band);
  const moved = (round ?? priced).sleeveOdometer - priced.sleeveOdometer;
  if (moved > allowance || -moved > allowance)
    refuse(`a move of at most ${allowance}`, String(moved), "sleeve-outside-band");
  const limit = priced.sleeveOdometer + allowance;
  return { limit, until: sleeve.until, shocksSince: profile.shocksSince };
}
