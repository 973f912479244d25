import type { RunOptions } from "../../audit/replay/run.js";
import { withoutUnprintable } from "../../errors.js";
import { keyStatement, type PhaseOneSource } from "../../groth16/artefacts/keyStatement.js";
import { loadArtefacts } from "../../groth16/artefacts/load.js";
import { pinnedVerificationKey } from "../../groth16/artefacts/pins.js";
import { readProvingKeyFile } from "../../groth16/keyGate/provingKeyFile.js";
import { tierNamed } from "../arguments.js";

const PHASE_ONE: Readonly<Record<PhaseOneSource, string>> = {
  development: "phase 1: a public beacon, whose secrets anybody can derive",
  hermez: "phase 1: the published Hermez ceremony",
  own: "phase 1: one of its owner's",
};

/** The key that a chain is held to, and how it came about: the shipped one, or that of a home folder. */
export async function keyStory(tier: string, home: string | undefined): Promise<RunOptions["key"]> {
  if (home === undefined) {
    const { key, ...named } = await pinnedVerificationKey(tier);
    const lineage = [
      PHASE_ONE[named.phase1],
      "phase 2: a public beacon, whose secret anybody can derive",
      `pinned by this package: ${named.hash}`,
    ];
    return { named: { ...named, key }, warning: keyStatement(named), lineage, verificationKey: key };
  }
  const {
    verificationKey: key,
    verificationKeyHash: hash,
    worth,
    zkey,
  } = await loadArtefacts(home, tierNamed(tier));
  const { records } = readProvingKeyFile(zkey).contributions;
  const lineage = [
    PHASE_ONE[worth.phase1],
    ...records.map(({ beacon, name }, i) => {
      const who = name === undefined || name === "" ? "" : ` by ${printable(name)}`;
      return `phase 2, contribution ${i + 1}: ${beacon === undefined ? `a person's${who}` : "a public beacon"}`;
    }),
    `key in ${home}: ${hash}`,
  ];
  return {
    named: { key, hash, kind: worth.kind },
    warning: keyStatement(worth),
    lineage,
    verificationKey: key,
  };
}

/** A contributor's name is whatever they chose. */
function printable(name: string): string {
  return withoutUnprintable(name, () => "?").slice(0, 100);
}
