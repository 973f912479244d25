import { type FileHandle, open } from "node:fs/promises";
import type { Random } from "../../support/cases.js";

/** Where files of this field have their headers and counts. */
const HEAD = 2_048;

/** Bits of a file of so many bytes, each once: all of them if they are few, and the first and last bytes favoured. */
export function someBits(random: Random, bytes: number, count: number): number[] {
  if (count >= bytes * 8) return Array.from({ length: bytes * 8 }, (_, bit) => bit);
  const bits = new Set<number>();
  while (bits.size < count) {
    const head = Math.min(HEAD, bytes);
    const byte = random.pick([
      () => random.integer(0, head - 1),
      () => random.integer(bytes - head, bytes - 1),
      () => random.integer(0, bytes - 1),
      () => random.integer(0, bytes - 1),
    ])();
    bits.add(byte * 8 + random.integer(0, 7));
  }
  return [...bits];
}

/** A file of which one bit at a time is turned over and back, without writing the rest. */
export class FlippableFile {
  private constructor(
    private readonly file: FileHandle,
    private readonly bytes: Uint8Array,
  ) {}

  static async open(path: string): Promise<FlippableFile> {
    const file = await open(path, "r+");
    return new FlippableFile(file, await file.readFile());
  }

  get length(): number {
    return this.bytes.length;
  }

  /** Does `work` while the bit is another. */
  async flipped<T>(bit: number, work: () => Promise<T>): Promise<T> {
    const at = bit >> 3;
    const byte = this.bytes[at] ?? 0;
    await this.file.write(Uint8Array.of(byte ^ (1 << (bit & 7))), 0, 1, at);
    try {
      return await work();
    } finally {
      await this.file.write(Uint8Array.of(byte), 0, 1, at);
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
