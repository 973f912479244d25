import { Command } from "commander";
import { CeremonyError } from "../../errors.js";
import { keyWords, keyWorth, PHASE_ONE } from "../../groth16/artefacts/keyStatement.js";
import { applyBeacon, contribute } from "../../groth16/ceremony/contribute.js";
import { finishCeremony } from "../../groth16/ceremony/finish.js";
import type { TextSigner } from "../../groth16/ceremony/signedRecords.js";
import {
  ceremonyId,
  formatAttestation,
  parseCeremonyAttestation,
} from "../../groth16/ceremony/signedRecords.js";
import { checkIncluded, worthOf } from "../../groth16/ceremony/transcript.js";
import { type VerifiedCeremony, verifyCeremony } from "../../groth16/ceremony/verifyCeremony.js";
import { startCeremony } from "../../prove/artefacts.js";
import { tierOption } from "../arguments.js";
import { json, pairs, table } from "../format.js";
import { checkOutput, type Io, progressOn, readInput, save } from "../io.js";
import { addressArgument, type KeyOptions, keyOf, withKey } from "../onChain.js";

/** `zkmargin ceremony`: a key that nobody can forge with, made by many. */
export function ceremonyCommand(io: Io): Command {
  return new Command("ceremony")
    .description(
      "Make a production key with others: phase 2 of the set-up, by many hands and a public beacon.",
    )
    .addCommand(startCommand(io))
    .addCommand(contributeCommand(io))
    .addCommand(verifyCommand(io))
    .addCommand(beaconCommand(io))
    .addCommand(finishCommand(io))
    .addHelpText(
      "after",
      `
A ceremony is a folder of plain files that each contributor hands to the next. Proofs can be forged only if all
contributors kept their secrets and pooled them. One who forgot is enough.

Examples:
  $ zkmargin ceremony start keys-2026 --ptau powersOfTau28_hez_final_13.ptau \\
      --beacon-source "hash of Ethereum block 23900000" --keystore coordinator.json
  $ zkmargin ceremony contribute keys-2026 --name "Alice of Example Bank" --keystore alice.json
  $ zkmargin ceremony verify keys-2026
  $ zkmargin ceremony beacon keys-2026 --value 5e… --keystore coordinator.json
  $ zkmargin ceremony finish keys-2026 --keystore coordinator.json
  $ zkmargin setup --ceremony keys-2026

Exit codes: 0 done; 2 and 3 wrong options or files; 7 the ceremony does not verify or does not take this step; 8 no
signing key.`,
    );
}

/** `zkmargin ceremony start`. */
function startCommand(io: Io): Command {
  const command = new Command("start").description("Start a ceremony in a new folder, as its coordinator.");
  return withKey(command)
    .argument("<folder>", "folder of the ceremony")
    .addOption(tierOption())
    .requiredOption(
      "--ptau <file>",
      "phase 1, prepared for phase 2: a Hermez file, known by its hash, or your own, whose transcript is verified",
    )
    .requiredOption(
      "--beacon-source <text>",
      "source of the public randomness that ends the ceremony: something that nobody can know yet",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${SIGNER_HELP}
You sign the terms, which never change: tier, circuit, phase 1, and the source of the beacon. The command takes up to a
minute. If it is killed, run it again.

Example:
  $ zkmargin ceremony start keys-2026 --ptau powersOfTau28_hez_final_13.ptau \\
      --beacon-source "hash of Ethereum block 23900000" --keystore coordinator.json`,
    )
    .action(async (folder: string, options) => {
      const signer = await signerOf(io, options);
      const { tier, ptau, beaconSource } = options;
      const terms = await startCeremony({
        folder,
        tier,
        ptau,
        beaconSource,
        signer,
        onProgress: progressOn(io),
      });
      if (options.json) return io.out(json({ folder, ceremony: ceremonyId(terms), terms }));
      io.out(`Started ${folder}. Hand the folder to the first contributor.\n`);
      io.out(
        pairs([
          ["ceremony", ceremonyId(terms)],
          ["coordinator", terms.coordinator],
          ["phase 1", PHASE_ONE[terms.phase1.source]],
          ["beacon", terms.beaconSource],
        ]),
      );
    });
}

/** `zkmargin ceremony contribute`. */
function contributeCommand(io: Io): Command {
  const command = new Command("contribute").description(
    "Add your randomness to a ceremony, forget it, and sign that you did.",
  );
  return withKey(command)
    .argument("<folder>", "folder of the ceremony")
    .requiredOption("--name <text>", "who you are, for the public record: at most 64 bytes")
    .option(
      "--entropy-file <file>",
      "randomness of your own beside the system's, or - for standard input; any text, such as dice",
    )
    .option("--attestation <file>", "also keep a copy of the attestation that you sign")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${SIGNER_HELP}
The command verifies the whole ceremony first, and adds nothing to one that does not verify. It draws the secret from the
system's randomness, never writes it, and forgets it when it ends. Use a machine that you trust, and switch it off.
If the command is killed, run it again; it uses another secret. Hand the folder on, and keep your attestation:
\`zkmargin ceremony verify --includes\` shows later that your contribution is in the key.

Examples:
  $ zkmargin ceremony contribute keys-2026 --name "Alice of Example Bank" --keystore alice.json
  $ cat dice.txt | zkmargin ceremony contribute keys-2026 --name Bob --entropy-file - --key-env BOB_KEY --attestation bob.json`,
    )
    .action(async (folder: string, options) => {
      const signer = await signerOf(io, options);
      if (options.attestation !== undefined) await checkOutput(options.attestation);
      const entropy = options.entropyFile && (await readInput(io, options.entropyFile, "entropy"));
      const attestation = await contribute({
        folder,
        name: options.name,
        signer,
        ...(entropy === undefined ? {} : { entropy }),
        onProgress: progressOn(io),
      });
      if (options.attestation !== undefined)
        await save(io, options.attestation, formatAttestation(attestation), "contribution");
      if (options.json) return io.out(json({ folder, attestation }));
      io.out(`Contribution ${attestation.index} is made and signed. Hand the folder on.\n`);
      io.out(
        pairs([
          ["name", attestation.name],
          ["contributor", attestation.contributor],
          ["hash", attestation.contribution],
          ...(options.attestation === undefined ? [] : [["attestation", options.attestation] as const]),
        ]),
      );
    });
}

/** `zkmargin ceremony verify`. */
function verifyCommand(io: Io): Command {
  return new Command("verify")
    .description("Replay a ceremony from its circuit and phase 1, and say who contributed.")
    .argument("<folder>", "folder of the ceremony")
    .option("--coordinator <address>", "the coordinator must be this one", addressArgument)
    .option("--includes <file>", "an attestation that must be among the contributions")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The command checks every signature, and the order and the equations of the contributions. The newest key must be made of this
circuit, this phase 1 and these contributions, and nothing else. Stock snarkjs verifies the key as well.

It cannot check that contributors are who they say: know their addresses. Nor can it check that they forgot their secrets.
It does not know whether the beacon's value comes from its source: compare it. Nor does it know whether a contribution is
missing: ask for attestations.

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

/** `zkmargin ceremony beacon`. */
function beaconCommand(io: Io): Command {
  const command = new Command("beacon").description("End the contributions with public randomness.");
  return withKey(command)
    .argument("<folder>", "folder of the ceremony")
    .requiredOption(
      "--value <hex>",
      "the value of the source that the terms name: 64 hex digits, 0x or not",
      (text) => text.replace(/^0x/, "").toLowerCase(),
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${SIGNER_HELP}
For the coordinator. Nobody may have known the value when the last contribution was made, or the last
contributor could have chosen the key. Afterwards the ceremony takes no contribution.

Example:
  $ zkmargin ceremony beacon keys-2026 --value 0x5e5e… --keystore coordinator.json`,
    )
    .action(async (folder: string, options) => {
      const signer = await signerOf(io, options);
      const attestation = await applyBeacon({
        folder,
        value: options.value,
        signer,
        onProgress: progressOn(io),
      });
      if (options.json) return io.out(json({ folder, attestation }));
      io.out(`The beacon is contribution ${attestation.index}, the last. Finish the ceremony.\n`);
      io.out(
        pairs([
          ["value", attestation.beacon ?? ""],
          ["hash", attestation.contribution],
        ]),
      );
    });
}

/** `zkmargin ceremony finish`. */
function finishCommand(io: Io): Command {
  const command = new Command("finish").description("Make the final keys of a ceremony, and sign for them.");
  return withKey(command)
    .argument("<folder>", "folder of the ceremony")
    .option("--json", "print the manifest")
    .addHelpText(
      "after",
      `${SIGNER_HELP}
For the coordinator. The command writes <folder>/final: circuit, keys and transcript, each named by its SHA-256, and a signed
manifest. \`zkmargin setup --ceremony\` replays the ceremony from the whole folder. With final/ alone, --coordinator names the
coordinator whose signature you trust.

Example:
  $ zkmargin ceremony finish keys-2026 --keystore coordinator.json`,
    )
    .action(async (folder: string, options) => {
      const signer = await signerOf(io, options);
      const manifest = await finishCeremony({ folder, signer, onProgress: progressOn(io) });
      if (options.json) return io.out(json({ folder, manifest }));
      const worth = keyWorth(manifest.kind, manifest.phase1.source);
      io.out(`Finished ${folder}. Install the key with \`zkmargin setup --ceremony ${folder}\`.\n`);
      io.out(
        pairs([
          ["verification key", manifest.verificationKeyHash],
          ["proving key", manifest.files["proving-key.zkey"].sha256],
          ["transcript", manifest.ceremony?.transcript.sha256 ?? ""],
          ["key", worth === undefined ? "" : keyWords(worth)],
        ]),
      );
    });
}

const SIGNER_HELP = `
The key signs a text and sends nothing. It comes from an encrypted keystore or from an environment variable, never from the
command line. The keystore's password comes from an environment variable or a file.
`;

/** Signs texts with the key that the options name. @throws UsageError, KeystoreError, UnreadableError */
async function signerOf(io: Io, options: KeyOptions): Promise<TextSigner> {
  const wallet = await keyOf(io, options);
  return { address: wallet.address, sign: (text) => wallet.signMessage(text) };
}
