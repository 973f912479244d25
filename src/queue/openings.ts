import { ArchiveReader, type ArchiveReaderKey } from "../audit/archive/reader.js";
import type { DisclosedOpening } from "../audit/disclosure.js";
import type { Opening } from "../book/opening.js";

/** Milliseconds between two readings of an archive that lacks a book. */
const AGAIN = 5_000;

/**
 * The books that a worker's key opens in an archive, by their commitments. They stay in this process's memory. An archive
 * is read once, and again where a book is asked for that was not in it.
 */
export class ArchivedBooks {
  readonly #path: string;
  readonly #key: ArchiveReaderKey;
  readonly #clock: () => number;
  readonly #openings = new Map<bigint, Opening>();
  #readAt = Number.NEGATIVE_INFINITY;
  /** Records read so far. */
  #count = 0;

  private constructor(path: string, key: ArchiveReaderKey, clock: () => number) {
    this.#path = path;
    this.#key = key;
    this.#clock = clock;
  }

  /**
   * @param key the worker's own, which opens what the institution has granted it
   * @param clock now, unix milliseconds
   * @throws what ArchiveReader.open throws: the key opens nothing, or there is no archive
   */
  static async open(path: string, key: ArchiveReaderKey, clock: () => number): Promise<ArchivedBooks> {
    const books = new ArchivedBooks(path, key, clock);
    await books.#read();
    return books;
  }

  get size(): number {
    return this.#openings.size;
  }

  /** The book of a commitment; undefined if it is not archived, or not granted to this key. */
  async of(commitment: bigint): Promise<Opening | undefined> {
    if (!this.#openings.has(commitment) && this.#clock() - this.#readAt >= AGAIN) await this.#read();
    return this.#openings.get(commitment);
  }

  async #read(): Promise<void> {
    this.#readAt = this.#clock();
    const reader = await ArchiveReader.open(this.#path, this.#key);
    const count = await reader.count();
    if (count === this.#count) return;
    this.#count = count;
    for await (const step of reader.steps())
      if ("disclosed" in step) this.#openings.set(step.disclosed.commitment, openingOf(step.disclosed));
  }
}

/** A disclosed opening as a prover takes it. */
function openingOf({ account, sequence, commitment, opening }: DisclosedOpening): Opening {
  const { isolated, salt, sleeve, spot, perp, basis } = opening;
  return {
    ...{ account, sequence: Number(sequence), commitment, isolated, salt },
    book: {
      spot: [...spot],
      perp: [...perp],
      basis,
      ...(sleeve === undefined ? {} : { sleeve: { ...sleeve, gains: [...sleeve.gains] } }),
    },
  };
}
