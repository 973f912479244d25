import { Command, Option } from "commander";
import { openBook } from "../../book/opening.js";
import { UsageError } from "../../errors.js";
import { keyWords } from "../../groth16/artefacts/keyStatement.js";
import { loadArtefacts } from "../../groth16/artefacts/load.js";
import type { MarketFile } from "../../market/file.js";
import { checkClaim } from "../../protocol/claim.js";
import { bandClaim, checkBandBounds, serialiseBand } from "../../prove/band.js";
import { type Bundle, serialiseBundle } from "../../prove/bundle.js";
import { ProvingSession, proveBand } from "../../prove/session.js";
import { bandWords, statementWords } from "../../prove/statementWords.js";
import { archiveOpenings, withArchive } from "../archives.js";
import {
  basisPoints,
  DEFAULT_THETA,
  healthFactor,
  homeOption,
  tierOption,
  wholeNumber,
} from "../arguments.js";
import { readBookFile, readMarketFile, readSecretFile } from "../files.js";
import { json, pairs } from "../format.js";
import { checkOutput, type Io, save } from "../io.js";
import { phasesOn } from "../progress.js";

/** `zkmargin prove`: from a book to a proof bundle. */
export function proveCommand(io: Io): Command {
  const command = new Command("prove").description(
    "Prove a book healthy or unhealthy in a market, and write a proof bundle.",
  );
  return withArchive(command)
    .argument("<book>", "book file, or - for standard input")
    .requiredOption("--market <file>", "market file (zkmargin market build)")
    .requiredOption("--secret <file>", "the institution's secret (zkmargin book secret)")
    .requiredOption("--out <file>", "bundle to write; an existing one is replaced")
    .option(
      "--theta <bps>",
      "health factor to exceed, basis points, or as a ratio such as 1.25; 10000 is maintenance margin",
      healthFactor,
      DEFAULT_THETA,
    )
    .option("--envelope <bps>", "price move through which the proof holds, basis points", basisPoints, 0)
    .option("--unhealthy", "prove instead that the health factor is not above theta")
    .addOption(
      new Option("--statement <what>", "one bound, or a band: two proofs that show a grade and no more")
        .choices(["bound", "band"])
        .default("bound"),
    )
    .option("--not-above <bps>", "upper end of a band, which begins above theta", healthFactor)
    .option("--no-include-market", "omit the market from the bundle; its verifier must have it")
    .addOption(tierOption())
    .addOption(homeOption("where circuits and keys are kept (zkmargin setup)"))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The reference model decides first: if the claim is false, the command prints the health factor, exits with code 4 and
writes no bundle. Choose theta and envelope from a small published grid: a tailored claim reveals something of the book.
The bundle reveals nothing of the book but its commitment, and you may hand it to anybody. Where the threshold lies within the
spread of low and high, neither health nor ill health can be proven.

A band shows a grade: the health factor lies above --theta and not above --not-above. Without both options it is the narrowest
band of the published grid. A band has no envelope.

Examples:
  $ zkmargin prove desk.json --market market.json --secret desk.secret --out desk.proof.json
  $ zkmargin prove desk.json --market market.json --secret desk.secret --theta 12500 --envelope 200 --out desk.proof.json
  $ zkmargin prove desk.json --market market.json --secret desk.secret --statement band --out desk.band.json`,
    )
    .action(async (bookPath: string, options, command: Command) => {
      const { theta, envelope, unhealthy = false, tier, out } = options;
      const healthy = !unhealthy;
      const bounds = boundsOf(options, command.getOptionValueSource("theta") === "cli");
      checkClaim({ theta, envelope, healthy, isolated: false });
      if (bounds !== undefined) checkBandBounds(bounds.above, bounds.notAbove, "--not-above");
      await checkOutput(out);
      const market = await readMarketFile(io, options.market);
      const file = await readBookFile(io, bookPath, market.listing);
      const secret = await readSecretFile(io, options.secret);
      const opening = openBook(file, secret, market.listing, tier);
      const session = await ProvingSession.open(await loadArtefacts(options.home, tier), {
        onPhase: phasesOn(io),
      });
      try {
        const { includeMarket } = options;
        const archive = () => archiveOpenings(options, secret, [opening], market.listing);
        if (options.statement === "band") {
          const band = await proveBand(session, {
            opening,
            market,
            includeMarket,
            ...(bounds && { bounds }),
          });
          await archive();
          await save(io, out, serialiseBand(band), "band");
          return tell(io, options, { bundle: band.above, words: bandWords(bandClaim(band)) }, market, {
            band: bandClaim(band),
          });
        }
        const bundle = await session.prove({ opening, market, theta, envelope, healthy, includeMarket });
        await archive();
        await save(io, out, serialiseBundle(bundle), "bundle");
        const { claim } = bundle;
        tell(io, options, { bundle, words: statementWords(claim) }, market, { claim });
      } finally {
        await session.close();
      }
    });
}

/** Where a band begins and ends; undefined for the narrowest of the grid, or where no band is wanted. @throws UsageError */
function boundsOf(
  options: {
    statement: string;
    theta: number;
    notAbove?: number;
    envelope: number;
    unhealthy?: boolean;
  },
  thetaGiven: boolean,
): { above: number; notAbove: number } | undefined {
  const { notAbove } = options;
  if (options.statement !== "band") {
    if (notAbove !== undefined)
      throw new UsageError("--not-above: expected it with --statement band, got it alone");
    return undefined;
  }
  if (options.envelope !== 0 || options.unhealthy)
    throw new UsageError(
      "--statement band: expected no --envelope and no --unhealthy, got one; a band has neither",
    );
  if ((notAbove !== undefined) !== thetaGiven)
    throw new UsageError("--statement band: expected --theta and --not-above, or neither, got one of them");
  return notAbove === undefined ? undefined : { above: options.theta, notAbove };
}

/** Says what was proven. */
function tell(
  io: Io,
  { out, json: asJson }: { out: string; json?: boolean },
  { bundle, words }: { bundle: Bundle; words: string },
  { profile, source }: MarketFile,
  claimed: object,
): void {
  const { tier, commitment, marketDigest, key } = bundle;
  if (asJson) return io.out(json({ file: out, words, tier, ...claimed, commitment, marketDigest, key }));
  io.out(`PROVEN. ${words}\n`);
  io.out(
    pairs([
      ["bundle", out],
      ["commitment", String(commitment)],
      ["market", `${profile.name} on ${source.date}`],
      ["", marketDigest],
      ["key", keyWords(key)],
    ]),
  );
}
