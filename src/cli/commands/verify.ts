import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { loadArtefacts } from "../../prove/artefacts/load.js";
import { pinnedVerificationKey } from "../../prove/artefacts/pins.js";
import { parseBundle } from "../../prove/bundle.js";
import { exportForSnarkjs, type TrustedKey, verifyBundle } from "../../prove/verify.js";
import { tierNamed } from "../arguments.js";
import { readMarketFile } from "../files.js";
import { json, pairs } from "../format.js";
import { type Io, readInput, save } from "../io.js";

/** `zkmargin verify`: what a counterparty does with a bundle. */
export function verifyCommand(io: Io): Command {
  return new Command("verify")
    .description("Verify a proof bundle off line, and say what it proves.")
    .argument("<bundle>", "proof bundle, or - for standard input")
    .option(
      "--market <file>",
      "the market you trust; without it the one in the bundle is used, and its digest is shown",
    )
    .option("--home <folder>", "trust the key in this folder instead of the one that zkmargin ships")
    .option("--export <folder>", "also write verification_key.json, public.json and proof.json for snarkjs")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Needs neither a setup nor the prover: the bundle and the market are enough.

Examples:
  $ zkmargin verify desk.proof.json
  $ zkmargin verify desk.proof.json --market market.json
  $ zkmargin verify desk.proof.json --export snarkjs &&
      npx snarkjs groth16 verify snarkjs/verification_key.json snarkjs/public.json snarkjs/proof.json`,
    )
    .action(async (path: string, options) => {
      const bundle = parseBundle(await readInput(io, path));
      const market = options.market === undefined ? undefined : await readMarketFile(io, options.market);
      const trusted = await trustedKey(bundle.tier, options.home);
      const input = { bundle, trusted, ...(market && { market }) };
      const verified = verifyBundle(input);
      if (options.export !== undefined) {
        await mkdir(options.export, { recursive: true });
        for (const [name, text] of Object.entries(exportForSnarkjs(input)))
          await save(join(options.export, name), text);
      }
      const { claim, commitment, marketDigest, verificationKeyHash, key } = verified;
      const marketFrom = market === undefined ? "bundle" : "given";
      if (options.json)
        return io.out(
          json({
            valid: true,
            words: verified.words,
            tier: bundle.tier,
            claim,
            commitment,
            marketDigest,
            marketFrom,
            verificationKeyHash,
            key,
          }),
        );
      io.out(`VALID. ${verified.words}\n`);
      io.out(
        pairs([
          ["commitment", String(commitment)],
          ["market", `${verified.market.profile.name} on ${verified.market.source.date}, ${marketDigest}`],
          [
            "",
            marketFrom === "given"
              ? "the market you gave"
              : "the market in the bundle: compare its digest with one you trust",
          ],
          ["key", `${verificationKeyHash}`],
          ["", `${key.kind.toUpperCase()} KEY: ${key.warning}`],
        ]),
      );
    });
}

async function trustedKey(tierName: string, home: string | undefined): Promise<TrustedKey> {
  if (home === undefined) {
    const { key, hash } = await pinnedVerificationKey(tierName);
    return { key, hash, phase1: "development" };
  }
  const { verificationKey, verificationKeyHash, manifest } = await loadArtefacts(home, tierNamed(tierName));
  return { key: verificationKey, hash: verificationKeyHash, phase1: manifest.phase1.source };
}
