import { readBinFile, type Section, u32Bytes, writeBinFile } from "../../../src/groth16/binFile.js";
import { developmentPhaseOne } from "../../../src/groth16/setup/development.js";
import { beaconParameters, PHASE_ONE_BEACON } from "../../../src/groth16/setup/developmentSecrets.js";
import type { Bases } from "../../../src/groth16/setup/fixedBase.js";

const NAME = new TextEncoder().encode("test");

/**
 * A phase 1 that says a person made it: the development one, whose one contribution is recorded as a person's instead of a
 * beacon's. Nothing in the file can show that this person keeps the secrets; it is what any phase 1 of one's own is.
 */
export async function ownPhaseOne(bases: Bases, power: number): Promise<Uint8Array> {
  const file = await developmentPhaseOne(bases, power);
  const tail = beaconParameters(PHASE_ONE_BEACON);
  const sections: Section[] = [...(readBinFile("ptau", file) ?? [])].map(([id, data]) => ({
    id,
    data:
      id === 7
        ? Buffer.concat([
            data.subarray(0, data.length - tail.length),
            u32Bytes(0, 2 + NAME.length),
            Uint8Array.of(1, NAME.length),
            NAME,
          ])
        : data,
  }));
  return writeBinFile("ptau", 1, sections);
}
