import type { Interface } from "ethers";

/** How calls are found within call data: the call itself, or calls that a wallet, a router or a batch nests in it. */

/** Hex digits of a word, and of a selector. */
export const [WORD, SELECTOR] = [64, 8];

/** Finds calls within call data, each with its own length, and no more of them than the data has room for. */
export class CallReader {
  readonly #data: string;
  readonly #most: number;
  decoded = 0;
  complete = true;

  /** @param times how often the data's length may be decoded: the sum of all lengths that are read is bounded by it */
  constructor(data: string, times = 2) {
    this.#data = data.slice(2);
    this.#most = times * this.#data.length + 4_096;
  }

  /**
   * Call data of every call of a selector.
   * @param lengthOf hex digits of the arguments that begin at a place, null if none can; never looks at more than a few
   */
  all(selector: string, lengthOf: (data: string, at: number) => number | null): string[] {
    const bare = selector.slice(2);
    const found: string[] = [];
    // On whole bytes only; an inner call stands anywhere, as it is packed behind lengths.
    for (let at = this.#data.indexOf(bare); at !== -1; at = this.#data.indexOf(bare, at + 1)) {
      if (at % 2 !== 0) continue;
      const length = lengthOf(this.#data, at + SELECTOR);
      if (length === null || at + SELECTOR + length > this.#data.length) continue;
      if (this.decoded + length > this.#most) {
        this.complete = false;
        break;
      }
      this.decoded += length;
      found.push(`0x${this.#data.slice(at, at + SELECTOR + length)}`);
    }
    return found;
  }
}

/** A word as a length or an offset; null for what is longer than any call data, or is not there. */
export function wordAt(data: string, at: number): number | null {
  const word = data.slice(at, at + WORD);
  return /^0{56}[0-9a-f]{8}$/.test(word) ? Number.parseInt(word, 16) : null;
}

/** The arguments of a call; undefined for what is none of this function. */
export function decodeCall(contract: Interface, name: string, data: string) {
  try {
    const args = contract.decodeFunctionData(name, data);
    // Ethers decodes lazily: what is malformed within fails here, and not where it is read.
    args.toArray(true);
    return args;
  } catch {
    return undefined;
  }
}
