import { Command } from "commander";
import { keyWords } from "../../groth16/artefacts/keyStatement.js";
import { pinnedVerificationKey } from "../../groth16/artefacts/load.js";
import type { MarketFile } from "../../market/file.js";
import { loadVerificationKey } from "../../prove/artefacts.js";
import {
  attestationWords,
  isExpiredAt,
  parseAttestation,
  type SignedBook,
  verifyAttestation,
} from "../../prove/attestation.js";
import { type Band, isBand, parseBand, type VerifiedBand, verifyBand } from "../../prove/band.js";
import { type Bundle, parseBundle } from "../../prove/bundle.js";
import {
  exportForSnarkjs,
  type TrustedKey,
  type Verified,
  verifyBundle,
} from "../../prove/bundleVerifier.js";
import { agoText } from "../../prove/statementWords.js";
import { tierNamed } from "../arguments.js";
import { readMarketFile } from "../files.js";
import { json, paint, pairs, unixSeconds } from "../format.js";
import { type Io, readInput, saveAll } from "../io.js";

/** `zkmargin verify`: what a counterparty does with a bundle. */
export function verifyCommand(io: Io): Command {
  return new Command("verify")
    .description("Verify a proof bundle or a band off line, and print what it proves.")
    .argument("<bundle>", "proof bundle or band, or - for standard input")
    .option(
      "--market <file>",
      "the market that you trust; by default the bundle's own, whose digest is shown",
    )
    .option(
      "--attestation <file...>",
      "attestations of the book: say who signed, for which chain and registry, and until when",
    )
    .option("--home <folder>", "trust the key in this folder instead of the one that zkmargin ships")
    .option("--export <folder>", "also write verification_key.json, public.json and proof.json for snarkjs")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The bundle and the market are enough: neither a setup nor the prover is needed. A proof shows that some book behind this
commitment is healthy. That the book is complete is what the account's attesters sign: --attestation checks their signatures of
this commitment. Which attesters the account needs stands in the registry; a contract's signature only its chain can check.

Examples:
  $ zkmargin verify desk.proof.json
  $ zkmargin verify desk.proof.json --market market.json
  $ zkmargin verify desk.proof.json --market market.json --attestation desk.attestation.json
  $ zkmargin verify desk.proof.json --export snarkjs &&
      npx snarkjs groth16 verify snarkjs/verification_key.json snarkjs/public.json snarkjs/proof.json`,
    )
    .action(async (path: string, options) => {
      const text = await readInput(io, path, "bundle", "band");
      const market = options.market === undefined ? undefined : await readMarketFile(io, options.market);
      const given = market === undefined ? {} : { market };
      const signed: SignedBook[] = [];
      for (const file of options.attestation ?? [])
        signed.push(parseAttestation(await readInput(io, file, "attestation"), file));
      if (isBand(text)) {
        const band = parseBand(text);
        const trusted = await trustedKey(band.above.tier, options.home);
        const verified = verifyBand({ band, trusted, ...given });
        if (options.export !== undefined)
          await saveAll(io, options.export, bothHalves(band, verified, trusted), "bundle");
        return tell(io, options, verified, { band: verified.band }, checked(signed, verified));
      }
      const bundle = parseBundle(text);
      const trusted = await trustedKey(bundle.tier, options.home);
      const input = { bundle, trusted, ...given };
      const verified = verifyBundle(input);
      if (options.export !== undefined) await saveAll(io, options.export, exportForSnarkjs(input), "bundle");
      tell(io, options, verified, { claim: verified.claim }, checked(signed, verified));
    });
}

/** What stock snarkjs takes, of both halves of a band: one key, and `above.` and `not-above.` before the names of the rest. */
function bothHalves(
  { above, notAbove }: Band,
  { market }: VerifiedBand,
  trusted: TrustedKey,
): Record<string, string> {
  const files = (bundle: Bundle) => exportForSnarkjs({ bundle, market, trusted });
  const { "verification_key.json": key, ...first } = files(above);
  const { "verification_key.json": _, ...second } = files(notAbove);
  const named = (half: string, of: Record<string, string>) =>
    Object.entries(of).map(([name, text]) => [`${half}.${name}`, text] as const);
  return Object.fromEntries([
    ["verification_key.json", key],
    ...named("above", first),
    ...named("not-above", second),
  ]);
}

/** The attestations, each of which is of the proven book. */
function checked(
  signed: readonly SignedBook[],
  { commitment, market }: { readonly commitment: bigint; readonly market: MarketFile },
): readonly SignedBook[] {
  return signed.map((one) => verifyAttestation(one, commitment, market.listing));
}

/** Says what was verified. */
function tell(
  io: Io,
  options: { json?: boolean; market?: string; export?: string; attestation?: readonly string[] },
  verified: Verified | VerifiedBand,
  claimed: object,
  signed: readonly SignedBook[],
): void {
  const now = unixSeconds();
  const { words, tier, commitment, marketDigest, verificationKeyHash, key } = verified;
  const { profile, source, time } = verified.market;
  const from = options.market === undefined ? "bundle" : "given";
  if (options.json)
    return io.out(
      json({
        valid: true,
        words,
        tier: tier.name,
        ...claimed,
        commitment,
        market: { profile: profile.name, date: source.date, digest: marketDigest, from },
        key: { hash: verificationKeyHash, ...key },
        ...(options.attestation !== undefined && {
          attestations: signed.map((one) => ({ ...withoutSignature(one), expired: isExpiredAt(one, now) })),
        }),
        ...(options.export !== undefined && { exported: options.export }),
      }),
    );
  io.out(`${paint("good", "VALID.")} ${words}\n`);
  io.out(
    pairs([
      ["commitment", String(commitment)],
      ["market", `${profile.name} on ${source.date}, ${MARKET_FROM[from]}`],
      ["", marketDigest],
      ["prices", `of ${agoText(time, now)}`],
      ["key", verificationKeyHash],
      ["", keyWords(key)],
      ...signed.map((one, i) => [i === 0 ? "attested" : "", attestationWords(one, now)] as const),
      ...(options.export === undefined ? [] : [["exported to", options.export] as const]),
    ]),
  );
}

function withoutSignature({ signature: _, ...rest }: SignedBook): Omit<SignedBook, "signature"> {
  return rest;
}

const MARKET_FROM = {
  given: "the one you gave",
  bundle: "from the bundle: compare its digest with one you trust",
} as const;

async function trustedKey(tierName: string, home: string | undefined): Promise<TrustedKey> {
  if (home === undefined) return pinnedVerificationKey(tierName);
  return loadVerificationKey(home, tierNamed(tierName));
}
