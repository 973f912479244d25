import { commitBook } from "../../book/commitment.js";
import { subaccountId } from "../../chain/attest.js";
import { InputError } from "../../errors.js";
import { checkBook } from "../../margin/bounds.js";
import { listingDigest } from "../../spec/listing.js";
import type { DisclosedOpening } from "../disclosure.js";
import type { About, Place, Report } from "./context.js";

/** What became of an opening so far. */
export interface OpeningFate {
  /** The accounts whose commitment it opens: one, unless somebody else's has the same name, sequence and commitment. */
  readonly matched: string[];
  /** Where a book of its name and sequence was attested that it does not open. */
  mismatch: { readonly place: Place; readonly account: string } | null;
}

/**
 * The openings that an institution disclosed, by the hash of the account's name and the sequence: the chain knows no
 * names. They are held in memory, about a kilobyte each, as the chain may come to any of them.
 */
export class Openings {
  readonly #byKey = new Map<string, DisclosedOpening>();
  readonly #commitments = new Map<bigint, string>();
  /** Contradictions among themselves. */
  readonly contradictions: { readonly about: About; readonly expected: string; readonly got: string }[] = [];
  readonly fates = new Map<string, OpeningFate>();

  get size(): number {
    return this.#byKey.size;
  }

  add(opening: DisclosedOpening): void {
    const key = keyOf(subaccountId(opening.account), Number(opening.sequence));
    const known = this.#byKey.get(key);
    const about = { sequence: Number(opening.sequence) };
    if (known !== undefined) {
      if (textOf(known) !== textOf(opening))
        this.contradictions.push({
          about,
          expected: "one opening of an account and sequence",
          got: "two that differ",
        });
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
    this.fates.set(key, { matched: [], mismatch: null });
  }

  /** The opening of a book of this sub-account and sequence; undefined if it was not disclosed. */
  find(subaccount: string, sequence: number): DisclosedOpening | undefined {
    return this.#byKey.get(keyOf(subaccount, sequence));
  }

  fateOf(subaccount: string, sequence: number): OpeningFate | undefined {
    return this.fates.get(keyOf(subaccount, sequence));
  }

  /** Openings with what became of them, in the order they were disclosed. */
  *all(): Generator<readonly [DisclosedOpening, OpeningFate]> {
    for (const [key, opening] of this.#byKey)
      yield [opening, this.fates.get(key) ?? { matched: [], mismatch: null }];
  }
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

function keyOf(subaccount: string, sequence: number): string {
  return `${subaccount} ${sequence}`;
}

function textOf(opening: DisclosedOpening): string {
  return JSON.stringify(opening, (_, value) => (typeof value === "bigint" ? value.toString() : value));
}
