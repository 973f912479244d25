import * as z from "zod/mini";
import { address, hex } from "../../encoding/address.js";
import { parseInteger } from "../../encoding/decimal.js";
import { readBy } from "../../encoding/shape.js";
import type { AttestedTerms } from "../../protocol/attestation.js";
import { fileLines, inTurn, type Lines } from "../lineFile.js";

const FORMAT = "zkmargin/signed-books@1";
const number = readBy(parseInteger);
const entrySchema = z.strictObject({
  key: z.string(),
  /** Whether the signature was given to its owner. */
  given: z.boolean(),
  account: hex(32),
  commitment: number,
  sequence: number,
  asOf: number,
  expiresAt: number,
  sleeve: z.exactOptional(
    z.strictObject({ ledger: address, pricedAt: number, band: number, until: number, shocks: hex(32) }),
  ),
});

interface Stored {
  readonly key: string;
  readonly terms: AttestedTerms;
  readonly given: boolean;
}

/** The journal of an attester's signatures, written before each: one book for each sequence of an account. */
export class SignedBooks {
  readonly #lines: Lines<Stored>;

  private constructor(lines: Lines<Stored>) {
    this.#lines = lines;
  }

  /** In a file that outlasts a crash. @throws JournalError for another file, or one of another attester, registry or chain */
  static async open(path: string, { attester, registry, chainId }: SigningSeat): Promise<SignedBooks> {
    const lines = await fileLines<Stored>(path, {
      header: JSON.stringify({ format: FORMAT, attester, registry, chainId: chainId.toString() }),
      of: `the books that ${attester} signed for registry ${registry} on chain ${chainId}`,
      read: (json) => {
        const read = entrySchema.safeParse(json).data;
        if (read === undefined) return undefined;
        const { key: _, given, ...terms } = read;
        return stored(terms, given);
      },
      toJson,
    });
    return new SignedBooks(lines);
  }

  /** As long as the process. */
  static inMemory(): SignedBooks {
    const entries = new Map<string, Stored>();
    return new SignedBooks({
      get: (key) => entries.get(key),
      entries: () => [...entries.values()],
      put: async (entry) => void entries.set(entry.key, entry),
      exclusively: inTurn(),
    });
  }

  /** The highest sequence that was signed for an account; 0 if none was. */
  highestOf(account: string): bigint {
    return this.#of(account)[0]?.terms.sequence ?? 0n;
  }

  /** The book of the highest sequence whose signature was given. */
  newestGiven(account: string): AttestedTerms | undefined {
    return this.#of(account).find(({ given }) => given)?.terms;
  }

  /** The book that was signed for this account and sequence, and whether its signature was given. */
  at({ account, sequence }: Pick<AttestedTerms, "account" | "sequence">): Stored | undefined {
    return this.#lines.get(keyOf({ account, sequence }));
  }

  #of(account: string): Stored[] {
    return this.#lines
      .entries()
      .filter(({ terms }) => terms.account === account.toLowerCase())
      .sort((a, b) => (a.terms.sequence < b.terms.sequence ? 1 : -1));
  }

  /** Resolves once it is on the disk that these terms, and no others of their sequence, are signed. */
  async put(terms: AttestedTerms): Promise<void> {
    if (this.at(terms) !== undefined)
      throw new RangeError(`sequence ${terms.sequence}: expected none signed, got one`);
    await this.#lines.put(stored(terms, false));
  }

  /** Resolves once it is on the disk that the signature was given. */
  async give(terms: AttestedTerms): Promise<void> {
    await this.#lines.put(stored(terms, true));
  }

  /** Runs `work` while no other process signs with this file. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#lines.exclusively(work);
  }
}

/** Who signs, and for what. */
export interface SigningSeat {
  readonly attester: string;
  readonly registry: string;
  readonly chainId: bigint;
}

function keyOf({ account, sequence }: Pick<AttestedTerms, "account" | "sequence">): string {
  return `${account.toLowerCase()} ${sequence}`;
}

function stored(terms: AttestedTerms, given: boolean): Stored {
  const own = { ...terms, account: terms.account.toLowerCase() };
  return { key: keyOf(own), terms: own, given };
}

/** As it stands in the file: numbers as decimal strings. */
function toJson({ key, given, terms: { sleeve, ...rest } }: Stored): unknown {
  const text = (value: object) =>
    Object.fromEntries(Object.entries(value).map(([field, each]) => [field, String(each)]));
  return { key, given, ...text(rest), ...(sleeve === undefined ? {} : { sleeve: text(sleeve) }) };
}
