import { getBytes, keccak256 } from "ethers";

const BITS = 2_048;

/** The bloom filter of a block's header: which addresses and topics its events can have. */
export class LogsBloom {
  readonly #bytes: Uint8Array;

  /** @param hex 256 bytes, as `eth_getBlockByNumber` gives them */
  constructor(hex: string) {
    this.#bytes = getBytes(hex);
  }

  /** Whether the filter is of no events at all; some chains leave it empty whatever their blocks hold. */
  get isEmpty(): boolean {
    return this.#bytes.every((byte) => byte === 0);
  }

  /** The share of bits that are set: how probable it is, to the third power, that something seems to be in it. */
  get fill(): number {
    let set = 0;
    for (const byte of this.#bytes) for (let bits = byte; bits !== 0; bits &= bits - 1) set++;
    return set / BITS;
  }

  /** False if no event of the block has this address or topic. */
  mayHold(addressOrTopic: string): boolean {
    const hash = getBytes(keccak256(addressOrTopic));
    return [0, 2, 4].every((at) => {
      const bit = (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) % BITS;
      return ((this.#bytes[this.#bytes.length - 1 - (bit >> 3)] ?? 0) >> (bit & 7)) & 1;
    });
  }
}
