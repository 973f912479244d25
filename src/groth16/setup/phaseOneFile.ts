import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { PhaseOneError } from "../../errors.js";
import { HERMEZ_PHASE_ONE, HERMEZ_SOURCE, type PublishedPhaseOne } from "./hermez.js";

/** Enough of a `.ptau` for its header: container, section header, field size, prime, two powers. */
const HEADER_BYTES = 12 + 12 + 4 + 32 + 8;
const POWER_OFFSET = 12 + 12 + 4 + 32;

/**
 * Checks that a phase-1 file is one of the published Hermez files, whole, and large enough.
 * @throws {PhaseOneError} naming what was expected and what was found
 */
export async function checkPhaseOne(path: string, power: number): Promise<PublishedPhaseOne> {
  const found = await readPower(path);
  if (found < power) {
    throw new PhaseOneError(
      `${path}: expected a phase 1 of power ${power} or more, got power ${found}; see ${HERMEZ_SOURCE}`,
    );
  }
  const published = HERMEZ_PHASE_ONE.find((candidate) => candidate.power === found);
  if (published === undefined) {
    throw new PhaseOneError(
      `${path}: expected a power of 8 to 28, got ${found}; the published files are listed at ${HERMEZ_SOURCE}`,
    );
  }
  const got = await blake2bOfFile(path);
  if (got !== published.blake2b) {
    throw new PhaseOneError(
      `${path}: expected ${published.name} with BLAKE2b-512 ${published.blake2b}, got ${got}; download it again`,
    );
  }
  return published;
}

async function readPower(path: string): Promise<number> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined)
    throw new PhaseOneError(`${path}: expected a phase-1 file, got none that can be read`);
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const bytesRead = (await file.stat()).isFile()
      ? (await file.read(header, 0, HEADER_BYTES, 0)).bytesRead
      : 0;
    if (
      bytesRead < HEADER_BYTES ||
      header.toString("latin1", 0, 4) !== "ptau" ||
      header.readUInt32LE(12) !== 1
    ) {
      throw new PhaseOneError(`${path}: expected a .ptau file, got a file of another format`);
    }
    return header.readUInt32LE(POWER_OFFSET);
  } finally {
    await file.close();
  }
}

async function blake2bOfFile(path: string): Promise<string> {
  const hash = createHash("blake2b512");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest("hex");
}
