import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmdirSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { FIELD_R } from "../encoding/field.js";
import { UsageError } from "../errors.js";
import { toWord, WORD } from "./field.js";

/** A witness in the form of a .wtns file, in memory only. */
export function witnessFile(witness: Uint8Array): Uint8Array {
  const wires = witness.length / WORD;
  return Buffer.concat([
    Buffer.from("wtns"),
    uint32(2),
    uint32(2),
    // Section 1: the field and the number of wires.
    uint32(1),
    uint64(4 + WORD + 4),
    uint32(WORD),
    toWord(FIELD_R),
    uint32(wires),
    // Section 2: the wires.
    uint32(2),
    uint64(witness.length),
    witness,
  ]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** Where Linux keeps files in memory, and what `statfs` calls that kind of file system. */
const MEMORY_FOLDER = "/dev/shm";
const TMPFS = 0x01021994;

/**
 * A file in memory that has no name any more: a process can be handed it, as an open file, and can seek in it. No disk holds it, and the system
 * drops it with the last process that has it open, however that ends.
 */
export class MemoryFile {
  /** Its number among this process's open files. */
  readonly descriptor: number;

  /** @throws UsageError where the system keeps no files in memory */
  constructor(content: Uint8Array = new Uint8Array()) {
    this.descriptor = openNameless();
    for (let at = 0; at < content.length; ) at += writeSync(this.descriptor, content, at);
  }

  /** What it contains, up to `most` bytes; undefined if that is more. */
  read(most: number): string | undefined {
    const { size } = fstatSync(this.descriptor);
    if (size > most) return undefined;
    const bytes = Buffer.alloc(size);
    readSync(this.descriptor, bytes, 0, size, 0);
    return bytes.toString("utf8");
  }

  /** Overwrites and closes it. */
  close(): void {
    const { size } = fstatSync(this.descriptor);
    writeSync(this.descriptor, Buffer.alloc(size), 0, size, 0);
    closeSync(this.descriptor);
  }
}

function openNameless(): number {
  let kind: number;
  try {
    kind = statfsSync(MEMORY_FOLDER).type;
  } catch {
    kind = 0;
  }
  if (kind !== TMPFS)
    throw new UsageError(
      `an external prover gets its witness in a file in memory: expected a tmpfs at ${MEMORY_FOLDER}, as Linux has, found none; leave --prover out`,
    );
  const folder = mkdtempSync(join(MEMORY_FOLDER, "zkmargin-"));
  const path = join(folder, "file");
  try {
    const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    unlinkSync(path);
    return descriptor;
  } finally {
    rmdirSync(folder);
  }
}
