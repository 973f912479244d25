import { Command } from "commander";
import { CeremonyError } from "../../../errors.js";
import { keyWords, PHASE_ONE } from "../../../groth16/artefacts/keyStatement.js";
import { parseCeremonyAttestation } from "../../../groth16/ceremony/attestation.js";
import { checkIncluded, worthOf } from "../../../groth16/ceremony/transcript.js";
import { type VerifiedCeremony, verifyCeremony } from "../../../groth16/ceremony/verify.js";
import { addressArgument } from "../../chain/session.js";
import { json, pairs, table } from "../../format.js";
import { type Io, readInput } from "../../io.js";
import { progressOn } from "../../progress.js";

/** `zkmargin ceremony verify`. */
export function verifyCommand(io: Io): Command {
  return new Command("verify")
    .description("Replay a ceremony from its circuit and phase 1, and say who contributed.")
    .argument("<folder>", "folder of the ceremony")
    .option("--coordinator <address>", "the coordinator must be this one", addressArgument)
    .option("--includes <file>", "an attestation that must be among the contributions")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Checks every signature, the order of contributions, the equations of each, and that the newest key is made of this
circuit, this phase 1 and these contributions and nothing else; stock snarkjs verifies the key as well. What it cannot
check: that contributors are who they say (know their addresses), that they forgot their secrets, that the beacon's value
is the one of its source (compare it), and that nobody was left out (ask them for their attestations).

Examples:
  $ zkmargin ceremony verify keys-2026
  $ zkmargin ceremony verify keys-2026 --includes bob.json`,
    )
    .action(async (folder: string, options) => {
      const verified = await verifyCeremony({ folder, onProgress: progressOn(io) });
      const { id, transcript } = verified;
      const { terms, attestations } = transcript;
      if (options.coordinator !== undefined && options.coordinator !== terms.coordinator)
        throw new CeremonyError(
          "terms",
          `${folder}: expected the coordinator ${options.coordinator}, got ${terms.coordinator}; ask the one you trust for the folder`,
        );
      if (options.includes !== undefined) {
        const own = parseCeremonyAttestation(
          await readInput(io, options.includes, "contribution"),
          options.includes,
        );
        checkIncluded(transcript, own, options.includes);
      }
      const beacon = attestations.at(-1)?.beacon;
      const persons = attestations.filter((attestation) => attestation.beacon === undefined);
      if (options.json)
        return io.out(
          json({
            valid: true,
            ceremony: id,
            tier: terms.tier,
            coordinator: terms.coordinator,
            phase1: terms.phase1,
            contributions: persons.map(({ index, name, contributor, contribution }) => {
              return { index, name, contributor, hash: contribution };
            }),
            beacon: { source: terms.beaconSource, value: beacon ?? null },
            key: { sha256: attestations.at(-1)?.key ?? terms.initialKey, ...worthOf(transcript) },
          }),
        );
      io.out(`VALID. A ceremony for tier ${terms.tier}, replayed from its circuit and phase 1\n`);
      io.out(summary(verified));
      if (persons.length > 0)
        io.out(
          `\n${table(
            ["", "name", "contributor", "hash"],
            persons.map(({ index, name, contributor, contribution }) => [
              String(index),
              name,
              contributor,
              `${contribution.slice(0, 16)}…`,
            ]),
            { text: [1, 2, 3] },
          )}`,
        );
    });
}

function summary({ id, transcript }: VerifiedCeremony): string {
  const { terms, attestations } = transcript;
  const last = attestations.at(-1);
  return pairs([
    ["ceremony", id],
    ["coordinator", terms.coordinator],
    ["phase 1", PHASE_ONE[terms.phase1.source]],
    ["", terms.phase1.blake2b],
    ["beacon", terms.beaconSource],
    ["", last?.beacon ?? "not yet"],
    ["newest key", last?.key ?? terms.initialKey],
    ["", last?.beacon === undefined ? "not finished: it is not to be used" : keyWords(worthOf(transcript))],
  ]);
}
