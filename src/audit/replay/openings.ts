import { subaccountId } from "../../chain/attest.js";
import { InputError } from "../../errors.js";
import { checkBook } from "../../protocol/checks.js";
import { commitBook } from "../../protocol/commitment.js";
import { listingDigest } from "../../protocol/listing.js";
import { reviewDisclosedSleeve, type SleeveReview } from "../disclosedSleeve.js";
import { CoveredSequences, type DisclosedOpening, type Scope } from "../disclosure.js";
import type { About, Place, Report } from "./context.js";

/** What became of an opening so far. */
export interface OpeningFate {
  /** The accounts whose commitment it opens: one, unless it is bound to none and others have its name and commitment. */
  readonly matched: string[];
  /** Where a book of its account, or of its name, and its sequence was attested that it does not open. */
  mismatch: { readonly place: Place; readonly account: string } | null;
}

/** A book on the chain, as openings are looked up by it: the chain knows the hash of an account's name. */
export interface BookPlace {
  readonly account: string;
  readonly subaccount: string;
  readonly sequence: number;
}

/**
 * The openings that an institution disclosed. Each is of one account of the chain where the disclosure says of which; where
 * it does not, of any account with the hash of its name. They are held in memory, about a kilobyte each, as the chain may
 * come to any of them. A sleeve is computed again as it is added; of its sources nothing stays but what that came to.
 *
 * @example
 * ```ts
 * import { disclosedOpening, Openings } from "zkmargin/audit";
 *
 * const openings = new Openings();
 * openings.add(disclosedOpening(opening, market.listing, null));
 * ```
 */
export class Openings {
  readonly #byKey = new Map<string, DisclosedOpening>();
  readonly #reviews = new Map<string, SleeveReview>();
  readonly #commitments = new Map<bigint, string>();
  readonly #scopes: Scope[] = [];
  #covered: CoveredSequences | undefined;
  /** Contradictions among themselves. */
  readonly contradictions: { readonly about: About; readonly expected: string; readonly got: string }[] = [];
  readonly fates = new Map<string, OpeningFate>();

  get size(): number {
    return this.#byKey.size;
  }

  /** What was disclosed, by what the disclosures say: within it each attested book has to be opened. */
  get scopes(): readonly Scope[] {
    return this.#scopes;
  }

  /** Adds what a disclosure says that it covers. */
  addScopes(scopes: readonly Scope[]): void {
    this.#scopes.push(...scopes);
    this.#covered = undefined;
  }

  /** @param id of its account on the chain; null where that was not said */
  add({ sources, ...opening }: DisclosedOpening, id: string | null = null): void {
    const key = keyOf(id ?? subaccountId(opening.account), Number(opening.sequence));
    const known = this.#byKey.get(key);
    const about = { sequence: Number(opening.sequence) };
    if (known !== undefined) {
      if (textOf(known) !== textOf(opening))
        this.contradictions.push({
          about,
          expected: "one opening of an account and sequence",
          got: "two that differ",
        });
      else if (this.#reviews.get(key)?.pricing === null) this.#review(key, opening, sources);
      return;
    }
    const same = this.#commitments.get(opening.commitment);
    if (same !== undefined)
      this.contradictions.push({
        about,
        expected: "each commitment opened as one book",
        got: "one opened for two sequences or accounts",
      });
    this.#commitments.set(opening.commitment, key);
    this.#byKey.set(key, opening);
    this.#review(key, opening, sources);
    this.fates.set(key, { matched: [], mismatch: null });
  }

  /** Computes a sleeve again; of two disclosures of it, one may have left its sources out. */
  #review(key: string, opening: DisclosedOpening, sources: DisclosedOpening["sources"]): void {
    const review = reviewDisclosedSleeve({ ...opening, ...(sources === undefined ? {} : { sources }) });
    if (review !== null) this.#reviews.set(key, review);
  }

  /** The opening of a book; undefined if it was not disclosed. */
  find(book: BookPlace): DisclosedOpening | undefined {
    const opening = this.#byKey.get(this.#keyOf(book));
    return opening && subaccountId(opening.account) === book.subaccount ? opening : undefined;
  }

  /** What became of a book's opening; undefined where there is none. */
  fateOf(book: BookPlace): OpeningFate | undefined {
    return this.fates.get(this.#keyOf(book));
  }

  /** What computing a book's sleeve again came to; undefined of a book without one, or that was not disclosed. */
  reviewOf(book: BookPlace): SleeveReview | undefined {
    return this.#reviews.get(this.#keyOf(book));
  }

  /** Whether a book lies in what was disclosed. */
  claims({ account, subaccount, sequence }: BookPlace): boolean {
    this.#covered ??= new CoveredSequences(this.#scopes, scopeKey);
    return [account, subaccount].some((key) => this.#covered?.covers(key, BigInt(sequence)));
  }

  /** Openings with what became of them, in the order they were disclosed. */
  *all(): Generator<readonly [DisclosedOpening, OpeningFate]> {
    for (const [key, opening] of this.#byKey)
      yield [opening, this.fates.get(key) ?? { matched: [], mismatch: null }];
  }

  #keyOf({ account, subaccount, sequence }: BookPlace): string {
    const bound = keyOf(account, sequence);
    return this.#byKey.has(bound) ? bound : keyOf(subaccount, sequence);
  }
}

/** What a scope is of, as the chain knows it: the account, or any with its name. */
export function scopeKey({ account, id = null }: Scope): string {
  return id ?? subaccountId(account);
}

/** Whether an opening is of this commitment, by computing it again; reports what else is wrong with it. */
export function opens(
  opening: DisclosedOpening,
  attested: {
    readonly commitment: bigint;
    readonly isolated: boolean;
    readonly epoch: number;
    readonly about: About;
  },
  report: Report,
): boolean {
  const { commitment, isolated, epoch, about } = attested;
  const { opening: book } = opening;
  if (recommit(opening) !== commitment) return false;
  try {
    checkBook(book, { isolated });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    // Names the field and its bound, never what it holds.
    report("opening-bounds", about, error.expected, error.got);
  }
  if (opening.epoch !== null && Number(opening.epoch) !== epoch)
    report("opening-epoch", about, `epoch ${epoch}`, `epoch ${opening.epoch}`);
  return true;
}

/** The commitment of a disclosed book and salt; null for numbers that no commitment can be of. */
function recommit({ opening, listing }: DisclosedOpening): bigint | null {
  try {
    return commitBook(opening, opening.salt, listingDigest(listing));
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

function keyOf(account: string, sequence: number): string {
  return `${account} ${sequence}`;
}

function textOf(opening: DisclosedOpening): string {
  return JSON.stringify(opening, (_, value) => (typeof value === "bigint" ? value.toString() : value));
}
