import { Command } from "commander";
import { openBook } from "../../book/opening.js";
import { loadArtefacts } from "../../prove/artefacts/load.js";
import { serialiseBundle } from "../../prove/bundle.js";
import { ProvingSession } from "../../prove/session.js";
import { statementWords } from "../../prove/words.js";
import { checkClaim } from "../../spec/claim.js";
import { archiveOpenings, withArchive } from "../archives.js";
import { DEFAULT_HOME, DEFAULT_THETA, tierOption, wholeNumber } from "../arguments.js";
import { readBookFile, readMarketFile, readSecretFile } from "../files.js";
import { json, pairs } from "../format.js";
import { checkOutput, type Io, save } from "../io.js";
import { keyWords } from "../keyWords.js";
import { phasesOn } from "../progress.js";

/** `zkmargin prove`: from a book to a proof bundle. */
export function proveCommand(io: Io): Command {
  const command = new Command("prove").description(
    "Prove a book healthy (or not) in a market, and write a proof bundle.",
  );
  return withArchive(command)
    .argument("<book>", "book file, or - for standard input")
    .requiredOption("--market <file>", "market file (zkmargin market build)")
    .requiredOption("--secret <file>", "the institution's secret (zkmargin book secret)")
    .requiredOption("--out <file>", "bundle to write; an existing one is replaced")
    .option(
      "--theta <bps>",
      "health factor to exceed, basis points; 10000 is maintenance margin",
      wholeNumber,
      DEFAULT_THETA,
    )
    .option("--envelope <bps>", "price move through which the proof holds, basis points", wholeNumber, 0)
    .option("--unhealthy", "prove instead that the health factor is not above theta")
    .option("--no-include-market", "leave the market out of the bundle; its verifier must have it")
    .addOption(tierOption())
    .option("--home <folder>", "where circuits and keys are kept (zkmargin setup)", DEFAULT_HOME)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The reference model decides first: what is not true is answered with exit code 4 and the health factor, and no
bundle is written. Choose theta and envelope from a small published grid: a claim made to fit tells a story.
The bundle says nothing of the book but its commitment, and may be handed to anybody.

Examples:
  $ zkmargin prove desk.json --market market.json --secret desk.secret --out desk.proof.json
  $ zkmargin prove desk.json --market market.json --secret desk.secret --theta 12500 --envelope 200 --out desk.proof.json`,
    )
    .action(async (bookPath: string, options) => {
      const { theta, envelope, unhealthy = false, tier, out } = options;
      const healthy = !unhealthy;
      checkClaim({ theta, envelope, healthy, isolated: false });
      await checkOutput(out, [bookPath, options.market, options.secret]);
      const market = await readMarketFile(io, options.market);
      const file = await readBookFile(io, bookPath, market.listing);
      const secret = await readSecretFile(io, options.secret);
      const opening = openBook(file, secret, market.listing, tier);
      const session = await ProvingSession.open(await loadArtefacts(options.home, tier), {
        onPhase: phasesOn(io),
      });
      try {
        const { includeMarket } = options;
        const bundle = await session.prove({ opening, market, theta, envelope, healthy, includeMarket });
        await archiveOpenings(options, secret, [opening], market.listing);
        await save(out, serialiseBundle(bundle));
        const { claim, commitment, marketDigest, key } = bundle;
        const words = statementWords(claim);
        if (options.json) {
          return io.out(json({ file: out, words, tier: bundle.tier, claim, commitment, marketDigest, key }));
        }
        io.out(`PROVEN. ${words}\n`);
        io.out(
          pairs([
            ["bundle", out],
            ["commitment", String(commitment)],
            ["market", `${market.profile.name} on ${market.source.date}`],
            ["", marketDigest],
            ["key", keyWords(key)],
          ]),
        );
      } finally {
        await session.close();
      }
    });
}
