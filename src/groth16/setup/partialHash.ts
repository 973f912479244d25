import { blake2b } from "@noble/hashes/blake2b";

/** The words of the state of a BLAKE2b-512 that a phase-1 file records; the library calls them private. */
interface Blake2bState {
  readonly buffer: Uint8Array;
  readonly length: number;
  readonly pos: number;
  get(): number[];
}

const BLOCK_BYTES = 128;
const PARTIAL_BYTES = 216;

/**
 * A phase-1 contribution records the unfinished hash of its response (block, eight 64-bit words of state, bytes hashed
 * before the block, bytes in the block), so that a verifier can go on from there. Node's own BLAKE2b cannot show its
 * state; this is what @noble/hashes is for, and the layout is the one snarkjs reads.
 */
export class ResumableHash {
  readonly #hash = blake2b.create({ dkLen: 64 });

  update(data: Uint8Array): this {
    this.#hash.update(data);
    return this;
  }

  /** The state as it stands, 216 bytes. */
  partial(): Uint8Array {
    const state = this.#hash as unknown as Blake2bState;
    const bytes = new Uint8Array(PARTIAL_BYTES);
    const view = new DataView(bytes.buffer);
    bytes.set(state.buffer.subarray(0, BLOCK_BYTES), 0);
    state.get().forEach((word, i) => {
      view.setInt32(BLOCK_BYTES + 4 * i, word, true);
    });
    view.setUint32(BLOCK_BYTES + 64, state.length - state.pos, true);
    view.setUint32(BLOCK_BYTES + 72, state.pos, true);
    return bytes;
  }

  digest(): Uint8Array {
    return this.#hash.digest();
  }
}
