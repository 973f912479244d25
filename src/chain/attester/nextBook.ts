import type { BookFile } from "../../book/bookFile.js";
import type { BookRequest } from "../../book/bookRequest.js";
import { denseBook } from "../../book/opening.js";
import { boundsFunding, type SleeveBand } from "../../book/sleeveFile.js";
import { type MarketFile, marketDigest } from "../../market/file.js";
import type { AttestedTerms, SleeveTerms } from "../../protocol/attestation.js";
import { BPS, SLEEVE_FUNDING_WEIGHT } from "../../protocol/bounds.js";
import { endOfBook } from "../../protocol/lapse.js";
import { type Listing, slotOf } from "../../protocol/listing.js";
import { allowanceOf } from "../../protocol/odometer.js";
import { underlyingsOf } from "../../risk/options/sleeve.js";
import { saltedArrays } from "../../risk/options/sleeveDetail.js";
import { reviewSleeve } from "../../risk/options/sleeveReview.js";
import type { SleeveRule } from "../../risk/options/sleeveRules.js";
import { sleeveEnd } from "../../risk/options/sleeveValues.js";
import type { MarketStatus } from "../status.js";
import type { AttesterRecord } from "./records.js";

/** On what terms an attester signs. */
export interface AttesterPolicy {
  readonly rule: SleeveRule;
  /** Of the sleeves that it prices, and the least of those that it checks. */
  readonly band: Omit<SleeveBand, "until" | "fundingWeight">;
  /** How long a sleeve holds, seconds: more than `margin`. */
  readonly seconds: number;
  /** Share of a band that may be used up before a new book is signed, basis points. */
  readonly bandShare: number;
  /** Seconds before the end of a book or a sleeve at which a new book is signed. */
  readonly margin: number;
  /** Seconds that holdings and surface may be old. */
  readonly recordAge: number;
  readonly surfaceAge: number;
}

/** Why an account needs another book signed. */
export type SigningReason =
  /** The owner asks for a book of its own making. */
  | "asked"
  /** None was signed yet. */
  | "first"
  /** The records have options and the book has no sleeve, or the other way round. */
  | "options"
  /** Attesters that signed the book were revoked or rotated away. */
  | "signers"
  /** A signer or the owner voided the sleeve. */
  | "void"
  /** The profile's shocks have changed. */
  | "shocks"
  /** The market has used up its share of the sleeve's band. */
  | "band"
  /** The sleeve ends soon. */
  | "end"
  /** The attestation expires soon. */
  | "expiry";

/** The newest book that was attested, or that this attester signed since. */
export interface SignedState extends Pick<AttestedTerms, "sequence" | "asOf" | "expiresAt"> {
  readonly live: boolean;
  readonly sleeve: (Omit<SleeveTerms, "ledger"> & SleeveState) | null;
}

interface SleeveState {
  readonly voidedAt: bigint;
  /** The sleeve odometer in the round that it was priced at; null where the ledger has forgotten that. */
  readonly odometer: bigint | null;
}

/** Why an account needs another book signed now; null if it needs none. */
export function reasonToSign(
  book: SignedState | null,
  market: Pick<MarketStatus, "time" | "round" | "bookMaxAge" | "epochSince">,
  now: { readonly shocks: string; readonly hasOptions: boolean },
  { margin, bandShare }: Pick<AttesterPolicy, "margin" | "bandShare">,
): SigningReason | null {
  if (book === null) return "first";
  const { sleeve } = book;
  const left = endOfBook(book, market) - market.time;
  if (!book.live && left > 0n) return "signers";
  if ((sleeve !== null) !== now.hasOptions) return "options";
  if (sleeve !== null) {
    if (sleeve.voidedAt !== 0n) return "void";
    if (sleeve.shocks.toLowerCase() !== now.shocks.toLowerCase()) return "shocks";
    const reading = market.round?.sleeveOdometer ?? 0n;
    const moved = sleeve.odometer === null ? null : reading - sleeve.odometer;
    if (moved === null || moved * BPS > allowanceOf(Number(sleeve.band)) * BigInt(bandShare)) return "band";
    if (sleeve.until - market.time <= BigInt(margin)) return "end";
  }
  return left <= BigInt(margin) ? "expiry" : null;
}

/** Why an attester does not sign. */
export type RefusalCode =
  /** The request is no request, or a file of the records is none. */
  | "unreadable"
  /** Another request is of the same account. */
  | "repeated"
  | "other-account"
  | "not-attester"
  | "no-records"
  /** The records are too old, or older than what they are to answer. */
  | "old-records"
  | "old-surface"
  /** The holdings asked for are not those of the records. */
  | "holdings"
  /** More of an asset on another chain than home records. */
  | "remote"
  /** Numbers or terms of the sleeve asked for are not confirmed. */
  | "sleeve"
  /** Options of assets whose moves use up no band. */
  | "slots"
  /** The positions cannot be priced. */
  | "unpriced"
  /** The sequence is not above that of the newest book, or far above it. */
  | "sequence"
  /** Another book of this sequence was signed. */
  | "spent"
  /** The request has no salt of the next sequence. */
  | "no-salts"
  /** No round can be proven against, or the sleeve asked for is of none that can. */
  | "no-round"
  /** A new book would end no later than the present one. */
  | "no-later";

/** An attester does not sign. The message names fields, and no asset and no amount. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(message);
  }
}

/** The salts of one book. */
export type BookSalts = BookRequest["salts"][number];

/** That the holdings of a book are those of the records. @throws Refusal */
export function checkHoldings(asked: BookFile, record: AttesterRecord, market: MarketFile): void {
  const [theirs, ours] = [asked, record.book].map(({ sleeve: _, ...linear }) =>
    denseBook(linear, market.listing, market.listing.length),
  );
  const same = (a: readonly bigint[] = [], b: readonly bigint[] = []) => a.every((x, u) => x === b[u]);
  const other = [
    ...(same(theirs?.spot, ours?.spot) ? [] : ["spot"]),
    ...(same(theirs?.perp, ours?.perp) ? [] : ["perp"]),
    ...(theirs?.basis === ours?.basis ? [] : ["basis"]),
  ];
  if (asked.account !== record.book.account) other.push("account");
  if (asked.isolated !== record.book.isolated) other.push("isolated");
  if (other.length > 0)
    throw new Refusal(
      "holdings",
      `book: expected the holdings of the attester's records, got another ${other.join(", ")}`,
    );
}

/**
 * That a book holds no more of assets on other chains than RemoteCollateral records.
 * @param recorded by slot, quanta
 * @throws Refusal
 */
export function checkRemotes(
  { sleeve: _, ...linear }: BookFile,
  listing: Listing,
  recorded: ReadonlyMap<number, bigint>,
): void {
  const { spot } = denseBook(linear, listing, listing.length);
  for (const [slot, most] of recorded)
    if ((spot[slot] ?? 0n) > most)
      throw new Refusal(
        "remote",
        "book: expected at most what is recorded of assets on other chains, got more; is a lock stale, or not credited?",
      );
}

/** That records are new enough to sign by. @throws Refusal */
export function checkAge(
  { readAt, options }: AttesterRecord,
  { time, after }: { readonly time: bigint; readonly after: bigint },
  { recordAge, surfaceAge }: Pick<AttesterPolicy, "recordAge" | "surfaceAge">,
): void {
  if (readAt > time) throw new Refusal("old-records", `readAt: expected at most ${time}, got ${readAt}`);
  const least = time - BigInt(recordAge);
  const from = least > after ? least : after;
  if (readAt < from)
    throw new Refusal("old-records", `readAt: expected holdings read from ${from} on, got ${readAt}`);
  if (options === undefined) return;
  const observed = BigInt(options.surface.time);
  if (observed > time || observed < time - BigInt(surfaceAge))
    throw new Refusal(
      "old-surface",
      `surface.time: expected ${time - BigInt(surfaceAge)} to ${time}, got ${observed}`,
    );
}

/**
 * That the band of a sleeve is used up by every asset that it is of, and that it settles in.
 * @param slots of the ledger that may carry sleeves, bit u for slot u
 * @throws Refusal
 */
export function checkSlots({ options }: AttesterRecord, listing: Listing, slots: bigint): void {
  if (options === undefined) return;
  const { sleeve } = options;
  const settled = sleeve.positions.map(({ instrument }) => /_(USD[CT])-/.exec(instrument.name)?.[1] ?? null);
  const symbols = [...underlyingsOf(sleeve), ...settled.filter((symbol) => symbol !== null)];
  const carried = (symbol: string) =>
    ((slots >> BigInt(slotOf(listing, symbol) ?? listing.length)) & 1n) === 1n;
  if (!symbols.every(carried))
    throw new Refusal(
      "slots",
      "sleeve: expected underlyings and settlement tokens that use up a band on this ledger, got another",
    );
}

/** What a sleeve is priced or checked with. */
export interface PricingContext {
  readonly market: MarketFile;
  /** Of the newest block, unix seconds. */
  readonly time: bigint;
  /** The latest end that the registry takes. */
  readonly latest: bigint;
}

/** The book with a sleeve priced by the attester's own records. @throws InputError for positions that give no arrays */
export function pricedBook(
  book: BookFile,
  { detail }: BookSalts,
  { options }: AttesterRecord,
  { market, time, latest }: PricingContext,
  { rule, band, seconds }: AttesterPolicy,
): BookFile {
  if (options === undefined) return book;
  const { sleeve, surface } = options;
  const end = Number(time) + seconds;
  const until = sleeveEnd(sleeve, surface, Math.min(end, Number(latest)));
  const whole = { ...band, fundingWeight: Number(SLEEVE_FUNDING_WEIGHT), until };
  const request = { sleeve, surface, market, rule, band: whole };
  const dense = denseBook(book, market.listing, market.listing.length);
  return { ...book, sleeve: saltedArrays({ ...request, book: dense }, detail) };
}

/**
 * That the records confirm the sleeve of a book that the owner made.
 * @throws Refusal naming the fields that they do not, InputError for positions that give no arrays
 */
export function checkSleeve(
  book: BookFile,
  { detail }: BookSalts,
  { options }: AttesterRecord,
  { market, time, latest }: PricingContext,
  { rule, band, seconds }: AttesterPolicy,
): void {
  const { sleeve: arrays, ...linear } = book;
  if (arrays === undefined || options === undefined)
    throw new Refusal(
      "sleeve",
      `book.sleeve: expected ${options === undefined ? "none" : "one"}, as the records have it, got ${arrays === undefined ? "none" : "one"}`,
    );
  if (arrays.market !== marketDigest(market))
    throw new Refusal("no-round", "book.sleeve.market: expected one of the newest rounds, got another");
  const dense = denseBook(linear, market.listing, market.listing.length);
  const findings = reviewSleeve(arrays, { ...options, market, rule, book: dense }, detail);
  // An asset's name would tell what the account holds.
  const fields = findings.map(({ field }) => field.replace(/^(tangents)\..*\./, "$1."));
  const own = arrays.band;
  for (const move of ["volatility", "smile", "basis"] as const)
    if (own[move] < band[move]) fields.push(`band.${move}`);
  if (!boundsFunding(own)) fields.push("band.fundingWeight");
  const end = time + BigInt(seconds);
  if (BigInt(own.until) > (end < latest ? end : latest) || BigInt(own.until) <= time)
    fields.push("band.until");
  if (fields.length > 0)
    throw new Refusal(
      "sleeve",
      `book.sleeve: expected what the attester's records give, got another or a kinder ${[...new Set(fields)].join(", ")}`,
    );
}
